import { contentId, hashChunk } from '../core/content-id.ts'
import { PlaykiteError } from '../core/errors.ts'
import type { VideoId } from '../core/ids.ts'
import { CHUNK_BYTES, MAX_CHUNKS } from '../core/limits.ts'
import { HASH_BYTES, chunkCount, chunkLength } from '../core/manifest.ts'
import type { OpenFile } from '../ports/files.ts'
import type { RecordOperation } from '../ports/records.ts'
import type { CommitTarget, Incoming, IncomingExpected, Replica } from '../ports/video-store.ts'
import { commitIncoming } from './commit.ts'
import type { StoreParts } from './store-parts.ts'
import { incomingPath } from './paths.ts'
import { chunkKey, incomingKey } from './stored.ts'

/** What an upload tells the store that it belongs to. */
export interface IncomingOwner extends StoreParts {
  /** @throws PlaykiteError no-space when the node's capacity has no room for `bytes` more */
  readonly claim: (bytes: number) => void
  readonly onCommitted: (incoming: IncomingVideo, replica: Replica) => void
  readonly onDiscarded: (incoming: IncomingVideo) => void
}

/** A video that arrives: a file under `incoming/`, and one record for each chunk that is in it. */
export class IncomingVideo implements Incoming {
  readonly video: VideoId
  readonly expected: IncomingExpected
  readonly #owner: IncomingOwner
  readonly #hashes: Map<number, Uint8Array>
  readonly #writing = new Set<Promise<void>>()
  #file: Promise<OpenFile> | undefined
  #state: 'open' | 'committing' | 'gone' = 'open'
  #bytes = 0
  /** Bytes of an upload of unknown size that are being written: counted before they are there, or several at once would pass the limit. */
  #claimed = 0
  #lastWriteAt: number

  constructor(
    video: VideoId,
    expected: IncomingExpected,
    owner: IncomingOwner,
    found: { readonly hashes: Map<number, Uint8Array>; readonly lastWriteAt: number },
  ) {
    this.video = video
    this.expected = expected
    this.#owner = owner
    this.#hashes = found.hashes
    this.#lastWriteAt = found.lastWriteAt
    for (const index of found.hashes.keys()) this.#bytes += chunkLength(expected.size ?? Infinity, index)
  }

  get lastWriteAt(): number {
    return this.#lastWriteAt
  }

  get count(): number {
    return this.#hashes.size
  }

  /** Bytes that are here. */
  get bytes(): number {
    return this.#bytes
  }

