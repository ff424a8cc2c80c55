import { PlaykiteError, isPlaykiteError, messageOf } from '../core/errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import { Bell } from './bell.ts'

/** One kind of background work. Every loop of a node is of this shape. */
export interface Work {
  readonly name: string
  /** One unit of work. `busy`: there is more, go on at once; `idle`: nothing to do for now. */
  run(signal: AbortSignal): Promise<'busy' | 'idle'>
}

export interface Loop {
  /** There may be something to do before the time is over. */
  wake(): void
  /** Resolves when the loop has stopped, after the unit under way. */
  readonly done: Promise<void>
}

/**
 * Milliseconds of rest after a failure, doubled each time in a row, up to the longest: a full disk is not asked a thousand times. `wake`
 * may shorten the rest, but never below the first.
 */
const FIRST_REST_MS = 1_000
const LONGEST_REST_MS = 60_000

/** Runs `work` until `signal` fires, every `everyMs` while it is idle. A failure is logged and tried again, and never ends the loop. */
export function startLoop(
  work: Work,
  options: { readonly everyMs: number; readonly clock: Clock; readonly log: Log },
  signal: AbortSignal,
): Loop {
  const bell = new Bell()
  return { wake: () => bell.ring(), done: runLoop(work, options, bell, signal) }
}

async function runLoop(
  work: Work,
  { everyMs, clock, log }: { readonly everyMs: number; readonly clock: Clock; readonly log: Log },
  bell: Bell,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0
  while (!signal.aborted) {
    // Asked before the work: a ring while it runs is not lost.
    const rung = new AbortController()
    const woken = bell.wait(AbortSignal.any([signal, rung.signal])).then(
      () => rung.abort(),
      () => undefined,
    )
    let pauseMs = everyMs
    try {
      if ((await work.run(signal)) === 'busy') pauseMs = 0
      failures = 0
    } catch (error) {
      if (signal.aborted) break
      const restMs = Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** failures)
      failures += 1
      log.error({ work: work.name, err: error, restMs }, `Background work failed: ${messageOf(error)}`)
      await pause(clock, FIRST_REST_MS, signal)
      pauseMs = restMs - FIRST_REST_MS
    }
    if (pauseMs > 0) await pause(clock, pauseMs, AbortSignal.any([signal, rung.signal]))
    rung.abort(new PlaykiteError('aborted', 'the pause is over'))
    await woken
  }
}

async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(ms, signal)
  } catch (error) {
    if (!isPlaykiteError(error, 'aborted')) throw error
  }
}
