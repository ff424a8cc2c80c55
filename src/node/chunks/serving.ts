import { PlaykiteError } from '../../core/errors.ts'
import type { Network } from '../../ports/network.ts'
import type { VideoStore } from '../../ports/video-store.ts'

/** Gives chunks to other nodes: of replicas, and checked ones of uploads, so that a replaced holder catches up from the others. */
export function serveChunks(network: Network, store: VideoStore): void {
  network.handle('chunk/get', async ({ header: { video, index } }, signal) => {
    if (store.replica(video) !== undefined) {
      return { header: {}, body: await store.readChunk(video, index, { signal }) }
    }
    const incoming = store.incoming(video)
    if (incoming?.hashOf(index) === undefined) {
      throw new PlaykiteError('not-found', `chunk ${index} of ${video} is not on this machine`)
    }
    return { header: {}, body: await incoming.readChunk(index, signal) }
  })
}
