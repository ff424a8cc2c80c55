import { PlaykiteError } from '../../src/core/errors.ts'
import type { Clock } from '../../src/ports/clock.ts'

interface Sleeper {
  readonly at: number
  readonly wake: () => void
}

/** A clock that stands still until `advance`: sleepers wake in order, and what they start runs before the next one wakes. */
export class ManualClock implements Clock {
  #now = 0
  readonly #sleepers = new Set<Sleeper>()

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#now
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const sleeper = { at: this.#now + ms, wake: resolve }
    const onAbort = (): void => {
      this.#sleepers.delete(sleeper)
      reject(new PlaykiteError('aborted', 'the sleep was cut short'))
    }
    if (signal.aborted) onAbort()
    else {
      this.#sleepers.add(sleeper)
      signal.addEventListener('abort', onAbort, { once: true })
    }
    return promise
  }

  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    await settled()
    for (;;) {
      const next = [...this.#sleepers].toSorted((a, b) => a.at - b.at)[0]
      if (next === undefined || next.at > end) break
      this.#now = next.at
      this.#sleepers.delete(next)
      next.wake()
      await settled()
    }
    this.#now = end
  }
}

/** Lets everything run that waits for nothing but promises. */
async function settled(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve))
}
