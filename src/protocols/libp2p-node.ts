import { noise } from '@chainsafe/libp2p-noise'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { type Identify, identify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import { type KadDHT, kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import { type Ping, ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { PlaykiteError, messageOf } from '../core/errors.ts'
import { CHUNK_BYTES, MAX_CHUNKS_IN_FLIGHT, MAX_MEMBERS } from '../core/limits.ts'
import { MAX_NODE_ADDRESSES, announced } from './addresses.ts'
import type { LanInterface } from './interfaces.ts'
import type { NetworkNames } from './network-names.ts'
import { noiseCrypto } from './noise-crypto.ts'

/**
 * Bytes that may be under way on one stream before its reader must read: the most chunks in flight, and one for their headers and what the
 * last frame brings. One size for the first window, the largest, and the reader's buffer: yamux's sender takes for granted that the other
 * side starts with the same window, and a paused stream whose buffer is smaller than its window is aborted
 * (docs/decisions/0003-yamux-windows.md). The same on all nodes: a change here is a change of the wire.
 */
const STREAM_WINDOW_BYTES = (MAX_CHUNKS_IN_FLIGHT + 1) * CHUNK_BYTES

/** Milliseconds for a node to answer at one address; LANs answer in a few, a busy machine in hundreds. */
const ADDRESS_DIAL_MS = 1_500
/** Milliseconds for a dial over all its addresses. */
export const DIAL_MS = 5_000
/** Connections: one to each member, as many again while duplicates and strangers are sorted out. */
const MAX_CONNECTIONS = 2 * MAX_MEMBERS
/** Connections a second from one address: on loopback, and behind one router, a whole network has one. libp2p's default is 5. */
const MAX_INBOUND_PER_SECOND = 2 * MAX_MEMBERS
/** Pings under way on a connection: the DHT and others ping at the same time, and libp2p's default of one outbound fails them. */
const MAX_PING_STREAMS = 32
/** Milliseconds that the DHT waits for one node; with its default a hung node costs every query 5 s. */
const DHT_DIAL_MS = { minTimeout: 500, maxTimeout: 1_500 }

export type Libp2pNode = Libp2p<{ identify: Identify; ping: Ping; dht: KadDHT }>

export interface Libp2pNodeOptions {
  /** The 32 bytes of an Ed25519 private key (RFC 8032). */
  readonly privateKeySeed: Uint8Array
  /** 0 takes a free one. */
  readonly listenPort: number
  /** IPv4 address to listen on; 0.0.0.0 for all. */
  readonly listenHost: string
  readonly names: NetworkNames
  readonly interfaces: () => readonly LanInterface[]
}

/** A libp2p node with our settings, not started yet: handlers are set first. */
export async function createLibp2pNode(options: Libp2pNodeOptions): Promise<Libp2pNode> {
  return createLibp2p({
    start: false,
    privateKey: await generateKeyPairFromSeed('Ed25519', options.privateKeySeed),
    addresses: {
      listen: [`/ip4/${options.listenHost}/tcp/${options.listenPort}`],
      announceFilter: (addresses) => announced(addresses, options.interfaces()),
    },
    transports: [tcp()],
    connectionEncrypters: [noise({ crypto: noiseCrypto, prologueBytes: options.names.prologue })],
    streamMuxers: [
      yamux({
        streamOptions: {
          initialStreamWindowSize: STREAM_WINDOW_BYTES,
          maxStreamWindowSize: STREAM_WINDOW_BYTES,
          maxReadBufferLength: STREAM_WINDOW_BYTES,
        },
      }),
    ],
    connectionManager: {
      maxConnections: MAX_CONNECTIONS,
      inboundConnectionThreshold: MAX_INBOUND_PER_SECOND,
      maxIncomingPendingConnections: MAX_MEMBERS,
      dialTimeout: DIAL_MS,
      addressDialTimeout: ADDRESS_DIAL_MS,
      maxPeerAddrsToDial: MAX_NODE_ADDRESSES,
      // Addresses come in the order in which they should be tried.
      addressSorter: () => 0,
      // Redialling is ours (redial.ts): libp2p's gives up, and then forgets the peer.
      reconnectRetries: 0,
    },
    // It aborts healthy connections when pings meet; heartbeats are ours.
    connectionMonitor: { enabled: false },
    services: {
      identify: identify(),
      ping: ping({ maxInboundStreams: MAX_PING_STREAMS, maxOutboundStreams: MAX_PING_STREAMS }),
      dht: kadDHT({
        protocol: options.names.dhtProtocol,
        peerInfoMapper: passthroughMapper,
        clientMode: false,
        allowQueryWithZeroPeers: true,
        networkDialTimeout: DHT_DIAL_MS,
      }),
    },
  })
}

/** Begins to listen. @throws PlaykiteError port-in-use */
export async function startLibp2pNode(node: Libp2pNode, listenPort: number): Promise<void> {
  try {
    await node.start()
  } catch (error) {
    await node.stop()
    // Its text is all by which libp2p says why it cannot listen.
    if (!messageOf(error).includes('EADDRINUSE')) throw error
    const remedy = 'Choose another one with --port, or 0 for a free one.'
    throw new PlaykiteError('port-in-use', `another program has port ${listenPort}`, { remedy, cause: error })
  }
}
