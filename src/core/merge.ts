import { hash } from 'node:crypto'
import { compareStamps } from './hybrid-clock.ts'
import type { Signed } from './statement-kinds.ts'

/** Bytes of a version: no two statements of one key share it by accident. */
export const VERSION_BYTES = 16

/** What digests compare: the first VERSION_BYTES of the SHA-256 of a statement's bytes. */
export function statementVersion(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer').subarray(0, VERSION_BYTES)
}

/**
 * Whether `challenger` replaces `holder`, both of one key. A birth is written once: the earliest stands. Of all else the latest wins;
 * the higher node id, then the higher version, on a tie. A total order, so merging commutes, associates, and repeats harmlessly.
 */
export function wins(challenger: Signed, holder: Signed): boolean {
  const order = compare(challenger, holder)
  return challenger.statement.kind === 'birth' ? order < 0 : order > 0
}

function compare(a: Signed, b: Signed): number {
  const byTime = compareStamps(a.statement.at, b.statement.at)
  if (byTime !== 0) return byTime
  if (a.statement.by !== b.statement.by) return a.statement.by < b.statement.by ? -1 : 1
  return Buffer.compare(statementVersion(a.bytes), statementVersion(b.bytes))
}
