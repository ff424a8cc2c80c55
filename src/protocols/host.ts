import type { Connection, PeerId, Stream } from '@libp2p/interface'
import { PlaykiteError } from '../core/errors.ts'
import type { NodeId } from '../core/ids.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Random } from '../ports/random.ts'
import { announcedOn, bare, nodeOf, onEveryLink, parseAddress } from './addresses.ts'
import { Connections } from './connections.ts'
import { Dialler, idOf, networkFailure } from './dialler.ts'
import { type LanInterface, lanInterfaces } from './interfaces.ts'
import type { Host, HostPeerEvent, Lane, LaneKind } from './lane.ts'
import { Libp2pLane } from './libp2p-lane.ts'
import { type Libp2pNode, createLibp2pNode, startLibp2pNode } from './libp2p-node.ts'
import { MdnsDiscovery } from './mdns.ts'
import { networkNames } from './network-names.ts'
import { onNodeEvents } from './node-events.ts'
import { Redialler } from './redial.ts'
import { StartedWork } from './started-work.ts'

/** Lanes of a kind that one connection may hold: one, and those that replace it before it is gone. */
const MAX_LANES = 8
/** Milliseconds for a lane to open on a connection that exists. */
const OPEN_LANE_MS = 5_000

/** Digits of the time of a start, in ms since 1970, so that runs sort by it. */
const RUN_DIGITS = 15

/** The IPv4 address that means all of this machine's. */
const EVERYWHERE = '0.0.0.0'

const laneProtocols = {
  control: '/playkite/control/1.0.0',
  bulk: '/playkite/bulk/1.0.0',
} as const satisfies Record<LaneKind, string>

export interface HostOptions {
  /** The 32 bytes of the node's Ed25519 private key (RFC 8032). */
  readonly privateKeySeed: Uint8Array
  readonly network: string
  /** 0 takes a free one. */
  readonly listenPort: number
  /** IPv4 address to listen on; all of them by default. */
  readonly listenHost?: string
  /** Whether to look for nodes on the LAN, and to be found there. */
  readonly mdns: boolean
  /** Nodes known from last time. */
  readonly remembered?: readonly { readonly id: NodeId; readonly addresses: readonly string[] }[]
  readonly interfaces?: () => readonly LanInterface[]
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/** Builds the transport over libp2p; it listens and looks for others from `start` on. */
export async function createHost(options: HostOptions): Promise<Host> {
  const interfaces = options.interfaces ?? lanInterfaces
  const names = networkNames(options.network)
  const { privateKeySeed, listenPort, listenHost = EVERYWHERE } = options
  const node = await createLibp2pNode({ privateKeySeed, listenPort, listenHost, names, interfaces })
  return new Libp2pHost(node, names.service, interfaces, options)
}

class Libp2pHost implements Host {
  readonly self: NodeId
  readonly #node: Libp2pNode
  readonly #options: HostOptions
  readonly #dialler: Dialler
  readonly #connections: Connections
  readonly #redialler: Redialler
  readonly #mdns: MdnsDiscovery
  readonly #work = new StartedWork()
  readonly #listeners = new Set<(event: HostPeerEvent) => void>()
  #onLane: ((from: NodeId, kind: LaneKind, lane: Lane) => void) | undefined

