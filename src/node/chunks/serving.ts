import { PlaykiteError } from '../../core/errors.ts'
import type { NodeId, VideoId } from '../../core/ids.ts'
import { chunkHash } from '../../core/manifest.ts'
import type { Network } from '../../ports/network.ts'
import type { VideoStore } from '../../ports/video-store.ts'
import type { ListedRecord, VideoView } from '../views/video-view.ts'
import type { ChunkFetcher } from './chunk-fetcher.ts'
import type { Manifests } from './manifests.ts'

/** Milliseconds that a node which passes bytes on looks for a holder: less than whoever asked waits. */
const RELAY_MS = 10_000
/** Bytes of one page of a manifest: what a message's body may have. 32 768 hashes. */
const MANIFEST_PAGE_BYTES = 1024 * 1024
/** Bytes of one hash. */
const HASH_BYTES = 32

export interface ServingTools {
  readonly network: Network
  readonly store: VideoStore
  readonly view: VideoView
  readonly manifests: Manifests
  readonly fetcher: ChunkFetcher
}

/**
 * Gives chunks and manifests to other nodes: of replicas; checked chunks of uploads, so that a replaced holder catches up from the others;
 * and, for nodes that reach no holder, those of holders that this node reaches. Only holders are asked for them, so it never goes round.
 */
export function serveVideos({ network, store, view, manifests, fetcher }: ServingTools): void {
  const holders = (record: ListedRecord, asker: NodeId): readonly NodeId[] =>
    view.livingHolders(record).filter((id) => id !== asker && id !== network.self)

  const relayed = async (
    video: VideoId,
    index: number,
    asker: NodeId,
    signal: AbortSignal,
  ): Promise<Uint8Array> => {
    const record = view.record(video)
    const candidates = (): readonly NodeId[] => holders(record, asker)
    if (candidates().length === 0) {
      throw new PlaykiteError(
        'not-found',
        `chunk ${index} of ${video} is not on this machine, nor on one that it reaches`,
      )
    }
    const manifest = await manifests.get(record.birth, candidates, RELAY_MS, signal)
    const wanted = { video, index, hash: chunkHash(manifest, index) }
    return (await fetcher.fetch(wanted, candidates, RELAY_MS, signal)).bytes
  }

  network.handle('chunk/get', async ({ from, header: { video, index } }, signal) => {
    if (store.replica(video) !== undefined) {
      return { header: {}, body: await store.readChunk(video, index, { signal }) }
    }
    const incoming = store.incoming(video)
    if (incoming?.hashOf(index) !== undefined) {
      return { header: {}, body: await incoming.readChunk(index, signal) }
    }
    return { header: {}, body: await relayed(video, index, from, signal) }
  })

  network.handle('manifest/get', async ({ from: asker, header: { video, from } }, signal) => {
    const record = view.record(video)
    const manifest = await manifests.get(record.birth, () => holders(record, asker), RELAY_MS, signal)
    const start = from * HASH_BYTES
    const body = manifest.hashes.subarray(start, start + MANIFEST_PAGE_BYTES)
    return { header: { cid: manifest.cid, size: manifest.size }, body }
  })
}
