import type { VideoId } from '../core/ids.ts'
import { chunkCount } from '../core/manifest.ts'
import type { Replica } from '../ports/video-store.ts'

/** Videos whose chunks' last checks are remembered one by one: those that are being watched. Of others the check of the whole counts. */
const MAX_VIDEOS = 256

/** When chunks of replicas were last hashed, finer than the replica's own `checkedAt`, and only in memory. */
export class Rechecks {
  readonly #times = new Map<VideoId, Map<number, number>>()

  /** Wall clock in ms when the chunk was last known good. */
  checkedAt(replica: Replica, index: number): number {
    return this.#times.get(replica.video)?.get(index) ?? replica.checkedAt
  }

  /** @returns since when all chunks are known good, once every one has been checked */
  note(replica: Replica, index: number, now: number): number | undefined {
    const times = this.#times.get(replica.video) ?? new Map<number, number>()
    times.set(index, now)
    this.#times.delete(replica.video)
    this.#times.set(replica.video, times)
    const oldest = this.#times.keys().next().value
    if (this.#times.size > MAX_VIDEOS && oldest !== undefined) this.#times.delete(oldest)
    if (times.size < chunkCount(replica.size)) return undefined
    this.#times.delete(replica.video)
    return Math.min(...times.values())
  }
}
