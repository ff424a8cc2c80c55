import { hashChunk } from '../core/content-id.ts'
import { PlaykiteError } from '../core/errors.ts'
import type { VideoId } from '../core/ids.ts'
import { CHUNK_BYTES, RECHECK_AFTER_MS } from '../core/limits.ts'
import { type Manifest, chunkCount, chunkHash, chunkLength } from '../core/manifest.ts'
import type { RecordOperation } from '../ports/records.ts'
import type { Incoming, IncomingExpected, Replica, Usage, VideoStore } from '../ports/video-store.ts'
import { IncomingVideo } from './incoming-video.ts'
import { OpenFiles } from './open-files.ts'
import { Rechecks } from './rechecks.ts'
import { emptyTrash, recover } from './recovery.ts'
import { damagedChunk, noSpace } from './store-errors.ts'
import type { StoreParts } from './store-parts.ts'
import {
  CLEAN_KEY,
  encodeClean,
  encodeIncoming,
  encodeReplica,
  incomingKey,
  manifestKey,
  replicaKey,
  trashKey,
} from './stored.ts'

/** Bytes of the disk that are left free for everything else on the machine: a disk that is full to the last byte breaks other programs. */
const RESERVE_BYTES = 64 * 1024 * 1024

export interface VideoStoreOptions extends StoreParts {
  /** Bytes that this node gives to the network. */
  readonly capacity: number
  readonly signal: AbortSignal
}

/** Opens the videos on this disk, after ending what a crash interrupted. No video bytes are read. */
export async function openVideoStore(options: VideoStoreOptions): Promise<VideoStore> {
  const { capacity, signal, ...parts } = options
  const store = new DiskVideoStore(parts, capacity)
  await store.load(signal)
  return store
}

class DiskVideoStore implements VideoStore {
  readonly #parts: StoreParts
  readonly #capacity: number
  readonly #files: OpenFiles
  readonly #rechecks = new Rechecks()
  #replicas = new Map<VideoId, Replica>()
  readonly #incoming = new Map<VideoId, IncomingVideo>()
  /** Uploads from before an unclean stop: what they have counts only after it was hashed again. */
  readonly #unchecked = new Map<VideoId, IncomingVideo>()
  #replicaBytes = 0

  constructor(parts: StoreParts, capacity: number) {
    this.#parts = parts
    this.#capacity = capacity
    this.#files = new OpenFiles(parts.files)
  }

