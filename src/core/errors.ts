/**
 * The errors that Playkite gives. Each has a code that programs can switch on, a sentence that says what is wrong, and a remedy that
 * says what to do. `docs/errors.md` lists them all; a test holds that page against this table.
 */

/** Every code, with what it means. The first ten leave the node through HTTP; the others are mapped to one of those at the border. */
export const ERROR_CODES = {
  'bad-request': 'the request makes no sense as it stands',
  ambiguous: 'the name fits more than one video or node',
  'not-found': 'there is no such video or node',
  removed: 'the video was removed',
  forbidden: 'a foreign web page or host name asked',
  empty: 'the file has no bytes',
  'not-media': 'the bytes are no video or sound by their signature',
  'no-space': 'no machine has room for it',
  'no-holder': 'no machine that has the bytes answers now',
  internal: 'Playkite failed in a way it did not foresee',
  unreachable: 'the other machine does not answer',
  timeout: 'an answer did not come within its deadline',
  aborted: 'whoever asked for it gave up',
  corrupt: 'bytes or a record are not what their hash, signature or schema says',
  refused: 'the other machine refused, and says why',
  'too-large': 'a message is over its limit',
  'folder-in-use': 'another process has the data folder',
  'folder-foreign': 'the data folder belongs to another node, or half of it is missing',
  'folder-unwritable': 'the data folder cannot be written',
  'port-in-use': 'another program has the port',
  'bad-config': 'a setting is not valid',
  'clock-off': "a record's time is too far ahead of this network's clocks",
  'catalogue-only': 'the video is listed, but its bytes are incomplete here',
} as const

export type ErrorCode = keyof typeof ERROR_CODES

export interface ErrorDetails {
  /** What the person or program can do about it: one sentence. */
  readonly remedy?: string
  readonly cause?: unknown
}

/** The one error class that crosses rooms. */
export class PlaykiteError extends Error {
  override readonly name = 'PlaykiteError'
  readonly code: ErrorCode
  readonly remedy: string | undefined

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.remedy = details.remedy
  }
}

/** Whether `error` is a Playkite error, of one of `codes` if any are given. */
export function isPlaykiteError(error: unknown, ...codes: readonly ErrorCode[]): error is PlaykiteError {
  return error instanceof PlaykiteError && (codes.length === 0 || codes.includes(error.code))
}

/** The message of anything that was thrown; for logs and for the sentences that wrap it. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
