import { type ErrorCode, PlaykiteError, messageOf } from '../core/errors.ts'

const CODES: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'no-space',
  EDQUOT: 'no-space',
  EFBIG: 'no-space',
  EACCES: 'folder-unwritable',
  EPERM: 'folder-unwritable',
  EROFS: 'folder-unwritable',
  ENOTDIR: 'folder-unwritable',
  ENOENT: 'not-found',
  LEVEL_LOCKED: 'folder-in-use',
  LEVEL_CORRUPTION: 'corrupt',
}

const REMEDIES: Partial<Record<ErrorCode, string>> = {
  'no-space': 'Free some space on that disk, then try again.',
  'folder-unwritable': 'Give this user the right to write there, or choose another folder with --data.',
  'folder-in-use': 'Stop the other process, or choose another folder with --data.',
  corrupt: 'Check that disk; move the damaged file away, and the videos come back from the other machines.',
  internal: 'Check that disk (`dmesg`, `smartctl -a`).',
}

/**
 * What went wrong on the disk, in our words. `doing` completes "cannot …", and names the file.
 *
 * LevelDB gives the disk's own errors as text only ("IO error: …: No space left on device"), hence the look into messages.
 */
export function diskError(error: unknown, doing: string): PlaykiteError {
  if (error instanceof PlaykiteError) return error
  const root = deepest(error)
  const code = CODES[systemCode(root) ?? systemCode(error) ?? ''] ?? codeInText(messageOf(root))
  const remedy = REMEDIES[code]
  const details = remedy === undefined ? { cause: error } : { remedy, cause: error }
  return new PlaykiteError(code, `cannot ${doing}: ${messageOf(root)}`, details)
}

/** The system's name of an error, like ENOENT. */
export function systemCode(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}

/** @throws PlaykiteError aborted when `signal` has fired */
export function throwIfAborted(signal: AbortSignal): void {
  if (!signal.aborted) return
  throw new PlaykiteError('aborted', 'given up while working on the disk', { cause: signal.reason })
}

function deepest(error: unknown): unknown {
  return error instanceof Error && error.cause instanceof Error ? deepest(error.cause) : error
}

function codeInText(message: string): ErrorCode {
  if (/no space left|quota exceeded/i.test(message)) return 'no-space'
  if (/permission denied|read-only file system/i.test(message)) return 'folder-unwritable'
  return 'internal'
}
