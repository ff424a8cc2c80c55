/** Members and the state of the network, as HTTP and the command line show them. */
import { Type, type Static } from 'typebox'
import { NodeState } from './video.ts'

export const NodeInfo = Type.Object(
  {
    id: Type.String({ description: 'libp2p peer id' }),
    name: Type.String({ description: 'Unique in the network' }),
    state: NodeState,
    self: Type.Boolean({ description: 'Whether this is the node that answers' }),
    videos: Type.Integer({ description: 'Replicas that it keeps' }),
    usedBytes: Type.Union([Type.Integer(), Type.Null()]),
    capacityBytes: Type.Integer(),
    http: Type.Union([Type.String(), Type.Null()], {
      description: 'Where its page is; null where that is loopback of another machine',
    }),
    lastSeenAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
    version: Type.String(),
  },
  { title: 'Node' },
)
export type NodeInfo = Static<typeof NodeInfo>

export const NodeList = Type.Array(NodeInfo, { title: 'Nodes' })

export const Status = Type.Object(
  {
    videos: Type.Integer(),
    copiesWanted: Type.Integer(),
    underReplicated: Type.Integer({ description: 'Videos with some living copies, but fewer than wanted' }),
    lost: Type.Integer({ description: 'Videos without a living copy' }),
    repairing: Type.Integer({ description: 'Copies being made now' }),
    nodesAlive: Type.Integer(),
    nodes: Type.Integer({ description: 'Members that have not left' }),
  },
  { title: 'Status' },
)
export type Status = Static<typeof Status>

export const Health = Type.Object(
  { ok: Type.Boolean(), id: Type.String(), name: Type.String(), version: Type.String() },
  { title: 'Health' },
)
export type Health = Static<typeof Health>

export const Resolved = Type.Object(
  { id: Type.String(), name: Type.String({ description: 'Title of the video, or name of the node' }) },
  { title: 'Resolved' },
)
export type Resolved = Static<typeof Resolved>

/** The first line of `playkite start --json`. */
export const Ready = Type.Object({
  ready: Type.Literal(true),
  id: Type.String(),
  name: Type.String(),
  network: Type.String(),
  http: Type.String(),
  p2p: Type.Array(Type.String()),
})
export type Ready = Static<typeof Ready>
