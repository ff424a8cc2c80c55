import type { Cid, VideoId } from '../core/ids.ts'
import type { Manifest } from '../core/manifest.ts'
import type { RecordOperation } from './records.ts'

/**
 * The videos on this machine's disk: complete replicas, and incoming ones whose chunks arrive in any order. Built over `Files` and
 * `Records`; bytes are checked against their hash before they are written and before they are given out.
 */
export interface VideoStore {
  /**
   * Opens an upload, or goes on with the one that is there; reserves `size` bytes, or only what arrives if `size` is unknown (null).
   * @throws PlaykiteError no-space when less is free, refused when the video is a replica already
   */
  openIncoming(video: VideoId, expected: IncomingExpected, signal: AbortSignal): Promise<Incoming>
  /** @returns the upload, or undefined if there is none (swept, committed, never begun) */
  incoming(video: VideoId): Incoming | undefined
  /** Uploads under way or interrupted. */
  allIncoming(): readonly Incoming[]
  replica(video: VideoId): Replica | undefined
  replicas(): readonly Replica[]
  /** The manifest of a replica. @throws PlaykiteError not-found, corrupt */
  manifest(video: VideoId, signal: AbortSignal): Promise<Manifest>
  /**
   * A chunk of a replica. It is hashed again when its last check is older than RECHECK_AFTER_MS, or when `verify` asks for it.
   * @throws PlaykiteError not-found, corrupt (the bytes on disk are not those of the manifest)
   */
  readChunk(
    video: VideoId,
    index: number,
    options: { readonly verify?: boolean; readonly signal: AbortSignal },
  ): Promise<Uint8Array>
  /** Deletes a replica; `operations` join the batch that forgets it. Nothing happens if there is none. */
  deleteReplica(video: VideoId, operations: readonly RecordOperation[], signal: AbortSignal): Promise<void>
  usage(signal: AbortSignal): Promise<Usage>
  /** Waits for work under way and closes the files. */
  close(): Promise<void>
}

export interface IncomingExpected {
  /** Bytes of the whole video; null while unknown (a pipe). */
  readonly size: number | null
  /** File name extension without the dot, so that the replica plays with any player. */
  readonly extension: string
}

export interface Incoming {
  readonly video: VideoId
  readonly expected: IncomingExpected
  /** Wall clock in ms of the last byte that arrived; the sweep goes by it. */
  readonly lastWriteAt: number
  /** Chunks that are here and checked. */
  readonly count: number
  /** @returns the SHA-256 of a chunk that is here, else undefined */
  hashOf(index: number): Uint8Array | undefined
  /**
   * Checks `bytes` against `hash` and writes them; returns at once if the same chunk is here.
   * @throws PlaykiteError corrupt (other hash), no-space, not-found (the upload was discarded)
   */
  writeChunk(index: number, hash: Uint8Array, bytes: Uint8Array, signal: AbortSignal): Promise<void>
  /** @throws PlaykiteError not-found when the chunk is not here, corrupt */
  readChunk(index: number, signal: AbortSignal): Promise<Uint8Array>
  /**
   * Makes it a replica under the id `as` (the upload's own, or that of the same bytes published before): checks that every chunk of
   * `size` is here and that their root is `cid`, syncs file and folders, renames, then writes manifest and replica record together
   * with `operations` in one synced batch. After a crash either all of it is there or the upload still is.
   * @throws PlaykiteError corrupt (root differs), catalogue-only (chunks missing), not-found (swept)
   */
  commit(target: CommitTarget, operations: readonly RecordOperation[], signal: AbortSignal): Promise<Replica>
  /** Gives up: deletes the bytes and frees what was promised. */
  discard(signal: AbortSignal): Promise<void>
}

export interface CommitTarget {
  readonly as: VideoId
  readonly cid: Cid
  readonly size: number
}

export interface Replica {
  readonly video: VideoId
  readonly cid: Cid
  readonly size: number
  /** Relative to the data folder; a plain file that any player plays. */
  readonly path: string
  /** Wall clock in ms when its bytes were last all known good. */
  readonly checkedAt: number
}

export interface Usage {
  /** Bytes of replicas and of what has arrived of incoming ones. */
  readonly usedBytes: number
  /** Bytes that open uploads may still bring. */
  readonly promisedBytes: number
  /** Bytes that the disk can still take, promises not counted. */
  readonly freeBytes: number
}
