import { isListable } from '../../core/catalogue-view.ts'
import { PlaykiteError, messageOf } from '../../core/errors.ts'
import type { NodeId, VideoId } from '../../core/ids.ts'
import { STREAM_STALL_MS } from '../../core/limits.ts'
import { chunkCount, chunkHash } from '../../core/manifest.ts'
import type { StatementOf } from '../../core/statement-kinds.ts'
import type { Log } from '../../ports/log.ts'
import type { Network } from '../../ports/network.ts'
import type { Incoming, VideoStore } from '../../ports/video-store.ts'
import type { Author } from '../catalogue/author.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'
import type { ChunkFetcher } from '../chunks/chunk-fetcher.ts'
import type { Manifests } from '../chunks/manifests.ts'
import type { KeyedLock } from './keyed-lock.ts'
import type { Transfers } from './transfers.ts'

/** Copies that a node makes at once: enough for a link, few enough that each ends soon. */
const MAX_COPIES = 4
/** Chunks of one copy under way at once. */
const PARALLEL_CHUNKS = 4

export interface CopiesOptions {
  readonly network: Network
  readonly store: VideoStore
  readonly catalogue: Catalogue
  readonly author: Author
  readonly fetcher: ChunkFetcher
  readonly manifests: Manifests
  readonly transfers: Transfers
  readonly lock: KeyedLock
  readonly log: Log
  readonly lifetime: AbortSignal
}

/** Makes this node a holder of videos of the catalogue, by copying them from other holders. */
export class Copies {
  readonly #options: CopiesOptions
  readonly #running = new Map<VideoId, Promise<void>>()

  constructor(options: CopiesOptions) {
    this.#options = options
    options.network.handle('replica/pull', async ({ header: { video, sources } }, signal) => {
      await this.#begin(video, sources, signal)
      return { header: {} }
    })
  }

  /** Waits for the copies under way; they end with the node's lifetime. */
  async settled(): Promise<void> {
    await Promise.all(this.#running.values())
  }

  async #begin(video: VideoId, sources: readonly NodeId[], signal: AbortSignal): Promise<void> {
    const { catalogue, store, transfers, log } = this.#options
    const record = catalogue.video(video)
    if (record?.birth === undefined || !isListable(record)) {
      throw new PlaykiteError('not-found', `this machine knows no video ${video}`)
    }
    if (store.replica(video) !== undefined || this.#running.has(video)) return
    if (this.#running.size >= MAX_COPIES) {
      throw new PlaykiteError('refused', `this machine makes ${MAX_COPIES} copies already`)
    }
    const { birth } = record
    const { size, extension } = birth
    const incoming = await store.openIncoming(video, { size, extension }, signal)
    transfers.begin(video, 'copy', size)
    const copy = this.#copy(birth, incoming, sources)
      .then(
        () => transfers.end(video, 'done'),
        (error: unknown) => {
          transfers.end(video, 'failed')
          log.warn({ video, reason: messageOf(error) }, 'A copy could not be made')
        },
      )
      .finally(() => this.#running.delete(video))
    this.#running.set(video, copy)
  }

  async #copy(birth: StatementOf<'birth'>, incoming: Incoming, sources: readonly NodeId[]): Promise<void> {
    const { manifests, lock, catalogue, author, lifetime } = this.#options
    const { video, cid, size } = birth
    const stop = new AbortController()
    const signal = AbortSignal.any([lifetime, stop.signal])
    try {
      const manifest = await manifests.get(birth, () => sources, STREAM_STALL_MS, signal)
      let next = 0
      const total = chunkCount(size)
      const worker = async (): Promise<void> => {
        while (next < total) {
          const index = next++
          await this.#chunk(incoming, index, chunkHash(manifest, index), sources, signal)
        }
      }
      await Promise.all(Array.from({ length: PARALLEL_CHUNKS }, worker))
      await lock.run(video, async () => {
        const { operations, applied } = catalogue.prepare([author.write('copy', { video, state: 'keeps' })])
        await incoming.commit({ as: video, cid, size }, operations, lifetime)
        await applied()
      })
    } finally {
      stop.abort(new PlaykiteError('aborted', 'the copy has ended'))
    }
  }

  async #chunk(
    incoming: Incoming,
    index: number,
    hash: Uint8Array,
    sources: readonly NodeId[],
    signal: AbortSignal,
  ): Promise<void> {
    if (incoming.hashOf(index) !== undefined) return
    const { fetcher, transfers } = this.#options
    const { video } = incoming
    const { bytes } = await fetcher.fetch({ video, index, hash }, () => sources, STREAM_STALL_MS, signal)
    await incoming.writeChunk(index, hash, bytes, signal)
    transfers.add(video, bytes.length)
  }
}
