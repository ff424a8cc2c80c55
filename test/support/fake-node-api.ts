/** A node in memory, for tests of what talks to nodes: the gateway, the client library, the command line. */
import type { NodeInfo } from '../../src/contract/nodes.ts'
import type { PublishedVideo, Video } from '../../src/contract/video.ts'
import { PlaykiteError } from '../../src/core/errors.ts'
import { type Cid, parseNodeId, type VideoId } from '../../src/core/ids.ts'
import type { NodeApi } from '../../src/node/api.ts'
import { createFakeEvents, type FakeEvents } from './fake-events.ts'
import { createFakePublishes, type FakePublish, type FakePublishes } from './fake-publishes.ts'
import { createFakeReads, type FakeReads } from './fake-reads.ts'

export interface FakeNodeApi extends NodeApi {
  readonly events: FakeEvents
  readonly reads: FakeReads
  readonly publishes: FakePublishes
  /** By id; tests may add and change. */
  readonly videos: Map<string, Video>
  /** Ids that were removed. */
  readonly removed: Set<string>
}

const nodeId = parseNodeId('12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp')
const createdAt = '2026-01-02T03:04:05.678Z'
const restorableUntil = '2026-01-02T03:14:05.678Z'

/** The id of the n-th video of a fake node. */
export function fakeVideoId(n: number): VideoId {
  return `00000000-0000-4000-8000-${String(n).padStart(12, '0')}` as VideoId
}

export function fakeVideo(n: number, changes: Partial<Video> = {}): Video {
  return {
    id: fakeVideoId(n),
    title: `Video ${n}`,
    description: '',
    tags: [],
    size: 5_000_000,
    type: 'video/mp4',
    duration: 12.5,
    codecs: 'avc1.640028, mp4a.40.2',
    cid: `bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbz${String(n)
      .padStart(2, '2')
      .replace(/[0189]/g, 'a')}`,
    createdAt,
    publisher: nodeId ?? '',
    copies: 3,
    wanted: 3,
    holders: [{ id: nodeId ?? '', name: 'here', state: 'alive', replica: 'keeps' }],
    ...changes,
  }
}

export function createFakeNodeApi(videos: readonly Video[] = [fakeVideo(1)]): FakeNodeApi {
  if (nodeId === undefined) throw new Error('The fake node id is not one')
  const catalogue = new Map(videos.map((video) => [video.id, video]))
  const removed = new Set<string>()
  const events = createFakeEvents()
  const reads = createFakeReads()
  const publishes = createFakePublishes((publish) => add(publish))

  function add(publish: FakePublish): PublishedVideo {
    const { request } = publish
    const n = catalogue.size + 1
    const words = { title: request.title ?? request.fileName ?? 'untitled', description: request.description }
    const video = fakeVideo(n, { ...words, tags: [...request.tags], size: publish.bytes, copies: 2 })
    catalogue.set(video.id, video)
    events.emit('video-added', { video })
    return { ...video, existed: false }
  }
  function find(id: string): Video {
    const video = catalogue.get(id)
    if (video === undefined)
      throw new PlaykiteError('not-found', `There is no video ${id}.`, { remedy: 'List them.' })
    if (removed.has(id))
      throw new PlaykiteError('removed', `The video ${id} was removed.`, { remedy: 'Restore it.' })
    return video
  }
  function resolve(text: string, all: readonly { id: string; name: string }[]): { id: string; name: string } {
    const found = all.filter(({ id, name }) => name === text || (text.length >= 4 && id.startsWith(text)))
    if (found.length > 1) throw new PlaykiteError('ambiguous', `"${text}" fits ${found.length}.`)
    if (found[0] === undefined) throw new PlaykiteError('not-found', `Nothing is called "${text}".`)
    return found[0]
  }
  const self: NodeInfo = {
    id: nodeId,
    name: 'here',
    state: 'alive',
    self: true,
    videos: catalogue.size,
    usedBytes: 1000,
    capacityBytes: 1_000_000,
    http: 'http://127.0.0.1:4600',
    lastSeenAt: createdAt,
    version: '0.0.0',
  }
  return {
    id: nodeId,
    network: 'fake',
    version: '0.0.0',
    videos: catalogue,
    removed,
    events,
    reads,
    publishes,
    name: () => 'here',
    list({ q, limit = 60, after }) {
      const all = [...catalogue.values()].filter(
        ({ id, title }) => !removed.has(id) && title.includes(q ?? ''),
      )
      const from = after === undefined ? 0 : Number(after)
      if (Number.isNaN(from))
        throw new PlaykiteError('bad-request', 'This "after" comes from no page of mine.')
      const next = from + limit < all.length ? String(from + limit) : null
      return { videos: all.slice(from, from + limit), total: all.length, next }
    },
    video: find,
    resolveVideo: (text) =>
      resolve(
        text,
        [...catalogue.values()].map(({ id, title }) => ({ id, name: title })),
      ),
    resolveNode: (text) => resolve(text, [self]),
    nodes: () => [self],
    status: () => ({
      videos: catalogue.size - removed.size,
      copiesWanted: 3,
      underReplicated: 0,
      lost: 0,
      repairing: 0,
      nodesAlive: 1,
      nodes: 1,
    }),
    why: (id) => ({
      id: find(id).id,
      rank: [
        {
          id: nodeId,
          name: 'here',
          position: 1,
          score: 0.5,
          inBand: true,
          holder: true,
          state: 'alive',
          fill: 0.1,
          lastProvenAt: null,
          reason: 'chosen',
        },
      ],
    }),
    publish: publishes.publish,
    async edit(id, changes) {
      const video = { ...find(id), ...changes }
      catalogue.set(id, video)
      events.emit('video-changed', { video })
      return video
    },
    async remove(id) {
      find(id)
      removed.add(id)
      events.emit('video-removed', { id, restorableUntil })
      return { id, removedAt: createdAt, restorableUntil }
    },
    async restore(id) {
      removed.delete(id)
      events.emit('video-restored', { video: find(id) })
      return { id, removedAt: null, restorableUntil: null }
    },
    streamInfo(id) {
      const { cid, size, type, title, createdAt: at } = find(id)
      return { cid: cid as Cid, size, type, title, createdAt: at }
    },
    read(id, start, end, signal) {
      find(id)
      return reads.read(start, end, signal)
    },
    async manifest(id) {
      const { cid, size } = find(id)
      return { cid: cid as Cid, size, hashes: new Uint8Array(64).fill(0xab) }
    },
  }
}
