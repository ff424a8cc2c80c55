import { PlaykiteError, isPlaykiteError } from '../../core/errors.ts'
import type { NodeId, VideoId } from '../../core/ids.ts'
import { CHUNK_BYTES, STREAM_STALL_MS } from '../../core/limits.ts'
import { type ChunkSlice, type Manifest, chunkHash, chunksForRange } from '../../core/manifest.ts'
import type { Log } from '../../ports/log.ts'
import type { VideoStore } from '../../ports/video-store.ts'
import type { EventLog } from '../api.ts'
import type { ChunkFetcher } from '../chunks/chunk-fetcher.ts'
import { BoundedCache } from '../chunks/bounded-cache.ts'
import type { Manifests } from '../chunks/manifests.ts'
import type { Members } from '../members/members.ts'
import type { ListedRecord, VideoView } from '../views/video-view.ts'

/** Bytes of other machines' chunks kept in memory: players ask for small ranges of one chunk again and again. */
const CACHE_BYTES = 32 * CHUNK_BYTES

export interface ReaderTools {
  readonly store: VideoStore
  readonly members: Members
  readonly view: VideoView
  readonly manifests: Manifests
  readonly fetcher: ChunkFetcher
  readonly events: EventLog
  readonly log: Log
}

/** Reads any video: from this disk, else from holders, a few chunks ahead of whoever reads. */
export class Reader {
  readonly #tools: ReaderTools
  readonly #cache = new BoundedCache<Uint8Array>(CACHE_BYTES, ({ length }) => length)

  constructor(tools: ReaderTools) {
    this.#tools = tools
  }

  /** @throws as NodeApi.read */
  async *read(id: VideoId, start: number, end: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const record = this.#tools.view.record(id)
    const stop = new AbortController()
    const stream = new Stream(record, this.#tools, this.#cache, AbortSignal.any([signal, stop.signal]))
    try {
      yield* stream.slices(chunksForRange(record.birth.size, start, end))
    } finally {
      stop.abort(new PlaykiteError('aborted', 'the reader has gone'))
    }
  }

  /** @throws as NodeApi.manifest */
  async manifest(id: VideoId, signal: AbortSignal): Promise<Manifest> {
    const { birth } = this.#tools.view.record(id)
    const holders = (): readonly NodeId[] => this.#tools.view.sources(this.#tools.view.record(id))
    return await this.#tools.manifests.get(birth, holders, STREAM_STALL_MS, signal)
  }
}

/** One reader of one video. */
class Stream {
  readonly #record: ListedRecord
  readonly #tools: ReaderTools
  readonly #cache: BoundedCache<Uint8Array>
  readonly #signal: AbortSignal
  #manifest: Promise<Manifest> | undefined
  #source: NodeId | undefined

  constructor(
    record: ListedRecord,
    tools: ReaderTools,
    cache: BoundedCache<Uint8Array>,
    signal: AbortSignal,
  ) {
    this.#record = record
    this.#tools = tools
    this.#cache = cache
    this.#signal = signal
  }

  /** In order; some chunks ahead are on their way while one is being read. */
  async *slices(slices: Generator<ChunkSlice>): AsyncGenerator<Uint8Array> {
    const ahead: { readonly slice: ChunkSlice; readonly bytes: Promise<Uint8Array> }[] = []
    for (;;) {
      while (ahead.length < this.#depth()) {
        const next = slices.next()
        if (next.done === true) break
        const bytes = this.#chunk(next.value.index)
        // Heard when its turn comes; until then, or if the reader leaves, it is nobody's failure.
        bytes.catch(() => undefined)
        ahead.push({ slice: next.value, bytes })
      }
      const first = ahead.shift()
      if (first === undefined) return
      yield (await first.bytes).subarray(first.slice.from, first.slice.to)
    }
  }

  /** One's own disk needs no reading ahead but the next chunk. */
  #depth(): number {
    return this.#tools.store.replica(this.#record.id) === undefined ? this.#tools.fetcher.readAhead() : 2
  }

  async #chunk(index: number): Promise<Uint8Array> {
    const local = await this.#local(index)
    if (local !== undefined) return local
    const key = `${this.#record.birth.cid}/${index}`
    const cached = this.#cache.get(key)
    if (cached !== undefined) return cached
    const manifest = await this.#getManifest()
    const wanted = { video: this.#record.id, index, hash: chunkHash(manifest, index) }
    const { bytes, from } = await this.#tools.fetcher.fetch(
      wanted,
      this.#holders,
      STREAM_STALL_MS,
      this.#signal,
    )
    this.#cache.set(key, bytes)
    this.#tellSource(from, index)
    return bytes
  }

  /** @returns undefined if it is not on this disk, or not as it should be: then another machine has it */
  async #local(index: number): Promise<Uint8Array | undefined> {
    const { store, log } = this.#tools
    const { id } = this.#record
    if (store.replica(id) === undefined) return undefined
    try {
      return await store.readChunk(id, index, { signal: this.#signal })
    } catch (error) {
      if (!isPlaykiteError(error) || error.code === 'aborted') throw error
      log.error(
        { video: id, chunk: index, reason: error.message },
        'A chunk on this disk cannot be used; another machine gives it',
      )
      return undefined
    }
  }

  /** Shared by the chunks on their way; one that failed is asked for again by the next chunk. */
  async #getManifest(): Promise<Manifest> {
    const { manifests } = this.#tools
    this.#manifest ??= manifests.get(this.#record.birth, this.#holders, STREAM_STALL_MS, this.#signal)
    try {
      return await this.#manifest
    } catch (error) {
      this.#manifest = undefined
      throw error
    }
  }

  /** As of now: a holder may come while the stream waits. */
  readonly #holders = (): readonly NodeId[] => {
    const { view } = this.#tools
    return view.sources(view.record(this.#record.id))
  }

  #tellSource(holder: NodeId, chunk: number): void {
    if (this.#source === holder) return
    this.#source = holder
    const { events, members } = this.#tools
    events.emit('source', { id: this.#record.id, holder, name: members.nameOf(holder), chunk })
  }
}