  async load(signal: AbortSignal): Promise<void> {
    const found = await recover(this.#parts, signal)
    this.#replicas = found.replicas
    for (const { size } of found.replicas.values()) this.#replicaBytes += size
    for (const [video, { stored, hashes, lastWriteAt }] of found.incoming) {
      const { size, extension } = stored
      const incoming = this.#make(video, { size, extension }, hashes, lastWriteAt)
      if (found.wasClean) this.#incoming.set(video, incoming)
      else this.#unchecked.set(video, incoming)
    }
  }

  async openIncoming(video: VideoId, expected: IncomingExpected, signal: AbortSignal): Promise<Incoming> {
    if (this.#replicas.has(video))
      throw new PlaykiteError('refused', `${video} is complete on this machine already`)
    const unchecked = this.#unchecked.get(video)
    if (unchecked !== undefined) {
      await unchecked.recheck(signal)
      this.#unchecked.delete(video)
      this.#incoming.set(video, unchecked)
    }
    const known = this.#incoming.get(video)
    if (known !== undefined) return known
    const { freeBytes } = await this.usage(signal)
    const incoming = this.#make(video, expected, new Map(), this.#parts.clock.now())
    this.#claim(expected.size ?? 0)
    if (freeBytes - this.#promised() - RESERVE_BYTES < (expected.size ?? 0)) throw noSpace('its disk is full')
    // From here on the room is promised; what follows takes it back if it fails.
    this.#incoming.set(video, incoming)
    try {
      const value = encodeIncoming({ ...expected, committing: null })
      await this.#parts.records.batch(
        [{ type: 'put', key: incomingKey(video), value }],
        { sync: true },
        signal,
      )
    } catch (error) {
      this.#incoming.delete(video)
      throw error
    }
    return incoming
  }

  incoming(video: VideoId): Incoming | undefined {
    return this.#incoming.get(video)
  }

  allIncoming(): readonly Incoming[] {
    return [...this.#incoming.values(), ...this.#unchecked.values()]
  }

  replica(video: VideoId): Replica | undefined {
    return this.#replicas.get(video)
  }

  replicas(): readonly Replica[] {
    return [...this.#replicas.values()]
  }

  async manifest(video: VideoId, signal: AbortSignal): Promise<Manifest> {
    const { cid, size } = this.#known(video)
    const hashes = await this.#parts.records.get(manifestKey(video), signal)
    if (hashes === undefined)
      throw new PlaykiteError('corrupt', `the manifest of ${video} is missing on this disk`)
    return { cid, size, hashes }
  }

  async readChunk(
    video: VideoId,
    index: number,
    { verify, signal }: { readonly verify?: boolean; readonly signal: AbortSignal },
  ): Promise<Uint8Array> {
    const replica = this.#known(video)
    const length = chunkLength(replica.size, index)
    if (index < 0 || index >= chunkCount(replica.size))
      throw new PlaykiteError('not-found', `${video} has no chunk ${index}`)
    const bytes = new Uint8Array(length)
    const read = await this.#files.use(replica.path, signal, (file) =>
      file.read(bytes, index * CHUNK_BYTES, signal),
    )
    if (read < length) throw damagedChunk(replica, index)
    const now = this.#parts.clock.now()
    const checkedAt = this.#rechecks.checkedAt(replica, index)
    if (verify === true || now - checkedAt > RECHECK_AFTER_MS || checkedAt > now) {
      const manifest = await this.manifest(video, signal)
      if (Buffer.compare(hashChunk(bytes), chunkHash(manifest, index)) !== 0)
        throw damagedChunk(replica, index)
      await this.#checked(replica, index, now, signal)
    }
    return bytes
  }

  async deleteReplica(
    video: VideoId,
    operations: readonly RecordOperation[],
    signal: AbortSignal,
  ): Promise<void> {
    const replica = this.#replicas.get(video)
    if (replica === undefined) return
    const forget: readonly RecordOperation[] = [
      { type: 'delete', key: replicaKey(video) },
      { type: 'delete', key: manifestKey(video) },
      { type: 'put', key: trashKey(replica.path), value: new Uint8Array() },
    ]
    await this.#parts.records.batch([...forget, ...operations], { sync: true }, signal)
    this.#replicas.delete(video)
    this.#replicaBytes -= replica.size
    await this.#files.close(replica.path)
    await emptyTrash(this.#parts, signal)
  }

  async usage(signal: AbortSignal): Promise<Usage> {
    return {
      usedBytes: this.#used(),
      promisedBytes: this.#promised(),
      freeBytes: await this.#parts.files.freeBytes(signal),
    }
  }

  async close(): Promise<void> {
    for (const incoming of this.#incoming.values()) await incoming.close()
    await this.#files.closeAll()
    if (this.#unchecked.size > 0) return
    const clean = { type: 'put' as const, key: CLEAN_KEY, value: encodeClean() }
    await this.#parts.records.batch([clean], { sync: true }, new AbortController().signal)
  }

  async #checked(replica: Replica, index: number, now: number, signal: AbortSignal): Promise<void> {
    const allSince = this.#rechecks.note(replica, index, now)
    if (allSince === undefined || this.#replicas.get(replica.video) !== replica) return
    const updated = { ...replica, checkedAt: allSince }
    this.#replicas.set(replica.video, updated)
    const put = { type: 'put' as const, key: replicaKey(replica.video), value: encodeReplica(updated) }
    await this.#parts.records.batch([put], { sync: false }, signal)
  }

  #make(
    video: VideoId,
    expected: IncomingExpected,
    hashes: Map<number, Uint8Array>,
    lastWriteAt: number,
  ): IncomingVideo {
    const owner = {
      ...this.#parts,
      claim: (bytes: number) => this.#claim(bytes),
      onDiscarded: (incoming: IncomingVideo) => this.#forget(incoming),
      onCommitted: (incoming: IncomingVideo, replica: Replica) => {
        this.#forget(incoming)
        this.#replicas.set(replica.video, replica)
        this.#replicaBytes += replica.size
      },
    }
    return new IncomingVideo(video, expected, owner, { hashes, lastWriteAt })
  }

  #forget({ video }: IncomingVideo): void {
    this.#incoming.delete(video)
    this.#unchecked.delete(video)
  }

  #claim(bytes: number): void {
    if (this.#used() + this.#promised() + bytes <= this.#capacity) return
    throw noSpace(`it gives ${this.#capacity} bytes to the network, and they are used`)
  }

  #used(): number {
    return this.#replicaBytes + sum(this.#arriving().map(({ bytes }) => bytes))
  }

  #promised(): number {
    return sum(this.#arriving().map(({ promised }) => promised))
  }

  #arriving(): readonly IncomingVideo[] {
    return [...this.#incoming.values(), ...this.#unchecked.values()]
  }

  #known(video: VideoId): Replica {
    const replica = this.#replicas.get(video)
    if (replica === undefined) throw new PlaykiteError('not-found', `${video} is not on this machine`)
    return replica
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