  /** Bytes that may still come. */
  get promised(): number {
    return Math.max(0, (this.expected.size ?? this.#bytes + this.#claimed) - this.#bytes)
  }

  hashOf(index: number): Uint8Array | undefined {
    return this.#hashes.get(index)
  }

  async writeChunk(index: number, hash: Uint8Array, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    this.#checkOpen()
    const known = this.#hashes.get(index)
    if (known !== undefined && Buffer.compare(known, hash) === 0) return
    this.#checkPlace(index, bytes.length)
    if (Buffer.compare(hashChunk(bytes), hash) !== 0) {
      throw new PlaykiteError('corrupt', `chunk ${index} of ${this.video} has another hash than was said`)
    }
    if (this.expected.size === null) this.#owner.claim(bytes.length)
    this.#claimed += bytes.length
    const write = this.#write(index, Uint8Array.from(hash), bytes, signal)
    this.#writing.add(write)
    try {
      await write
    } finally {
      this.#writing.delete(write)
      this.#claimed -= bytes.length
    }
  }

  async readChunk(index: number, signal: AbortSignal): Promise<Uint8Array> {
    const hash = this.#hashes.get(index)
    if (hash === undefined || this.#state === 'gone') throw this.#missing(`chunk ${index}`)
    const into = new Uint8Array(chunkLength(this.expected.size ?? Infinity, index))
    const read = await (await this.#open(signal)).read(into, index * CHUNK_BYTES, signal)
    const bytes = into.subarray(0, read)
    if (Buffer.compare(hashChunk(bytes), hash) === 0) return bytes
    throw new PlaykiteError('corrupt', `chunk ${index} of the upload ${this.video} is not what was written`)
  }

  async commit(
    target: CommitTarget,
    operations: readonly RecordOperation[],
    signal: AbortSignal,
  ): Promise<Replica> {
    this.#checkOpen()
    this.#state = 'committing'
    try {
      await Promise.all(this.#writing)
      const hashes = this.#manifest(target)
      const file = await this.#open(signal)
      await file.truncate(target.size, signal)
      await file.sync(signal)
      await this.close()
      const replica = await commitIncoming(this.#owner, this, { ...target, hashes }, operations, signal)
      this.#state = 'gone'
      this.#owner.onCommitted(this, replica)
      return replica
    } finally {
      if (this.#state === 'committing') this.#state = 'open'
    }
  }

  async discard(signal: AbortSignal): Promise<void> {
    if (this.#state !== 'open') return
    this.#state = 'gone'
    this.#owner.onDiscarded(this)
    await Promise.allSettled(this.#writing)
    await this.close()
    const { files, records } = this.#owner
    // The file first: a record without its file is an upload that has nothing, a file without its record would stay for ever.
    await files.remove(incomingPath(this.video), signal)
    await files.syncFolder('incoming', signal)
    const keys = [incomingKey(this.video), ...this.chunkKeys()]
    await records.batch(
      keys.map((key) => ({ type: 'delete' as const, key })),
      { sync: true },
      signal,
    )
  }

  /** Hashes again what is on disk, after a stop that may have lost some of it. */
  async recheck(signal: AbortSignal): Promise<void> {
    for (const index of this.#hashes.keys()) {
      try {
        await this.readChunk(index, signal)
      } catch (error) {
        if (!(error instanceof PlaykiteError) || !['corrupt', 'not-found'].includes(error.code)) throw error
        this.#hashes.delete(index)
        this.#bytes -= chunkLength(this.expected.size ?? Infinity, index)
      }
    }
  }

  chunkKeys(): readonly string[] {
    return [...this.#hashes.keys()].map((index) => chunkKey(this.video, index))
  }

  /** Closes the file; it is opened again when it is needed. */
  async close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await (await file)?.close()
  }

  async #write(index: number, hash: Uint8Array, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    const file = await this.#open(signal)
    await file.write(bytes, index * CHUNK_BYTES, signal)
    const operation = { type: 'put' as const, key: chunkKey(this.video, index), value: hash }
    await this.#owner.records.batch([operation], { sync: false }, signal)
    if (!this.#hashes.has(index)) this.#bytes += bytes.length
    this.#hashes.set(index, hash)
    this.#lastWriteAt = this.#owner.clock.now()
  }

  #open(signal: AbortSignal): Promise<OpenFile> {
    if (this.#file !== undefined) return this.#file
    const opening = this.#owner.files.open(incomingPath(this.video), { create: true }, signal)
    this.#file = opening
    // Whoever waits for it hears of the failure; the next one tries again.
    opening.catch(() => {
      if (this.#file === opening) this.#file = undefined
    })
    return opening
  }

  #manifest({ cid, size }: CommitTarget): Uint8Array {
    const count = chunkCount(size)
    const hashes = new Uint8Array(count * HASH_BYTES)
    for (let index = 0; index < count; index++) {
      const hash = size === 0 ? hashChunk(new Uint8Array()) : this.#hashes.get(index)
      if (hash === undefined) {
        throw new PlaykiteError('catalogue-only', `chunk ${index} of ${this.video} has not arrived here`)
      }
      hashes.set(hash, index * HASH_BYTES)
    }
    if (contentId(hashes, size) === cid) return hashes
    throw new PlaykiteError('corrupt', `the bytes of ${this.video} have another content id than ${cid}`)
  }

  #checkPlace(index: number, length: number): void {
    const { size } = this.expected
    const isInside = index >= 0 && index < (size === null ? MAX_CHUNKS : chunkCount(size))
    const isRightLength =
      size === null ? length > 0 && length <= CHUNK_BYTES : length === chunkLength(size, index)
    if (isInside && isRightLength) return
    throw new PlaykiteError('corrupt', `chunk ${index} with ${length} bytes has no place in ${this.video}`)
  }

  #checkOpen(): void {
    if (this.#state !== 'open') throw this.#missing('the upload')
  }

  #missing(what: string): PlaykiteError {
    return new PlaykiteError(
      'not-found',
      `${what} of ${this.video} is not here: it was given up, swept or committed`,
    )
  }
}
