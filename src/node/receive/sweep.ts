import { sweepIncoming } from '../../storage/sweep-incoming.ts'
import type { Clock } from '../../ports/clock.ts'
import type { VideoStore } from '../../ports/video-store.ts'
import type { Work } from '../loop.ts'

/** Gives up what interrupted publishes left, a day after its last byte. */
export class Sweep implements Work {
  readonly name = 'sweep'
  readonly #store: VideoStore
  readonly #clock: Clock

  constructor(store: VideoStore, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  async run(signal: AbortSignal): Promise<'busy' | 'idle'> {
    return (await sweepIncoming(this.#store, this.#clock.now(), signal)) ? 'busy' : 'idle'
  }
}
