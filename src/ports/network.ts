import type { NodeId } from '../core/ids.ts'
import type { Messages, MessageType } from './messages.ts'

/**
 * The other nodes: who is connected, and requests to them. Built by `protocols` over libp2p, and in memory for tests.
 */
export interface Network {
  readonly self: NodeId
  /** The nodes connected now, without self. */
  connected(): readonly NodeId[]
  /** Multiaddrs under which this node can be reached, each ending in its own /p2p/ id. */
  addresses(): readonly string[]
  /** Tells of connections that come and go, and of addresses at which a node was seen. @returns the function that ends it */
  onPeer(listener: (event: PeerEvent) => void): () => void
  /** Sets the handler of a message; before `start`. */
  handle<T extends MessageType>(type: T, handler: MessageHandler<T>): void
  /**
   * One request and its answer. A request to self reaches this node's own handler.
   * @throws PlaykiteError unreachable (no connection, or it broke), timeout (`timeoutMs` after it was sent), aborted, too-large, or the
   *   error that the other side's handler threw
   */
  request<T extends MessageType>(
    to: NodeId,
    type: T,
    header: Messages[T]['request'],
    options: RequestOptions,
  ): Promise<Answer<T>>
  /** Connects to a node if that is not so yet. @throws PlaykiteError unreachable */
  dial(to: NodeId, addresses: readonly string[], signal: AbortSignal): Promise<void>
  /** Connects to whoever is at an address given by hand. @throws PlaykiteError unreachable */
  join(address: string, signal: AbortSignal): Promise<NodeId>
  /** Drops the connection to a node that no longer answers. */
  disconnect(id: NodeId, reason: string): void
  start(signal: AbortSignal): Promise<void>
  stop(signal: AbortSignal): Promise<void>
}

/** A node that was met before, and where. */
export interface KnownNode {
  readonly id: NodeId
  /** Multiaddrs. */
  readonly addresses: readonly string[]
}

export type PeerEvent =
  | { readonly type: 'connected'; readonly id: NodeId }
  | { readonly type: 'disconnected'; readonly id: NodeId }
  /** Seen on the LAN or in the DHT; not connected yet. */
  | { readonly type: 'discovered'; readonly id: NodeId; readonly addresses: readonly string[] }
  /** A living process elsewhere has this node's own key: its data folder was cloned. */
  | { readonly type: 'cloned'; readonly address: string }

export interface RequestOptions {
  readonly body?: Uint8Array
  /** Milliseconds from the moment when the request is handed to the connection until the answer is complete. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

export interface Answer<T extends MessageType> {
  readonly header: Messages[T]['response']
  readonly body: Uint8Array
}

export type MessageHandler<T extends MessageType> = (
  request: { readonly from: NodeId; readonly header: Messages[T]['request']; readonly body: Uint8Array },
  signal: AbortSignal,
) => Promise<{ readonly header: Messages[T]['response']; readonly body?: Uint8Array }>
