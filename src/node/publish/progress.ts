import type { Clock } from '../../ports/clock.ts'
import type { PublishProgress, PublishRequest, Published } from '../api.ts'
import { Rate } from '../rate.ts'

/** Milliseconds between two tellings while bytes come in. */
const TELL_EVERY_MS = 200

/** Tells whoever publishes how it goes. */
export class ProgressTeller {
  readonly #clock: Clock
  readonly #size: number | undefined
  readonly #tell: (progress: PublishProgress) => void
  readonly #rate: Rate
  #bytes = 0
  #copies = 0
  #toldAt = Number.NEGATIVE_INFINITY
  #result: Published | undefined

  constructor(clock: Clock, { size, onProgress }: PublishRequest) {
    this.#clock = clock
    this.#size = size
    this.#tell = onProgress ?? (() => undefined)
    this.#rate = new Rate(clock)
  }

  receiving(bytes: number): void {
    this.#bytes = bytes
    if (this.#clock.monotonic() - this.#toldAt >= TELL_EVERY_MS) this.#say()
  }

  copies(copies: number): void {
    if (copies === this.#copies) return
    this.#copies = copies
    this.#say()
  }

  /** The acknowledgement. */
  safe(result: Published): void {
    this.#result = result
    this.#copies = result.video.copies
    this.#say()
  }

  #say(): void {
    this.#toldAt = this.#clock.monotonic()
    const rate = this.#rate.update(this.#bytes)
    const left = (this.#size ?? Number.NaN) - this.#bytes
    const eta = rate !== null && rate > 0 && left >= 0 ? left / rate : null
    this.#tell({
      phase: this.#result === undefined ? 'receiving' : 'safe',
      bytes: this.#bytes,
      rate,
      eta,
      copies: this.#copies,
      ...(this.#result && { result: this.#result }),
    })
  }
}
