import type { Readable } from 'node:stream'
import { DEFAULT_ADDRESS, Playkite } from '../playkite.ts'
import { PlaykiteClientError } from '../errors.ts'

/** What the command line may use of its process. */
export interface CliIo {
  readonly stdin: Readable
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream
  /** Whether a person reads `stdout`, and `stderr`. */
  readonly isOutTerminal: boolean
  readonly isTerminal: boolean
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly signal: AbortSignal
}

/** Options that every command has. */
export interface CommonOptions {
  readonly node?: string
  readonly json?: boolean
}

/** One run of a command. */
export class CliContext {
  readonly io: CliIo
  readonly client: Playkite
  readonly isJson: boolean

  constructor(io: CliIo, options: CommonOptions) {
    this.io = io
    this.isJson = options.json === true
    const fromEnv = io.env['PLAYKITE_NODE']
    this.client = new Playkite(
      options.node ?? (fromEnv === undefined || fromEnv === '' ? DEFAULT_ADDRESS : fromEnv),
    )
  }

  get signal(): AbortSignal {
    return this.io.signal
  }

  /** The result: for programs with `--json`, else for people. */
  result(value: unknown, text: string): void {
    this.io.stdout.write(this.isJson ? `${JSON.stringify(value)}\n` : `${text}\n`)
  }

  /** Something that is not the result. */
  note(text: string): void {
    this.io.stderr.write(`${text}\n`)
  }

  /** The id of a video that was named by id, prefix, or title. */
  async videoId(text: string): Promise<string> {
    return (await this.client.resolveVideo(text, this.signal)).id
  }
}

/** Wrong use of a command: exit code 2. */
export function usage(message: string, remedy: string | null = null): PlaykiteClientError {
  return new PlaykiteClientError('bad-request', message, remedy)
}
