import { PlaykiteError } from '../core/errors.ts'
import type { Clock } from '../ports/clock.ts'

export interface Deadline {
  readonly clock: Clock
  readonly ms: number
  readonly signal: AbortSignal
  /** What is waited for, for the sentence of the error. */
  readonly what: string
}

/**
 * Work that ends in time: the first of its result, the deadline and the signal. `work` gets a signal that fires when nobody waits for it
 * any more. @throws PlaykiteError timeout, aborted, or what `work` throws
 */
export async function withDeadline<T>(
  { clock, ms, signal, what }: Deadline,
  work: (ended: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController()
  const ended = AbortSignal.any([signal, over.signal])
  const late = clock.sleep(ms, ended).then(
    () => Promise.reject(new PlaykiteError('timeout', `no answer to ${what} within ${ms} ms`)),
    () => Promise.reject(gaveUp(signal)),
  )
  // It rejects in any case, and after the result has come nobody looks.
  late.catch(() => undefined)
  try {
    return await Promise.race([work(ended), late])
  } finally {
    over.abort(new PlaykiteError('aborted', `nobody waits for ${what} any more`))
  }
}

/** Waits for something that others wait for too, and that goes on without us. @throws PlaykiteError aborted, or what it rejects with */
export async function unlessAborted<T>(shared: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) throw gaveUp(signal)
  const given = Promise.withResolvers<never>()
  const onAbort = (): void => given.reject(gaveUp(signal))
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([shared, given.promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

function gaveUp(signal: AbortSignal): PlaykiteError {
  return new PlaykiteError('aborted', 'the request was given up', { cause: signal.reason })
}
