import type { Connection, PeerId } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import type { Multiaddr } from '@multiformats/multiaddr'
import { PlaykiteError, messageOf } from '../core/errors.ts'
import { type NodeId, parseNodeId } from '../core/ids.ts'
import type { Log } from '../ports/log.ts'
import { bare, dialOrder } from './addresses.ts'
import type { LanInterface } from './interfaces.ts'
import { DIAL_MS, type Libp2pNode } from './libp2p-node.ts'

/** Milliseconds for the DHT to tell a node's addresses. */
const FIND_MS = 3_000
/** The multiaddr table's number for /p2p. */
const P2P_CODE = 421

/** @returns the node, or undefined if it is a peer of another key type, which no node of ours is */
export function idOf(peer: PeerId): NodeId | undefined {
  return parseNodeId(peer.toString())
}

/** What a step over the network failed with, as our error: `aborted` if whoever asked gave up, `unreachable` otherwise. */
export function networkFailure(cause: unknown, signal: AbortSignal, sentence: string): PlaykiteError {
  if (signal.aborted) return new PlaykiteError('aborted', `${sentence}: given up`, { cause: signal.reason })
  return new PlaykiteError('unreachable', `${sentence}: ${messageOf(cause)}`, { cause })
}

/** Opens connections, each within its deadline. */
export class Dialler {
  readonly #node: Libp2pNode
  readonly #interfaces: () => readonly LanInterface[]
  readonly #log: Log

  constructor(node: Libp2pNode, interfaces: () => readonly LanInterface[], log: Log) {
    this.#node = node
    this.#interfaces = interfaces
    this.#log = log
  }

  /** Connects to a node at the best of its addresses that answers. @throws PlaykiteError unreachable, aborted */
  async dial(id: NodeId, addresses: readonly string[], signal: AbortSignal): Promise<void> {
    const order = dialOrder(addresses, this.#interfaces())
    if (order.length === 0) throw new PlaykiteError('unreachable', `no address of ${id} is known`)
    const targets = order.map((address) => address.decapsulateCode(P2P_CODE).encapsulate(`/p2p/${id}`))
    await this.open(targets, id, signal)
  }

  /** Connects to whoever is at one of the addresses of one node. @throws PlaykiteError unreachable, aborted */
  async open(targets: Multiaddr[], whom: string, signal: AbortSignal): Promise<Connection> {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(DIAL_MS)])
    try {
      return await this.#node.dial(targets, { signal: deadline })
    } catch (error) {
      throw networkFailure(error, signal, `${whom} does not answer`)
    }
  }

  /** Asks the DHT where a node is. @returns no addresses if nobody knows, or nobody says so in time */
  async find(id: NodeId, signal: AbortSignal): Promise<readonly string[]> {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(FIND_MS)])
    try {
      const found = await this.#node.peerRouting.findPeer(peerIdFromString(id), { signal: deadline })
      return found.multiaddrs.map(bare)
    } catch (error) {
      this.#log.debug({ peer: id, reason: messageOf(error) }, 'Nobody knows where a machine is')
      return []
    }
  }
}
