import { PlaykiteError } from '../core/errors.ts'

/** Lets so many be under way at once, and the others in the order in which they came. */
export class Turns {
  readonly #limit: () => number
  readonly #waiting = new Set<PromiseWithResolvers<void>>()
  #taken = 0

  /** `limit` is asked whenever somebody comes or goes, so it may change. */
  constructor(limit: () => number) {
    this.#limit = limit
  }

  get taken(): number {
    return this.#taken
  }

  get waiting(): number {
    return this.#waiting.size
  }

  /** Waits for a turn; `giveBack` ends it. @throws PlaykiteError aborted, or that with which `end` was called */
  async take(signal: AbortSignal): Promise<void> {
    if (this.#waiting.size === 0 && this.#taken < this.#limit()) {
      this.#taken += 1
      return
    }
    const place = Promise.withResolvers<void>()
    this.#waiting.add(place)
    const onAbort = (): void => {
      this.#waiting.delete(place)
      // Nothing happens to a place whose turn has come in the meantime.
      place.reject(new PlaykiteError('aborted', 'given up before it was sent', { cause: signal.reason }))
    }
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      await place.promise
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  /** A turn beside the limit, for what may not wait. */
  takeAtOnce(): void {
    this.#taken += 1
  }

  giveBack(): void {
    this.#taken -= 1
    for (const place of this.#waiting) {
      if (this.#taken >= this.#limit()) return
      this.#waiting.delete(place)
      this.#taken += 1
      place.resolve()
    }
  }

  /** Sends away all that wait. */
  end(error: Error): void {
    for (const place of this.#waiting) place.reject(error)
    this.#waiting.clear()
  }
}
