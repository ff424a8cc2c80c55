/** Checks statements of others field by field. Unknown fields pass: they may be of a later version. */
import { PlaykiteError } from './errors.ts'
import { type Cid, type NodeId, type VideoId, parseCid, parseNodeId, parseVideoId } from './ids.ts'
import {
  MAX_DESCRIPTION_CHARACTERS,
  MAX_TAGS,
  MAX_TAG_CHARACTERS,
  MAX_TITLE_CHARACTERS,
  MAX_VIDEO_BYTES,
} from './limits.ts'
import type { CopyState, Statement } from './statement-kinds.ts'

/** Characters of short fields: names, types, zones, versions. */
const MAX_SHORT = 200
/** Addresses of a node, and removals that one restore names. */
const MAX_LIST = 64
/** Characters of a multiaddr. */
const MAX_ADDRESS = 400
/** A day of the year 9999: the last that has an ISO date of four digits. */
const MAX_MS = 253_402_300_799_999

type Fields = Readonly<Record<string, unknown>>

/** @throws PlaykiteError corrupt */
export function parseStatement(value: unknown): Statement {
  const fields = record(value)
  if (fields['v'] !== 1) throw wrong('v')
  const stamp = record(fields['at'])
  const said = {
    v: 1 as const,
    at: { ms: integer(stamp, 'ms', MAX_MS), n: integer(stamp, 'n', Number.MAX_SAFE_INTEGER) },
    by: nodeId(fields, 'by'),
  }
  switch (fields['kind']) {
    case 'birth':
      return {
        ...said,
        kind: 'birth',
        video: videoId(fields),
        cid: cid(fields),
        size: integer(fields, 'size', MAX_VIDEO_BYTES),
        type: text(fields, 'type', MAX_SHORT),
        extension: extension(fields),
        duration: fields['duration'] === null ? null : duration(fields),
        codecs: fields['codecs'] === null ? null : text(fields, 'codecs', MAX_SHORT),
        createdAt: integer(fields, 'createdAt', MAX_MS),
      }
    case 'words':
      return {
        ...said,
        kind: 'words',
        video: videoId(fields),
        title: text(fields, 'title', MAX_TITLE_CHARACTERS),
        description: text(fields, 'description', MAX_DESCRIPTION_CHARACTERS),
        tags: texts(fields, 'tags', MAX_TAGS, MAX_TAG_CHARACTERS),
      }
    case 'copy':
      return { ...said, kind: 'copy', video: videoId(fields), state: copyState(fields) }
    case 'removal':
      return { ...said, kind: 'removal', video: videoId(fields), removal: uuid(fields, 'removal') }
    case 'restore':
      return {
        ...said,
        kind: 'restore',
        video: videoId(fields),
        restore: uuid(fields, 'restore'),
        removals: texts(fields, 'removals', MAX_LIST, MAX_SHORT),
      }
    case 'member':
      return {
        ...said,
        kind: 'member',
        name: text(fields, 'name', MAX_SHORT),
        slot: text(fields, 'slot', MAX_SHORT),
        capacity: integer(fields, 'capacity', Number.MAX_SAFE_INTEGER),
        zone: text(fields, 'zone', MAX_SHORT),
        joinedAt: integer(fields, 'joinedAt', MAX_MS),
        http: fields['http'] === null ? null : text(fields, 'http', MAX_SHORT),
        addresses: texts(fields, 'addresses', MAX_LIST, MAX_ADDRESS),
        version: text(fields, 'version', MAX_SHORT),
      }
    default:
      throw wrong('kind')
  }
}

function record(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong('object')
  return value as Fields
}

function text(fields: Fields, field: string, maxCharacters: number): string {
  const value = fields[field]
  if (typeof value !== 'string' || !value.isWellFormed()) throw wrong(field)
  // A character has at most two code units; counting them one by one is needed only for texts near the limit.
  if (value.length > maxCharacters && [...value].length > maxCharacters) throw wrong(field)
  return value
}

function texts(fields: Fields, field: string, maxItems: number, maxCharacters: number): readonly string[] {
  const value = fields[field]
  if (!Array.isArray(value) || value.length > maxItems) throw wrong(field)
  return value.map((item: unknown) => text({ [field]: item }, field, maxCharacters))
}

function integer(fields: Fields, field: string, max: number): number {
  const value = fields[field]
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || value > max)
    throw wrong(field)
  return value
}

function duration(fields: Fields): number {
  const value = fields['duration']
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) throw wrong('duration')
  return value
}

function extension(fields: Fields): string {
  const value = text(fields, 'extension', MAX_SHORT)
  if (!/^[a-z0-9]{1,8}$/.test(value)) throw wrong('extension')
  return value
}

function videoId(fields: Fields): VideoId {
  return defined('video', parseVideoId(text(fields, 'video', MAX_SHORT)))
}

function nodeId(fields: Fields, field: string): NodeId {
  return defined(field, parseNodeId(text(fields, field, MAX_SHORT)))
}

function cid(fields: Fields): Cid {
  return defined('cid', parseCid(text(fields, 'cid', MAX_SHORT)))
}

function uuid(fields: Fields, field: string): string {
  return defined(field, parseVideoId(text(fields, field, MAX_SHORT)))
}

const copyStates: readonly CopyState[] = ['keeps', 'arriving', 'bad', 'none']

function copyState(fields: Fields): CopyState {
  return defined(
    'state',
    copyStates.find((state) => state === fields['state']),
  )
}

function defined<T>(field: string, value: T | undefined): T {
  if (value === undefined) throw wrong(field)
  return value
}

function wrong(field: string): PlaykiteError {
  return new PlaykiteError('corrupt', `a statement has no valid "${field}"`)
}
