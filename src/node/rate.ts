import type { Clock } from '../ports/clock.ts'

/** Milliseconds that a rate looks back: short enough to follow a change, long enough to be read. */
const WINDOW_MS = 3_000
/** Milliseconds between two samples. */
const SAMPLE_MS = 100

/** Bytes a second over the last seconds. */
export class Rate {
  readonly #clock: Clock
  readonly #samples: { readonly at: number; readonly bytes: number }[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** `bytes` is the total so far. @returns bytes a second, null until there is something to tell */
  update(bytes: number): number | null {
    const at = this.#clock.monotonic()
    const last = this.#samples.at(-1)
    if (last === undefined || at - last.at >= SAMPLE_MS) this.#samples.push({ at, bytes })
    while (this.#samples.length > 1 && at - (this.#samples[0]?.at ?? at) > WINDOW_MS) this.#samples.shift()
    const first = this.#samples[0]
    if (first === undefined || at <= first.at) return null
    return ((bytes - first.bytes) / (at - first.at)) * 1000
  }
}
