import { PlaykiteError } from '../../core/errors.ts'
import type { NodeId, VideoId } from '../../core/ids.ts'
import { isRemoved } from '../../core/catalogue-view.ts'
import { STREAM_STALL_MS } from '../../core/limits.ts'
import { unpackStatements } from '../../core/statement-list.ts'
import type { Signed, StatementOf } from '../../core/statement-kinds.ts'
import { decodeStatement } from '../../core/statement.ts'
import type { Network } from '../../ports/network.ts'
import type { Incoming, VideoStore } from '../../ports/video-store.ts'
import type { Author } from '../catalogue/author.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'
import type { ChunkFetcher } from '../chunks/chunk-fetcher.ts'
import type { KeyedLock } from './keyed-lock.ts'
import type { Transfers } from './transfers.ts'

/** Uploads that a node takes at once: each holds an open file, and a disk that writes more is slower for all. */
const MAX_UPLOADS = 32

export interface UploadsOptions {
  readonly network: Network
  readonly store: VideoStore
  readonly catalogue: Catalogue
  readonly author: Author
  readonly fetcher: ChunkFetcher
  readonly transfers: Transfers
  readonly lock: KeyedLock
  /** A commit that has begun is finished even if whoever asked is gone. */
  readonly lifetime: AbortSignal
}

/** The holder's side of publishing: takes chunks of new videos, and commits them. */
export class Uploads {
  readonly #options: UploadsOptions
  readonly #open = new Set<VideoId>()

  constructor(options: UploadsOptions) {
    this.#options = options
    const { network } = options
    network.handle('upload/open', async ({ header }, signal) => {
      await this.#begin(header.video, header, signal)
      return { header: {} }
    })
    network.handle('chunk/put', async ({ header: { video, index, hash }, body }, signal) => {
      await this.#write(video, index, Buffer.from(hash, 'hex'), body, signal)
      return { header: {} }
    })
    network.handle('upload/pull', async ({ header }, signal) => {
      await this.#pull(header.video, header.index, Buffer.from(header.hash, 'hex'), header.sources, signal)
      return { header: {} }
    })
    network.handle('upload/commit', async ({ header: { video, as }, body }) => {
      const statements = unpackStatements(body).map((bytes) => decodeStatement(bytes))
      return { header: {}, body: await options.lock.run(as, () => this.#commit(video, as, statements)) }
    })
    network.handle('upload/abort', async ({ header: { video } }) => {
      await this.#options.store.incoming(video)?.discard(options.lifetime)
      this.#end(video, 'failed')
      return { header: {} }
    })
  }

  async #begin(
    video: VideoId,
    { size, extension }: { readonly size: number | null; readonly extension: string },
    signal: AbortSignal,
  ): Promise<void> {
    for (const open of this.#open)
      if (this.#options.store.incoming(open) === undefined) this.#open.delete(open)
    if (!this.#open.has(video) && this.#open.size >= MAX_UPLOADS) {
      throw new PlaykiteError('refused', `this machine takes ${MAX_UPLOADS} uploads already`)
    }
    await this.#options.store.openIncoming(video, { size, extension }, signal)
    this.#open.add(video)
    this.#options.transfers.begin(video, 'upload', size)
  }

  async #write(
    video: VideoId,
    index: number,
    hash: Uint8Array,
    bytes: Uint8Array,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#incoming(video).writeChunk(index, hash, bytes, signal)
    this.#options.transfers.add(video, bytes.length)
  }

  async #pull(
    video: VideoId,
    index: number,
    hash: Uint8Array,
    sources: readonly NodeId[],
    signal: AbortSignal,
  ): Promise<void> {
    if (this.#incoming(video).hashOf(index) !== undefined) return
    const wanted = { video, index, hash }
    const { bytes } = await this.#options.fetcher.fetch(wanted, () => sources, STREAM_STALL_MS, signal)
    await this.#write(video, index, hash, bytes, signal)
  }

  /** Bytes, manifest, and all three statements become true in one batch on this machine. @returns the own copy statement */
  async #commit(video: VideoId, as: VideoId, statements: readonly Signed[]): Promise<Uint8Array> {
    const { store, catalogue, author, lifetime } = this.#options
    const birth = birthOf(as, statements)
    for (const signed of statements) catalogue.checkTime(signed)
    const record = catalogue.video(as)
    if (record !== undefined && isRemoved(record)) {
      throw new PlaykiteError('removed', 'the video was removed while it was being published')
    }
    const copy = author.write('copy', { video: as, state: 'keeps' })
    if (store.replica(as) === undefined) {
      const { operations, applied } = catalogue.prepare([...statements, copy])
      await this.#incoming(video).commit({ as, cid: birth.cid, size: birth.size }, operations, lifetime)
      await applied()
      this.#end(video, 'done')
    } else await catalogue.accept([...statements, copy], undefined)
    return copy.bytes
  }

  #end(video: VideoId, phase: 'done' | 'failed'): void {
    this.#open.delete(video)
    this.#options.transfers.end(video, phase)
  }

  #incoming(video: VideoId): Incoming {
    const incoming = this.#options.store.incoming(video)
    if (incoming !== undefined) return incoming
    throw new PlaykiteError('not-found', `this machine has no upload ${video}: it was given up or swept`)
  }
}

function birthOf(as: VideoId, statements: readonly Signed[]): StatementOf<'birth'> {
  const [birth, words] = statements.map(({ statement }) => statement)
  const isWhole = statements.length === 2 && birth?.kind === 'birth' && words?.kind === 'words'
  if (isWhole && birth.video === as && words.video === as) return birth
  throw new PlaykiteError('bad-request', 'a commit brings birth and words of the video that it names')
}
