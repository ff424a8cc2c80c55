import { MAX_CLOCK_AHEAD_MS } from './limits.ts'

/**
 * Whether a record's time is further ahead than clocks may be: more than MAX_CLOCK_AHEAD_MS after the later of our own clock and the
 * median of the living members' clocks. All in wall clock ms.
 */
export function isTooFarAhead(ms: number, now: number, memberClocks: readonly number[]): boolean {
  const median = memberClocks.toSorted((a, b) => a - b)[Math.floor(memberClocks.length / 2)] ?? now
  return ms > Math.max(now, median) + MAX_CLOCK_AHEAD_MS
}
