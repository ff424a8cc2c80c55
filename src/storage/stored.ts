/** What this node keeps in records about the videos on its disk. Every value but hashes is JSON with its version; `docs/disk.md` lists the keys. */
import { PlaykiteError } from '../core/errors.ts'
import { type Cid, type VideoId, parseCid, parseVideoId } from '../core/ids.ts'
import type { IncomingExpected, Replica } from '../ports/video-store.ts'

/** Version of the values, raised with every change that needs an upgrade on read. */
const VERSION = 1

export const CLEAN_KEY = 'clean'
export const INCOMING_PREFIX = 'i/'
export const REPLICA_PREFIX = 'replica/'
export const TRASH_PREFIX = 'trash/'

export const incomingKey = (video: VideoId): string => `${INCOMING_PREFIX}${video}`
export const chunkPrefix = (video: VideoId): string => `${INCOMING_PREFIX}${video}/c/`
export const chunkKey = (video: VideoId, index: number): string =>
  chunkPrefix(video) + index.toString(16).padStart(8, '0')
export const replicaKey = (video: VideoId): string => REPLICA_PREFIX + video
export const manifestKey = (video: VideoId): string => `manifest/${video}`
export const trashKey = (path: string): string => TRASH_PREFIX + path

/** An upload, and where its file goes while it is being committed. */
export interface StoredIncoming extends IncomingExpected {
  readonly committing: string | null
}

export function encodeIncoming(stored: StoredIncoming): Uint8Array {
  return encode(stored)
}

/** @throws PlaykiteError corrupt */
export function decodeIncoming(key: string, bytes: Uint8Array): StoredIncoming {
  const { size, extension, committing } = decode(key, bytes)
  const isSize = size === null || typeof size === 'number'
  const isTarget = committing === null || typeof committing === 'string'
  if (isSize && isTarget && typeof extension === 'string') return { size, extension, committing }
  throw damaged(key)
}

export function encodeReplica({ cid, size, path, checkedAt }: Replica): Uint8Array {
  return encode({ cid, size, path, checkedAt })
}

/** @throws PlaykiteError corrupt */
export function decodeReplica(key: string, bytes: Uint8Array): Replica {
  const { cid, size, path, checkedAt } = decode(key, bytes)
  const video = videoOf(key.slice(REPLICA_PREFIX.length), key)
  const isWhole = typeof size === 'number' && typeof path === 'string' && typeof checkedAt === 'number'
  if (isWhole) return { video, cid: cidOf(cid, key), size, path, checkedAt }
  throw damaged(key)
}

/** @throws PlaykiteError corrupt */
export function videoOf(text: string, key: string): VideoId {
  const video = parseVideoId(text)
  if (video === undefined) throw damaged(key)
  return video
}

export function encodeClean(): Uint8Array {
  return encode({})
}

function cidOf(value: unknown, key: string): Cid {
  const cid = typeof value === 'string' ? parseCid(value) : undefined
  if (cid === undefined) throw damaged(key)
  return cid
}

function encode(value: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ v: VERSION, ...value }))
}

function decode(key: string, bytes: Uint8Array): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder().decode(bytes))
  } catch (error) {
    throw damaged(key, error)
  }
  if (typeof value !== 'object' || value === null || !('v' in value)) throw damaged(key)
  if (value.v === VERSION) return { ...value }
  throw new PlaykiteError(
    'corrupt',
    `The record ${key} is of version ${String(value.v)}, which this Playkite does not know.`,
    {
      remedy: 'Start this data folder with the newer Playkite that wrote it.',
    },
  )
}

function damaged(key: string, cause?: unknown): PlaykiteError {
  return new PlaykiteError('corrupt', `The record ${key} is damaged.`, { cause })
}
