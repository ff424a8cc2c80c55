import { HTTP_ERRORS, type HttpErrorCode } from '../contract/errors.ts'

/** Exit code where no node answers (docs/architecture.md, "Commands"). */
const EXIT_UNREACHABLE = 4

/** `unreachable`: no node at the address; `aborted`: the caller gave up; `corrupt`: bytes that are not what was published; `no-file`: a local
 * file that is not there or cannot be used. */
export type ClientErrorCode = HttpErrorCode | 'unreachable' | 'aborted' | 'corrupt' | 'no-file'

const exitCodes: Readonly<Record<ClientErrorCode, number>> = {
  ...(Object.fromEntries(Object.entries(HTTP_ERRORS).map(([code, { exit }]) => [code, exit])) as Record<
    HttpErrorCode,
    number
  >),
  unreachable: EXIT_UNREACHABLE,
  aborted: 1,
  corrupt: 1,
  'no-file': 1,
}

/** What a node refused, or what kept it from answering. */
export class PlaykiteClientError extends Error {
  override readonly name = 'PlaykiteClientError'
  readonly code: ClientErrorCode
  /** What to do about it, if anything is known. */
  readonly remedy: string | null
  /** What a command line ends with. */
  readonly exitCode: number

  constructor(code: ClientErrorCode, message: string, remedy: string | null = null, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.remedy = remedy
    this.exitCode = exitCodes[code]
  }
}

/** What was thrown, as an error of the client; `aborted` if `signal` fired. */
export function asClientError(error: unknown, signal: AbortSignal): PlaykiteClientError {
  if (error instanceof PlaykiteClientError) return error
  const message = error instanceof Error ? error.message : String(error)
  if (signal.aborted) return new PlaykiteClientError('aborted', 'Given up.', null, error)
  return new PlaykiteClientError('unreachable', `The node broke off: ${message}.`, 'Try again.', error)
}
