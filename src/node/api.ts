import type { Cid, NodeId, VideoId } from '../core/ids.ts'
import type { EventData, EventName, PlaykiteEvent } from '../contract/events.ts'
import type { NodeInfo, Resolved, Status } from '../contract/nodes.ts'
import type {
  ListQuery,
  PublishedVideo,
  Removal,
  Video,
  VideoChanges,
  VideoPage,
  WhyBody,
} from '../contract/video.ts'

/**
 * What a node does for people: the one border between its services and its gateway. Answers are in the contract's words; every method
 * throws `PlaykiteError`. Synchronous methods answer from memory.
 */
export interface NodeApi {
  readonly id: NodeId
  readonly network: string
  readonly version: string
  /** This node's name; it can change when a machine that joined earlier has the same one. */
  name(): string
  /** Pages, sorts, and searches when `q` is there. @throws bad-request for an `after` that this query did not give */
  list(query: ListQuery): VideoPage
  /** @throws not-found, removed */
  video(id: VideoId): Video
  /** A video by id, unique prefix (at least 4 characters), or exact title. @throws not-found, ambiguous, removed */
  resolveVideo(text: string): Resolved
  /** A node by name, id or unique prefix. @throws not-found, ambiguous */
  resolveNode(text: string): Resolved
  nodes(): NodeInfo[]
  status(): Status
  /** @throws not-found */
  why(id: VideoId): WhyBody
  /**
   * Publishes a stream of bytes. Resolves when three copies are committed, or 10 s after the acknowledgement without progress of the
   * third. `signal` gives up until the acknowledgement; after it the video stays and the third copy is made regardless.
   * @throws empty, not-media, no-space, bad-request (words over their limits), aborted, unreachable (too few machines took it)
   */
  publish(bytes: AsyncIterable<Uint8Array>, request: PublishRequest, signal: AbortSignal): Promise<Published>
  /** @throws not-found, removed, bad-request */
  edit(id: VideoId, changes: VideoChanges, signal: AbortSignal): Promise<Video>
  /** @throws not-found */
  remove(id: VideoId, signal: AbortSignal): Promise<Removal>
  /** @throws not-found, removed (nobody has the bytes any more) */
  restore(id: VideoId, signal: AbortSignal): Promise<Removal>
  /** What a stream's headers need. Also of a video without living holder. @throws not-found, removed */
  streamInfo(id: VideoId): StreamInfo
  /**
   * Verified bytes `start` to `end` (exclusive), from the local replica or from holders, at most a few chunks ahead of the reader. It
   * stalls up to STREAM_STALL_MS while no holder answers. @throws no-holder, not-found, removed, aborted
   */
  read(id: VideoId, start: number, end: number, signal: AbortSignal): AsyncIterable<Uint8Array>
  /** Chunk hashes concatenated, 32 bytes each. @throws not-found, removed, no-holder */
  manifest(id: VideoId, signal: AbortSignal): Promise<{ cid: Cid; size: number; hashes: Uint8Array }>
  readonly events: EventLog
}

/** The events of a node, the last EVENTS_KEPT of them replayable. */
export interface EventLog {
  emit<N extends EventName>(event: N, data: Omit<EventData<N>, 'at'>): void
  /**
   * Events after `lastId` (or from now on), until `signal` fires. Starts with `reset` when `lastId` is too old or from another start
   * of the node. A reader that falls behind by more than EVENTS_KEPT gets `reset` too, so that nothing grows without bound.
   */
  follow(
    lastId: string | undefined,
    signal: AbortSignal,
  ): AsyncIterable<{ readonly id: string } & PlaykiteEvent>
}

export interface PublishRequest {
  readonly title: string | undefined
  readonly description: string
  readonly tags: readonly string[]
  /** Name of the file if there is one; gives the title without an own one. Any text: it is cleaned. */
  readonly fileName: string | undefined
  /** Bytes of the whole, if known beforehand; a wrong number is refused with bad-request at the end. */
  readonly size: number | undefined
  /** Takes anything, not only video and sound. */
  readonly any: boolean
  /** Publishes the same bytes a second time as a video of its own. */
  readonly again: boolean
  /** Called at most about 5 times a second, and at each change of `phase` or `copies`. */
  readonly onProgress?: (progress: PublishProgress) => void
}

export interface PublishProgress {
  readonly phase: 'receiving' | 'safe'
  readonly bytes: number
  readonly rate: number | null
  readonly eta: number | null
  readonly copies: number
  /** From `safe` on. */
  readonly result?: Published
}

export interface Published {
  readonly video: PublishedVideo
  /** Whether two machines have it: false on a network of one. */
  readonly safe: boolean
}

export interface StreamInfo {
  readonly cid: Cid
  readonly size: number
  readonly type: string
  readonly title: string
  readonly createdAt: string
}
