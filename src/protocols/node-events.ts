import type { Connection } from '@libp2p/interface'
import type { NodeId } from '../core/ids.ts'
import { bare } from './addresses.ts'
import { idOf } from './dialler.ts'
import type { Libp2pNode } from './libp2p-node.ts'

/** What libp2p tells of peers, in our words. Addresses are without the node's id. */
export interface NodeEvents {
  opened(id: NodeId, connection: Connection): void
  closed(id: NodeId, connection: Connection): void
  /** The DHT came across a node. */
  seen(id: NodeId, addresses: readonly string[]): void
  /** A connected node said where it listens. */
  identified(id: NodeId, addresses: readonly string[]): void
}

/** Peers whose key is no Ed25519 key are none of ours: their connections are dropped, their events passed over. */
export function onNodeEvents(node: Libp2pNode, events: NodeEvents): void {
  node.addEventListener('connection:open', ({ detail }) => {
    const id = idOf(detail.remotePeer)
    if (id === undefined) detail.abort(new Error('no node of ours has such a key'))
    else events.opened(id, detail)
  })
  node.addEventListener('connection:close', ({ detail }) => {
    const id = idOf(detail.remotePeer)
    if (id !== undefined) events.closed(id, detail)
  })
  node.addEventListener('peer:discovery', ({ detail }) => {
    const id = idOf(detail.id)
    if (id !== undefined) events.seen(id, detail.multiaddrs.map(bare))
  })
  node.addEventListener('peer:identify', ({ detail }) => {
    const id = idOf(detail.peerId)
    if (id !== undefined) events.identified(id, detail.listenAddrs.map(bare))
  })
}
