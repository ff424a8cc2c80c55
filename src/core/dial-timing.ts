import type { NodeId } from './ids.ts'

/** Milliseconds that the larger id leaves to the smaller one to dial, so that a pair has one connection (measured: no duplicates at 6 nodes). */
const LARGER_ID_WAITS_MS = 1_500
/** Milliseconds before the second try; each further one waits half as long again, up to the longest. */
const FIRST_RETRY_MS = 500
const RETRY_GROWTH = 1.5
/** Milliseconds between tries of a node that is gone for good: 256 of them are 17 dials a second. */
const LONGEST_RETRY_MS = 15_000
/** Part of the delay that chance adds, so that machines switched on together do not dial in step. */
const JITTER = 0.3

/** @returns milliseconds to wait before dialling a node that has just been seen or lost */
export function firstDialDelayMs(self: NodeId, other: NodeId): number {
  return self < other ? 0 : LARGER_ID_WAITS_MS
}

/** @param unit chance, in [0, 1) @returns milliseconds to wait after `failures` dials in a row failed */
export function redialDelayMs(failures: number, unit: number): number {
  const delay = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * RETRY_GROWTH ** Math.max(0, failures - 1))
  return delay * (1 + JITTER * unit)
}
