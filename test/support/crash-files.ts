import { PlaykiteError } from '../../src/core/errors.ts'
import type { FileStat, Files, OpenFile } from '../../src/ports/files.ts'
import type { RecordOperation, Records } from '../../src/ports/records.ts'

/** Thrown by everything that is done to a disk whose power is off. */
export class PowerCut extends Error {}

interface Inode {
  /** As the running system sees it. */
  bytes: Uint8Array
  /** What a crash leaves for certain. */
  durable: Uint8Array
  /** Writes since the last sync; a crash keeps any of them. */
  pending: ((bytes: Uint8Array) => Uint8Array)[]
}

/** Chance with a seed: the same numbers in every run (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/**
 * A disk that forgets: after `crash` only what was synced is there for certain, and of the rest any part, in any order. The power goes at
 * the `cutAt`-th change, counted over files and records together.
 */
export class CrashDisk {
  readonly files: Files = new CrashFiles(this)
  readonly records: Records = new CrashRecords(this)
  cutAt = Number.POSITIVE_INFINITY
  changes = 0
  /** A planted fault: `sync` of a file does nothing. */
  ignoresSync = false
  names = new Map<string, Inode>()
  durableNames = new Map<string, Inode>()
  readonly folders = new Set<string>([''])
  kept = new Map<string, Uint8Array>()
  durable = new Map<string, Uint8Array>()
  unsynced: (readonly RecordOperation[])[] = []

  /** Counts a change, or cuts the power. */
  change(): void {
    if (this.changes >= this.cutAt) throw new PowerCut('the power is off')
    this.changes += 1
  }

  /** The power comes back. */
  crash(chance: () => number): void {
    this.names = mixed(this.durableNames, this.names, chance)
    for (const inode of this.names.values()) {
      const survived = inode.pending.filter(() => chance() < 0.5)
      inode.bytes = survived.reduce((bytes, write) => write(bytes), inode.durable)
      inode.durable = inode.bytes
      inode.pending = []
    }
    this.durableNames = new Map(this.names)
    // Records have one log: what survives of it is its beginning.
    for (const batch of this.unsynced.slice(0, Math.floor(chance() * (this.unsynced.length + 1)))) {
      applyTo(this.durable, batch)
    }
    this.kept = new Map(this.durable)
    this.unsynced = []
    this.cutAt = Number.POSITIVE_INFINITY
  }
}

/** For each name the old state or the new one. */
function mixed(old: Map<string, Inode>, now: Map<string, Inode>, chance: () => number): Map<string, Inode> {
  const result = new Map<string, Inode>()
  for (const name of new Set([...old.keys(), ...now.keys()])) {
    const inode = old.get(name) === now.get(name) || chance() < 0.5 ? now.get(name) : old.get(name)
    if (inode !== undefined) result.set(name, inode)
  }
  return result
}

const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')))

class CrashFiles implements Files {
  readonly #disk: CrashDisk

  constructor(disk: CrashDisk) {
    this.#disk = disk
  }

  async open(path: string, { create }: { create: boolean }): Promise<OpenFile> {
    const known = this.#disk.names.get(path)
    if (known !== undefined) return new CrashFile(this.#disk, known)
    if (!create || !this.#disk.folders.has(folderOf(path)))
      throw new PlaykiteError('not-found', `no file ${path}`)
    this.#disk.change()
    const inode: Inode = { bytes: new Uint8Array(), durable: new Uint8Array(), pending: [] }
    this.#disk.names.set(path, inode)
    return new CrashFile(this.#disk, inode)
  }

  async stat(path: string): Promise<FileStat | undefined> {
    const inode = this.#disk.names.get(path)
    return inode && { size: inode.bytes.length, changedAt: 0 }
  }

  async list(path: string): Promise<readonly string[]> {
    const inside = [...this.#disk.names.keys()].filter((name) => folderOf(name) === path)
    return inside.map((name) => name.slice(name.lastIndexOf('/') + 1))
  }

  async makeFolder(path: string): Promise<void> {
    this.#disk.change()
    for (let folder = path; folder !== ''; folder = folderOf(folder)) this.#disk.folders.add(folder)
  }

  async rename(from: string, to: string): Promise<void> {
    const inode = this.#disk.names.get(from)
    if (inode === undefined || !this.#disk.folders.has(folderOf(to)))
      throw new PlaykiteError('not-found', `no file ${from}`)
    this.#disk.change()
    this.#disk.names.delete(from)
    this.#disk.names.set(to, inode)
  }

  async remove(path: string): Promise<void> {
    if (!this.#disk.names.has(path)) return
    this.#disk.change()
    this.#disk.names.delete(path)
  }

  async syncFolder(path: string): Promise<void> {
    this.#disk.change()
    const { names, durableNames } = this.#disk
    for (const name of [...durableNames.keys()]) {
      if (folderOf(name) === path && !names.has(name)) durableNames.delete(name)
    }
    for (const [name, inode] of names) if (folderOf(name) === path) durableNames.set(name, inode)
  }

  async freeBytes(): Promise<number> {
    return 1e12
  }
}

class CrashFile implements OpenFile {
  readonly #disk: CrashDisk
  readonly #inode: Inode

  constructor(disk: CrashDisk, inode: Inode) {
    this.#disk = disk
    this.#inode = inode
  }

  async read(into: Uint8Array, offset: number): Promise<number> {
    const found = this.#inode.bytes.subarray(offset, offset + into.length)
    into.set(found)
    return found.length
  }

  async write(bytes: Uint8Array, offset: number): Promise<void> {
    const copy = Uint8Array.from(bytes)
    this.#change((before) => {
      const after = new Uint8Array(Math.max(before.length, offset + copy.length))
      after.set(before)
      after.set(copy, offset)
      return after
    })
  }

  async truncate(size: number): Promise<void> {
    this.#change((before) => {
      const after = new Uint8Array(size)
      after.set(before.subarray(0, size))
      return after
    })
  }

  async sync(): Promise<void> {
    this.#disk.change()
    if (this.#disk.ignoresSync) return
    this.#inode.durable = this.#inode.bytes
    this.#inode.pending = []
  }

  async close(): Promise<void> {}

  #change(write: (bytes: Uint8Array) => Uint8Array): void {
    this.#disk.change()
    this.#inode.bytes = write(this.#inode.bytes)
    this.#inode.pending.push(write)
  }
}

class CrashRecords implements Records {
  readonly #disk: CrashDisk

  constructor(disk: CrashDisk) {
    this.#disk = disk
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    return this.#disk.kept.get(key)
  }

  async *entries(prefix: string): AsyncGenerator<readonly [string, Uint8Array]> {
    yield* [...this.#disk.kept]
      .filter(([key]) => key.startsWith(prefix))
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
  }

  async batch(operations: readonly RecordOperation[], { sync }: { sync: boolean }): Promise<void> {
    this.#disk.change()
    applyTo(this.#disk.kept, operations)
    this.#disk.unsynced.push(operations)
    if (!sync) return
    this.#disk.durable = new Map(this.#disk.kept)
    this.#disk.unsynced = []
  }

  async close(): Promise<void> {}
}

function applyTo(records: Map<string, Uint8Array>, operations: readonly RecordOperation[]): void {
  for (const operation of operations) {
    if (operation.type === 'put') records.set(operation.key, operation.value)
    else records.delete(operation.key)
  }
}
