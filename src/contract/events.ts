/** What `/events` tells, as server-sent events: `event` is the key below, `data` the object, `id` what `Last-Event-ID` replays from. */
import { Type, type Static } from 'typebox'
import { NodeState, Video } from './video.ts'

const at = Type.String({ format: 'date-time' })

export const EVENTS = {
  'video-added': Type.Object({ at, video: Video }),
  'video-changed': Type.Object({ at, video: Video }),
  'video-removed': Type.Object({
    at,
    id: Type.String(),
    restorableUntil: Type.Union([Type.String(), Type.Null()]),
  }),
  'video-restored': Type.Object({ at, video: Video }),
  /** The number of living copies of a video changed. */
  copies: Type.Object({ at, id: Type.String(), copies: Type.Integer(), wanted: Type.Integer() }),
  'node-state': Type.Object({ at, id: Type.String(), name: Type.String(), state: NodeState }),
  /** A video arrives at this node's machine or leaves it: an upload, or a copy. */
  transfer: Type.Object({
    at,
    id: Type.String({ description: 'Video id' }),
    kind: Type.Union([Type.Literal('upload'), Type.Literal('copy')]),
    phase: Type.Union([Type.Literal('running'), Type.Literal('done'), Type.Literal('failed')]),
    bytes: Type.Integer(),
    size: Type.Union([Type.Integer(), Type.Null()]),
    rate: Type.Union([Type.Number(), Type.Null()]),
  }),
  /** A stream of this node takes its bytes from another holder than before. */
  source: Type.Object({
    at,
    id: Type.String({ description: 'Video id' }),
    holder: Type.String({ description: 'Node id' }),
    name: Type.String(),
    chunk: Type.Integer(),
  }),
  /** The events that were asked for are gone: read everything anew. */
  reset: Type.Object({ at }),
} as const

export type EventName = keyof typeof EVENTS
export type EventData<N extends EventName> = Static<(typeof EVENTS)[N]>
export type PlaykiteEvent = {
  [N in EventName]: { readonly event: N; readonly data: EventData<N> }
}[EventName]

/** Events kept for replay: some minutes of a busy network, about 1 MiB. */
export const EVENTS_KEPT = 1000
