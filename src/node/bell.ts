import { PlaykiteError } from '../core/errors.ts'

/** Wakes those who wait for "something changed"; they look again for themselves. A ring that nobody waits for is lost on purpose. */
export class Bell {
  /** One promise a waiter: one shared by all would keep what waiters that gave up left on it, and a next ring may never come. */
  readonly #waiters = new Set<() => void>()

  ring(): void {
    const woken = [...this.#waiters]
    this.#waiters.clear()
    for (const wake of woken) wake()
  }

  /** Resolves at the next ring. @throws PlaykiteError aborted */
  async wait(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiters.add(resolve)
    try {
      await orAborted(promise, signal)
    } finally {
      this.#waiters.delete(resolve)
    }
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