  constructor(
    node: Libp2pNode,
    service: string,
    interfaces: () => readonly LanInterface[],
    options: HostOptions,
  ) {
    const { clock, log, random } = options
    this.#node = node
    this.self = known(node.peerId)
    this.#options = options
    this.#dialler = new Dialler(node, interfaces, log)
    const events = { connected: this.#connected, disconnected: this.#disconnected }
    this.#connections = new Connections(this.self, clock, log, events, this.#work.signal)
    const isConnected = (id: NodeId): boolean => this.#connections.has(id)
    const find = (id: NodeId, signal: AbortSignal) => this.#dialler.find(id, signal)
    this.#redialler = new Redialler({
      self: this.self,
      clock,
      random,
      log,
      isConnected,
      dial: this.#dialAt,
      find,
    })
    this.#mdns = new MdnsDiscovery({
      service,
      self: this.self,
      run: `${String(clock.now()).padStart(RUN_DIGITS, '0')}-${random.uuid()}`,
      interfaces,
      addressesOn: this.#addressesOn,
      onFound: this.#found,
      onCloned: (address) => this.#tell({ type: 'cloned', address }),
      clock,
      random,
      log,
    })
    for (const { id, addresses } of options.remembered ?? []) this.#redialler.learn(id, addresses, false)
    onNodeEvents(node, {
      opened: (id, connection) => this.#connections.opened(id, connection),
      closed: (id, connection) => this.#connections.closed(id, connection),
      seen: this.#found,
      identified: (id, addresses) => this.#redialler.learn(id, addresses, false),
    })
  }

  addresses(): readonly string[] {
    return this.#node.getMultiaddrs().map(String)
  }

  connected(): readonly NodeId[] {
    return this.#connections.ids()
  }

  onLane(listener: (from: NodeId, kind: LaneKind, lane: Lane) => void): void {
    this.#onLane = listener
  }

  onPeer(listener: (event: HostPeerEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async openLane(to: NodeId, kind: LaneKind, signal: AbortSignal): Promise<Lane> {
    const connection = this.#connections.best(to)
    if (connection === undefined) throw new PlaykiteError('unreachable', `no connection to ${to}`)
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(OPEN_LANE_MS)])
    try {
      const stream = await connection.newStream(laneProtocols[kind], {
        signal: deadline,
        maxOutboundStreams: MAX_LANES,
      })
      // A peer that has too many resets the stream, which libp2p hands over all the same.
      if (stream.status !== 'open') throw new Error('the other machine refused the lane')
      return new Libp2pLane(stream)
    } catch (error) {
      throw networkFailure(error, signal, `could not open a lane to ${to}`)
    }
  }

  async dial(to: NodeId, addresses: readonly string[], signal: AbortSignal): Promise<void> {
    this.#redialler.learn(to, addresses, false)
    if (this.#connections.has(to)) return
    const known = this.#redialler.addressesOf(to)
    await this.#dialAt(to, known.length > 0 ? known : await this.#dialler.find(to, signal), signal)
  }

  async join(address: string, signal: AbortSignal): Promise<NodeId> {
    const parsed = parseAddress(address)
    if (parsed === undefined) {
      throw new PlaykiteError('bad-request', `"${address}" is no multiaddr`, {
        remedy: 'Give one as another node prints it, such as /ip4/192.168.1.20/tcp/4601/p2p/12D3Koo….',
      })
    }
    const expected = nodeOf(parsed)
    if (expected === this.self)
      throw new PlaykiteError('bad-request', 'that is the address of this node itself')
    if (expected !== undefined) this.#redialler.learn(expected, [bare(parsed)], false)
    const connection = await this.#dialler.open([parsed], address, signal)
    const id = known(connection.remotePeer)
    this.#redialler.learn(id, [bare(parsed)], false)
    return id
  }

  disconnect(id: NodeId, reason: string): void {
    this.#connections.drop(id, reason)
  }

  async start(signal: AbortSignal): Promise<void> {
    if (signal.aborted)
      throw new PlaykiteError('aborted', 'stopped before it started', { cause: signal.reason })
    for (const kind of ['control', 'bulk'] as const) {
      const limits = { maxInboundStreams: MAX_LANES, maxOutboundStreams: MAX_LANES }
      await this.#node.handle(
        laneProtocols[kind],
        (stream, from) => this.#inbound(kind, stream, from),
        limits,
      )
    }
    await startLibp2pNode(this.#node, this.#options.listenPort)
    this.#work.start((stopping) => this.#redialler.run(stopping), this.#options.log)
    if (this.#options.mdns) this.#work.start((stopping) => this.#mdns.run(stopping), this.#options.log)
  }

  async stop(): Promise<void> {
    await this.#work.stop()
    await this.#node.stop()
  }

  /** Listening on all interfaces, it can be reached on loopback by nodes of this machine, though it does not tell others so. */
  readonly #addressesOn = (link: LanInterface): readonly string[] => {
    const told = this.#node.getMultiaddrs()
    const everywhere = (this.#options.listenHost ?? EVERYWHERE) === EVERYWHERE
    const own = this.#options.interfaces ?? lanInterfaces
    return announcedOn(link, everywhere ? onEveryLink(told, own()) : told).map(bare)
  }

  #inbound(kind: LaneKind, stream: Stream, connection: Connection): void {
    if (this.#onLane === undefined) throw new Error('nobody takes lanes')
    this.#onLane(known(connection.remotePeer), kind, new Libp2pLane(stream))
  }

  readonly #found = (id: NodeId, addresses: readonly string[]): void => {
    if (id === this.self) return
    this.#redialler.learn(id, addresses, true)
    if (!this.#connections.has(id)) this.#tell({ type: 'discovered', id, addresses })
  }

  readonly #connected = (id: NodeId): void => {
    this.#redialler.connected(id)
    this.#tell({ type: 'connected', id })
  }

  readonly #disconnected = (id: NodeId): void => {
    this.#redialler.disconnected(id)
    this.#tell({ type: 'disconnected', id })
  }

  #tell(event: HostPeerEvent): void {
    for (const listener of this.#listeners) listener(event)
  }

  readonly #dialAt = async (id: NodeId, addresses: readonly string[], signal: AbortSignal): Promise<void> => {
    if (!this.#connections.has(id)) await this.#dialler.dial(id, addresses, signal)
  }
}

function known(peer: PeerId): NodeId {
  const id = idOf(peer)
  if (id === undefined) throw new PlaykiteError('refused', `${peer.toString()} is no Ed25519 peer id`)
  return id
}
