import type { Cid, NodeId, VideoId } from '../core/ids.ts'

/**
 * Every message between nodes: a small JSON header each way, and raw bytes where bytes are the point. `docs/wire.md` describes each one;
 * `protocols` validates headers against schemas of these types. A node answers requests addressed to itself by the same handlers.
 */
export interface Messages {
  /** Heartbeat, both ways at once; every 2 s. */
  status: { request: StatusReport; response: StatusReport }
  /** The sender stops on purpose and is `away` from now on. */
  goodbye: { request: Empty; response: Empty }
  /** New statements, length-prefixed, in the request's body. */
  'catalogue/push': { request: Empty; response: { readonly accepted: number } }
  /** One round of reconciliation of a section; both bodies are core's digest messages. */
  'catalogue/compare': { request: { readonly section: Section }; response: Empty }
  /** Statements by key (a JSON array in the body); the answer's body has them length-prefixed, `next` says where it had to stop. */
  'catalogue/fetch': { request: { readonly section: Section }; response: { readonly next: number | null } }
  /** Hashes of a replica's chunks from `from`, at most MAX_MANIFEST_PAGE, concatenated in the answer's body. */
  'manifest/get': {
    request: { readonly video: VideoId; readonly from: number }
    response: { readonly cid: Cid; readonly size: number }
  }
  /** Asks a node to take a new video: it reserves the room, or refuses with no-space. */
  'upload/open': {
    request: { readonly video: VideoId; readonly size: number | null; readonly extension: string }
    response: Empty
  }
  /**
   * Asks the receiver to fetch a chunk of an upload from other nodes that have it; the answer comes when it is written and checked.
   * A replaced holder catches up this way, and a chain of holders is published to this way.
   */
  'upload/pull': {
    request: {
      readonly video: VideoId
      readonly index: number
      readonly hash: string
      readonly sources: readonly NodeId[]
    }
    response: Empty
  }
  /** Asks to commit; the body has birth and words, the answer's body the holder's own signed copy statement. */
  'upload/commit': { request: { readonly video: VideoId; readonly as: VideoId }; response: Empty }
  'upload/abort': { request: { readonly video: VideoId }; response: Empty }
  /** Asks the receiver to become a holder of a video of the catalogue by copying it from `sources`; answers when it began. */
  'replica/pull': {
    request: { readonly video: VideoId; readonly sources: readonly NodeId[] }
    response: Empty
  }
  /** Asks a holder of a removed video that still has the bytes to undo the removal; the answer's body is its signed restore statement. */
  'video/restore': { request: { readonly video: VideoId }; response: Empty }
  /** A chunk of a replica or of an upload, in the answer's body. Whoever asks knows its hash and checks it. */
  'chunk/get': { request: { readonly video: VideoId; readonly index: number }; response: Empty }
  /** A chunk of an upload, in the request's body; the answer comes when it is written and checked. */
  'chunk/put': {
    request: { readonly video: VideoId; readonly index: number; readonly hash: string }
    response: Empty
  }
}

export type MessageType = keyof Messages
type Empty = Readonly<Record<string, never>>

/** The parts of the replicated catalogue, each with a digest of its own. */
export type Section = 'catalogue' | 'removals' | 'members'

/** The messages whose bodies are chunks: they have a stream of their own, and their number in flight follows the peer's rate. */
export const BULK_MESSAGES = ['chunk/get', 'chunk/put'] as const satisfies readonly MessageType[]

export interface StatusReport {
  /** The sender's wall clock, ms since 1970. */
  readonly now: number
  /** Drawn at each start; two living instances of one node are a cloned disk. */
  readonly instance: string
  /** Members that the sender is connected to. */
  readonly connected: readonly NodeId[]
  readonly usedBytes: number
  readonly promisedBytes: number
  readonly freeBytes: number
}
