import { contentId } from './content-id.ts'
import { PlaykiteError } from './errors.ts'
import type { Cid } from './ids.ts'
import { CHUNK_BYTES } from './limits.ts'

/** Bytes of a SHA-256. */
export const HASH_BYTES = 32

/** The chunks of a video: their hashes, whose root is the content id. */
export interface Manifest {
  readonly cid: Cid
  /** Bytes of the video. */
  readonly size: number
  /** SHA-256 of each chunk, concatenated. */
  readonly hashes: Uint8Array
}

/** A part of a chunk: bytes `from` to `to` (exclusive) of the chunk at `index`. */
export interface ChunkSlice {
  readonly index: number
  readonly from: number
  readonly to: number
}

/** @returns how many chunks a video of `size` bytes has; one, empty, if it has no bytes, as in IPFS */
export function chunkCount(size: number): number {
  return Math.max(1, Math.ceil(size / CHUNK_BYTES))
}

/** @returns bytes of a chunk: CHUNK_BYTES, or what is left for the last one */
export function chunkLength(size: number, index: number): number {
  return Math.max(0, Math.min(CHUNK_BYTES, size - index * CHUNK_BYTES))
}

/** @returns the hash of a chunk, as a view into the manifest */
export function chunkHash(manifest: Manifest, index: number): Uint8Array {
  return manifest.hashes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES)
}

/** @throws PlaykiteError corrupt when the hashes are not those of the content id */
export function verifyManifest({ cid, size, hashes }: Manifest): void {
  if (hashes.length === chunkCount(size) * HASH_BYTES && contentId(hashes, size) === cid) return
  throw new PlaykiteError('corrupt', `a manifest does not have the root ${cid}`)
}

/** The chunks that hold the bytes `start` to `end` (exclusive) of a video of `size` bytes, in order, without listing them beforehand. */
export function* chunksForRange(size: number, start: number, end: number): Generator<ChunkSlice> {
  const last = Math.min(end, size)
  for (let at = start; at < last;) {
    const index = Math.floor(at / CHUNK_BYTES)
    const base = index * CHUNK_BYTES
    const to = Math.min(last, base + CHUNK_BYTES)
    yield { index, from: at - base, to: to - base }
    at = to
  }
}
