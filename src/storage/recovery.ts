import type { VideoId } from '../core/ids.ts'
import type { RecordOperation } from '../ports/records.ts'
import type { Replica } from '../ports/video-store.ts'
import type { StoreParts } from './store-parts.ts'
import { folderOf, incomingPath } from './paths.ts'
import {
  CLEAN_KEY,
  INCOMING_PREFIX,
  REPLICA_PREFIX,
  type StoredIncoming,
  TRASH_PREFIX,
  chunkPrefix,
  decodeIncoming,
  decodeReplica,
  videoOf,
} from './stored.ts'

interface FoundIncoming {
  readonly stored: StoredIncoming
  readonly hashes: Map<number, Uint8Array>
  readonly lastWriteAt: number
}

export interface Found {
  readonly replicas: Map<VideoId, Replica>
  readonly incoming: Map<VideoId, FoundIncoming>
  /** Whether the last stop was in order, so that what uploads have is known to be on disk. */
  readonly wasClean: boolean
}

/** Reads what is there, and ends what a crash interrupted: renames without their batch are undone, deletions are finished. */
export async function recover(parts: StoreParts, signal: AbortSignal): Promise<Found> {
  const { files, records } = parts
  await files.makeFolder('incoming', signal)
  await files.makeFolder('videos', signal)
  const wasClean = (await records.get(CLEAN_KEY, signal)) !== undefined
  await records.batch([{ type: 'delete', key: CLEAN_KEY }], { sync: true }, signal)
  await emptyTrash(parts, signal)
  const replicas = new Map<VideoId, Replica>()
  for await (const [key, bytes] of records.entries(REPLICA_PREFIX, signal)) {
    const replica = decodeReplica(key, bytes)
    replicas.set(replica.video, replica)
  }
  const incoming = new Map<VideoId, FoundIncoming>()
  for (const [video, stored] of await storedIncoming(parts, signal)) {
    if (stored.committing !== null) await undoRename(parts, video, stored.committing, signal)
    const at = (await files.stat(incomingPath(video), signal))?.changedAt
    // Without its file nothing has arrived, whatever the records say.
    const hashes = at === undefined ? new Map<number, Uint8Array>() : await hashesOf(parts, video, signal)
    incoming.set(video, { stored, hashes, lastWriteAt: at ?? 0 })
  }
  return { replicas, incoming, wasClean }
}

/** Deletes the files of replicas that were given up. */
export async function emptyTrash({ files, records }: StoreParts, signal: AbortSignal): Promise<void> {
  const forget: RecordOperation[] = []
  for await (const [key] of records.entries(TRASH_PREFIX, signal)) {
    const path = key.slice(TRASH_PREFIX.length)
    await files.remove(path, signal)
    // Before the record goes: else a crash could bring the file back, and nobody would know of it.
    await files.syncFolder(folderOf(path), signal)
    forget.push({ type: 'delete', key })
  }
  if (forget.length > 0) await records.batch(forget, { sync: false }, signal)
}

async function storedIncoming(
  { records }: StoreParts,
  signal: AbortSignal,
): Promise<ReadonlyMap<VideoId, StoredIncoming>> {
  const found = new Map<VideoId, StoredIncoming>()
  for await (const [key, bytes] of records.entries(INCOMING_PREFIX, signal)) {
    const rest = key.slice(INCOMING_PREFIX.length)
    if (!rest.includes('/')) found.set(videoOf(rest, key), decodeIncoming(key, bytes))
  }
  return found
}

/** The batch that would have made it a replica is not there, or the upload's record would not be. */
async function undoRename(
  { files }: StoreParts,
  video: VideoId,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  const isMoved = (await files.stat(path, signal)) !== undefined
  const isHere = (await files.stat(incomingPath(video), signal)) !== undefined
  if (isMoved && !isHere) {
    await files.rename(path, incomingPath(video), signal)
    await files.syncFolder('incoming', signal)
  }
}

async function hashesOf(
  { records }: StoreParts,
  video: VideoId,
  signal: AbortSignal,
): Promise<Map<number, Uint8Array>> {
  const hashes = new Map<number, Uint8Array>()
  for await (const [key, hash] of records.entries(chunkPrefix(video), signal)) {
    hashes.set(Number.parseInt(key.slice(chunkPrefix(video).length), 16), Uint8Array.from(hash))
  }
  return hashes
}
