import { PlaykiteError } from '../core/errors.ts'

/** Wakes those who wait for "something changed"; they look again for themselves. A ring that nobody waits for is lost on purpose. */
export class Bell {
  #next = Promise.withResolvers<void>()

  ring(): void {
    const rung = this.#next
    this.#next = Promise.withResolvers<void>()
    rung.resolve()
  }

  /** Resolves at the next ring. @throws PlaykiteError aborted */
  async wait(signal: AbortSignal): Promise<void> {
    await orAborted(this.#next.promise, signal)
  }
}

/** `promise`, or a rejection as soon as `signal` fires; the work behind it goes on. @throws PlaykiteError aborted */
export async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  throwIfAborted(signal)
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => reject(abortedBy(signal))
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/** @throws PlaykiteError aborted when `signal` has fired */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw abortedBy(signal)
}

function abortedBy(signal: AbortSignal): PlaykiteError {
  const { reason } = signal
  if (reason instanceof PlaykiteError && reason.code === 'aborted') return reason
  return new PlaykiteError('aborted', 'given up before it was done', { cause: reason })
}
