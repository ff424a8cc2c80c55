/** Playkite's client library: one video library across the machines of a LAN, as programs use it. */
export { Playkite, connect, type StoreOptions, type Stored, type StreamOptions } from './client/playkite.ts'
export { PlaykiteClientError, type ClientErrorCode } from './client/errors.ts'
export type { EventName, PlaykiteEvent } from './contract/events.ts'
export type { Health, NodeInfo, Resolved, Status } from './contract/nodes.ts'
export type { UploadLine } from './contract/upload.ts'
export type {
  ListQuery,
  ManifestBody,
  PublishedVideo,
  Removal,
  Video,
  VideoChanges,
  VideoPage,
  WhyBody,
} from './contract/video.ts'
