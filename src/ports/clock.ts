/** Time, as loops see it. The simulator and tests give their own. */
export interface Clock {
  /** Wall clock in ms since 1970; may jump. For times that people or other machines read. */
  now(): number
  /** Milliseconds that only grow; for durations and deadlines. */
  monotonic(): number
  /** Resolves after `ms`. @throws PlaykiteError aborted when `signal` fires first */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}
