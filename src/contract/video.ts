/** Videos as HTTP and the command line show them. Times are ISO 8601 UTC, sizes bytes, durations seconds; unknown is null. */
import { Type, type Static } from 'typebox'

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Union([schema, Type.Null()])

export const NodeState = Type.Union(
  [
    Type.Literal('alive'),
    Type.Literal('suspect'),
    Type.Literal('dead'),
    Type.Literal('away'),
    Type.Literal('leaving'),
    Type.Literal('left'),
  ],
  {
    title: 'NodeState',
    description: 'alive: connected; suspect: just lost; dead: not reachable; away: stopped on purpose',
  },
)
export type NodeState = Static<typeof NodeState>

const ReplicaState = Type.Union([Type.Literal('keeps'), Type.Literal('arriving'), Type.Literal('bad')], {
  title: 'ReplicaState',
})
type ReplicaState = Static<typeof ReplicaState>

export const Holder = Type.Object(
  { id: Type.String(), name: Type.String(), state: NodeState, replica: ReplicaState },
  { title: 'Holder' },
)
export type Holder = Static<typeof Holder>

const videoProperties = {
  id: Type.String({ description: 'Lower-case UUIDv4' }),
  title: Type.String(),
  description: Type.String(),
  tags: Type.Array(Type.String()),
  size: Type.Integer({ description: 'Bytes' }),
  type: Type.String({ description: 'Media type, such as video/mp4' }),
  duration: nullable(Type.Number({ description: 'Seconds' })),
  codecs: nullable(Type.String({ description: 'RFC 6381 codecs, such as avc1.640028, mp4a.40.2' })),
  cid: Type.String({ description: 'The CIDv1 that IPFS computes for the same bytes' }),
  createdAt: Type.String({ format: 'date-time' }),
  publisher: Type.String({ description: 'Node id' }),
  copies: Type.Integer({ description: 'Committed replicas on members that are alive or suspect' }),
  wanted: Type.Integer({ description: 'Copies that a video should have' }),
  holders: Type.Array(Holder),
}

export const Video = Type.Object(videoProperties, { title: 'Video' })
export type Video = Static<typeof Video>

/** What publishing answers: the video, and whether the same bytes had been published before. */
export const PublishedVideo = Type.Object(
  { ...videoProperties, existed: Type.Boolean() },
  { title: 'PublishedVideo' },
)
export type PublishedVideo = Static<typeof PublishedVideo>

export const VideoPage = Type.Object(
  {
    videos: Type.Array(Video),
    total: Type.Integer({ description: 'Videos that match, on all pages' }),
    next: nullable(
      Type.String({ description: 'Give it as `after` to get the next page; null on the last one' }),
    ),
  },
  { title: 'VideoPage' },
)
export type VideoPage = Static<typeof VideoPage>

/** Keys to sort by; a leading `-` reverses. Without `sort`: newest first, or best match first when searching. */
export const SORT_KEYS = ['createdAt', 'title', 'size', 'copies'] as const
export type SortKey = (typeof SORT_KEYS)[number]

/** Videos on a page unless `limit` says otherwise: fills a screen. */
export const DEFAULT_PAGE_VIDEOS = 60
/** Videos on a page at most: about 500 KiB of JSON. */
export const MAX_PAGE_VIDEOS = 500

export const ListQuery = Type.Object({
  q: Type.Optional(Type.String({ description: 'Words; accents and small typing errors are forgiven' })),
  sort: Type.Optional(
    Type.String({
      pattern: `^-?(${SORT_KEYS.join('|')})$`,
      description: 'createdAt, title, size or copies; - reverses',
    }),
  ),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_PAGE_VIDEOS, default: DEFAULT_PAGE_VIDEOS })),
  after: Type.Optional(Type.String({ description: '`next` of the page before' })),
})
export type ListQuery = Static<typeof ListQuery>

/** New words for a video; what is absent stays. */
export const VideoChanges = Type.Object(
  {
    title: Type.Optional(Type.String()),
    description: Type.Optional(Type.String()),
    tags: Type.Optional(Type.Array(Type.String())),
  },
  { title: 'VideoChanges', additionalProperties: false },
)
export type VideoChanges = Static<typeof VideoChanges>

export const Removal = Type.Object(
  {
    id: Type.String(),
    removedAt: nullable(Type.String({ format: 'date-time' })),
    restorableUntil: nullable(Type.String({ format: 'date-time' })),
  },
  { title: 'Removal', description: 'Both times are null once the video is restored' },
)
export type Removal = Static<typeof Removal>

export const ManifestBody = Type.Object(
  {
    cid: Type.String(),
    size: Type.Integer(),
    chunkSize: Type.Integer({ description: 'Bytes of every chunk but the last' }),
    chunks: Type.Array(Type.String({ description: 'SHA-256 in hex' })),
  },
  { title: 'Manifest' },
)
export type ManifestBody = Static<typeof ManifestBody>

const WhyReason = Type.Union(
  [
    Type.Literal('chosen'),
    Type.Literal('fuller'),
    Type.Literal('same-zone'),
    Type.Literal('no-space'),
    Type.Literal('not-alive'),
    Type.Literal('outside-band'),
  ],
  { title: 'WhyReason' },
)
type WhyReason = Static<typeof WhyReason>

export const WhyBody = Type.Object(
  {
    id: Type.String(),
    rank: Type.Array(
      Type.Object({
        id: Type.String(),
        name: Type.String(),
        position: Type.Integer({ description: 'Place in the rank, from 1' }),
        score: Type.Number({ description: 'Weighted rendezvous score; higher ranks first' }),
        inBand: Type.Boolean(),
        holder: Type.Boolean(),
        state: NodeState,
        fill: Type.Number({ description: 'Bytes kept or promised over capacity' }),
        lastProvenAt: nullable(Type.String({ format: 'date-time' })),
        reason: WhyReason,
      }),
    ),
  },
  { title: 'Why' },
)
export type WhyBody = Static<typeof WhyBody>
