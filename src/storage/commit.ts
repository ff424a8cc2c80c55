import type { VideoId } from '../core/ids.ts'
import type { RecordOperation } from '../ports/records.ts'
import type { CommitTarget, IncomingExpected, Replica } from '../ports/video-store.ts'
import type { StoreParts } from './store-parts.ts'
import { incomingPath, replicaFolder, replicaPath } from './paths.ts'
import { encodeIncoming, encodeReplica, incomingKey, manifestKey, replicaKey } from './stored.ts'

interface Upload {
  readonly video: VideoId
  readonly expected: IncomingExpected
  chunkKeys(): readonly string[]
}

/**
 * Makes an upload a replica. Its file is synced already. The order is what makes a crash harmless (docs/disk.md):
 * 1. a record says where the file is about to go; 2. the file is renamed and both folders are synced; 3. one synced batch writes replica,
 * manifest and `operations`, and forgets the upload. After a crash before 3 the file is moved back, after it all is there.
 */
export async function commitIncoming(
  { files, records, clock }: StoreParts,
  upload: Upload,
  { as, cid, size, hashes }: CommitTarget & { readonly hashes: Uint8Array },
  operations: readonly RecordOperation[],
  signal: AbortSignal,
): Promise<Replica> {
  const { video, expected } = upload
  const path = replicaPath(as, expected.extension)
  const replica: Replica = { video: as, cid, size, path, checkedAt: clock.now() }
  await files.makeFolder(replicaFolder(as), signal)
  await files.syncFolder('videos', signal)
  await records.batch([intent(upload, path)], { sync: true }, signal)
  await files.rename(incomingPath(video), path, signal)
  try {
    await files.syncFolder(replicaFolder(as), signal)
    await files.syncFolder('incoming', signal)
    const forget = [incomingKey(video), ...upload.chunkKeys()].map((key) => ({
      type: 'delete' as const,
      key,
    }))
    const keep: readonly RecordOperation[] = [
      { type: 'put', key: replicaKey(as), value: encodeReplica(replica) },
      { type: 'put', key: manifestKey(as), value: hashes },
    ]
    await records.batch([...forget, ...keep, ...operations], { sync: true }, signal)
  } catch (error) {
    await files.rename(path, incomingPath(video), signal)
    throw error
  }
  return replica
}

function intent({ video, expected }: Upload, path: string): RecordOperation {
  return { type: 'put', key: incomingKey(video), value: encodeIncoming({ ...expected, committing: path }) }
}
