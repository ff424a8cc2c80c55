import { contentId } from '../../core/content-id.ts'
import { PlaykiteError } from '../../core/errors.ts'
import type { NodeId, VideoId } from '../../core/ids.ts'
import { type Manifest, chunkCount } from '../../core/manifest.ts'
import type { StatementOf } from '../../core/statement-kinds.ts'
import type { Log } from '../../ports/log.ts'
import type { Network } from '../../ports/network.ts'
import type { VideoStore } from '../../ports/video-store.ts'
import { BoundedCache } from './bounded-cache.ts'
import { type Sources, hedged } from './hedged.ts'

/** Bytes of one hash. */
const HASH_BYTES = 32
/** Milliseconds for a page of a manifest. */
const PAGE_MS = 10_000
/** Bytes of other machines' manifests kept in memory: those of 64 GiB of video. */
const CACHE_BYTES = 2 * 1024 * 1024

/** Manifests, from this disk or from holders, checked against the content id that the publisher signed. */
export class Manifests {
  readonly #network: Network
  readonly #store: VideoStore
  readonly #sources: Sources
  readonly #log: Log
  readonly #cache = new BoundedCache<Manifest>(CACHE_BYTES, ({ hashes }) => hashes.length)

  constructor(network: Network, store: VideoStore, sources: Sources, log: Log) {
    this.#network = network
    this.#store = store
    this.#sources = sources
    this.#log = log
  }

  /** @throws PlaykiteError no-holder, aborted */
  async get(
    birth: StatementOf<'birth'>,
    candidates: () => readonly NodeId[],
    stallMs: number,
    signal: AbortSignal,
  ): Promise<Manifest> {
    if (this.#store.replica(birth.video) !== undefined) return await this.#store.manifest(birth.video, signal)
    const cached = this.#cache.get(birth.cid)
    if (cached !== undefined) return cached
    const { value } = await hedged(
      this.#sources,
      {
        candidates,
        ask: (holder, stop) => this.#ask(holder, birth, stop),
        stallMs,
        onFailed: (peer, { code, message }) =>
          this.#log.debug(
            { peer, video: birth.video, code, reason: message },
            'A machine did not give a manifest',
          ),
      },
      signal,
    )
    this.#cache.set(birth.cid, value)
    return value
  }

  async #ask(holder: NodeId, birth: StatementOf<'birth'>, signal: AbortSignal): Promise<Manifest> {
    const { video, cid, size } = birth
    const hashes = new Uint8Array(chunkCount(size) * HASH_BYTES)
    let at = 0
    while (at < hashes.length) {
      const page = await this.#page(holder, video, at / HASH_BYTES, signal)
      if (page.length === 0 || page.length % HASH_BYTES !== 0 || at + page.length > hashes.length) {
        throw new PlaykiteError('corrupt', `${holder} sent a manifest of another length`)
      }
      hashes.set(page, at)
      at += page.length
    }
    if (contentId(hashes, size) !== cid) {
      throw new PlaykiteError('corrupt', `${holder} sent a manifest of other content than ${cid}`)
    }
    return { cid, size, hashes }
  }

  async #page(holder: NodeId, video: VideoId, from: number, signal: AbortSignal): Promise<Uint8Array> {
    const options = { timeoutMs: PAGE_MS, signal }
    return (await this.#network.request(holder, 'manifest/get', { video, from }, options)).body
  }
}
