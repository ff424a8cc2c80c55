/** Hybrid logical clocks: Kulkarni et al., "Logical physical clocks and consistent snapshots" (2014). */

/** A time that is later than everything its writer had seen: wall clock in ms, then a counter. */
export interface Stamp {
  readonly ms: number
  readonly n: number
}

export const ZERO_STAMP: Stamp = { ms: 0, n: 0 }

/** The stamp for something new, when the latest seen is `last` and the wall clock says `now` (ms). */
export function nextStamp(last: Stamp, now: number): Stamp {
  return now > last.ms ? { ms: Math.floor(now), n: 0 } : { ms: last.ms, n: last.n + 1 }
}

export function laterStamp(a: Stamp, b: Stamp): Stamp {
  return compareStamps(a, b) >= 0 ? a : b
}

/** Negative when `a` is earlier, 0 when equal. */
export function compareStamps(a: Stamp, b: Stamp): number {
  return a.ms - b.ms || a.n - b.n
}
