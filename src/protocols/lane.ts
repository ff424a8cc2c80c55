import type { NodeId } from '../core/ids.ts'
import type { PeerEvent } from '../ports/network.ts'

/**
 * One long-lived stream to a peer, in whole writes. Built over a libp2p stream by the host, over a pair of queues in tests.
 * A lane is full duplex: requests go one way, their answers come back on the same lane.
 */
export interface Lane {
  /**
   * Hands bytes to the transport, in the order of the calls; concurrent writes queue, and the pieces of one write stay together. The
   * pieces are not copied: leave them unchanged. Resolves when they have left our buffers, which is not proof that they arrived.
   * A write that was aborted before it began sends nothing; one that was aborted while it waited for the transport is sent all the same.
   * @throws PlaykiteError unreachable (the lane has ended), aborted
   */
  write(pieces: readonly Uint8Array[], signal: AbortSignal): Promise<void>
  /**
   * Called synchronously with each part of the byte stream as it arrives; the boundaries mean nothing. Set once, in the same turn of the
   * event loop in which the lane was handed over. The bytes may be kept: nobody writes to them later.
   */
  onBytes(listener: (bytes: Uint8Array) => void): void
  /** Called once, when the stream has ended for whatever reason. A dead peer looks like a clean end: no error proves nothing. */
  onClose(listener: (error: Error | undefined) => void): void
  /** Ends the lane at once in both directions; what is under way is lost. Harmless when it has ended. */
  abort(reason: string): void
  /** Stops reading, as back-pressure; parts that were on their way when it was called may still come in the same turn. */
  pause(): void
  resume(): void
}

/** Chunk bytes have a lane of their own, so that small messages do not wait behind them in our queues. */
export type LaneKind = 'control' | 'bulk'

/** What the transport tells of other nodes. */
export type HostPeerEvent = PeerEvent

/** The transport below the links: who is there, who is connected, and lanes to them. */
export interface Host {
  readonly self: NodeId
  /** Multiaddrs under which this node can be reached, each ending in its own /p2p/ id. */
  addresses(): readonly string[]
  /** The nodes connected now, without self. */
  connected(): readonly NodeId[]
  /**
   * A lane that this node opens, for its own requests and their answers. Needs a connection: does not dial.
   * @throws PlaykiteError unreachable, aborted
   */
  openLane(to: NodeId, kind: LaneKind, signal: AbortSignal): Promise<Lane>
  /** Lanes that peers open towards us. Set once, before `start`. */
  onLane(listener: (from: NodeId, kind: LaneKind, lane: Lane) => void): void
  /** `connected` and `disconnected` alternate for each peer, however many connections there are for a moment. @returns what ends it */
  onPeer(listener: (event: HostPeerEvent) => void): () => void
  /** Connects to a node if that is not so yet, and remembers the addresses. @throws PlaykiteError unreachable, aborted */
  dial(to: NodeId, addresses: readonly string[], signal: AbortSignal): Promise<void>
  /** Connects to whoever is at an address given by hand. @throws PlaykiteError bad-request (no multiaddr), unreachable, aborted */
  join(address: string, signal: AbortSignal): Promise<NodeId>
  /** Drops all connections to a node. */
  disconnect(id: NodeId, reason: string): void
  start(signal: AbortSignal): Promise<void>
  stop(signal: AbortSignal): Promise<void>
}
