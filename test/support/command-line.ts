/** The command line inside the test's own process, against gateways over fake nodes. */
import { createHash } from 'node:crypto'
import { PassThrough, Readable, Writable } from 'node:stream'
import { onTestFinished } from 'vitest'
import { type StartOptions, runCli } from '../../src/client/cli/program.ts'
import type { Cid } from '../../src/core/ids.ts'
import { CHUNK_BYTES } from '../../src/core/limits.ts'
import { type FakeNodeApi, createFakeNodeApi } from './fake-node-api.ts'
import { patternBytes } from './fake-reads.ts'
import { tempDir } from './temp-dir.ts'

export interface Ended {
  readonly code: number
  readonly out: string
  readonly err: string
  /** What was written to stdout, as bytes. */
  readonly bytes: Buffer
}

export interface RunOptions {
  readonly stdin?: Readable
  readonly stdout?: Writable
  readonly isTerminal?: boolean
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  readonly signal?: AbortSignal
  readonly start?: (options: StartOptions) => Promise<number>
}

/** Runs one command line to its end. */
export async function runCommand(argv: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const out = collector()
  const err = collector()
  const {
    stdin = Readable.from([]),
    stdout = out.stream,
    isTerminal = false,
    env = {},
    signal = new AbortController().signal,
  } = options
  const cwd = options.cwd ?? (await tempDir())
  const io = { stdin, stdout, stderr: err.stream, isOutTerminal: isTerminal, isTerminal, env, cwd, signal }
  const start = options.start ?? (async () => 0)
  const code = await runCli(argv, { io, version: '1.2.3', start })
  const bytes = Buffer.concat(out.parts)
  return { code, out: bytes.toString(), err: Buffer.concat(err.parts).toString(), bytes }
}

function collector(): { readonly stream: Writable; readonly parts: Buffer[] } {
  const parts: Buffer[] = []
  const stream = new Writable({
    write(part: Buffer, _encoding, done) {
      parts.push(Buffer.from(part))
      done()
    },
  })
  return { stream, parts }
}

/** A fake node whose manifests are true to the bytes that it gives, so that what it streams can be verified. */
export function verifiableApi(...given: Parameters<typeof createFakeNodeApi>): FakeNodeApi {
  const api = createFakeNodeApi(...given)
  return {
    ...api,
    async manifest(id) {
      const { cid, size } = api.video(id)
      const hashes: Buffer[] = []
      for (let at = 0; at < size; at += CHUNK_BYTES) {
        const chunk = patternBytes(at, Math.min(size, at + CHUNK_BYTES))
        hashes.push(createHash('sha256').update(chunk).digest())
      }
      return { cid: cid as Cid, size, hashes: Buffer.concat(hashes) }
    },
  }
}

/** A stdin that stays open after `bytes`, until the test is done. */
export function openStdin(bytes: Uint8Array): Readable {
  const stdin = new PassThrough()
  stdin.write(bytes)
  onTestFinished(() => void stdin.destroy())
  return stdin
}
