import { PlaykiteError } from '../core/errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { FileStat, Files, OpenFile } from '../ports/files.ts'
import { throwIfAborted } from './disk-errors.ts'
import { checkFolder, checkPath, folderOf } from './paths.ts'

/** `Files` in memory: for simulations and tests. `capacityBytes` is the size of the disk; 1 TiB unless given. */
export function memoryFiles(
  options: { readonly capacityBytes?: number; readonly clock?: Clock } = {},
): Files {
  return new MemoryFiles(options.capacityBytes ?? 2 ** 40, options.clock)
}

interface Content {
  bytes: Uint8Array
  size: number
  changedAt: number
}

class MemoryFiles implements Files {
  readonly #capacity: number
  readonly #clock: Clock | undefined
  readonly #files = new Map<string, Content>()
  readonly #folders = new Set<string>([''])

  constructor(capacity: number, clock: Clock | undefined) {
    this.#capacity = capacity
    this.#clock = clock
  }

  async open(path: string, options: { create: boolean }, signal: AbortSignal): Promise<OpenFile> {
    throwIfAborted(signal)
    const known = this.#files.get(checkPath(path))
    if (known === undefined && (!options.create || !this.#folders.has(folderOf(path)))) throw missing(path)
    const content = known ?? { bytes: new Uint8Array(0), size: 0, changedAt: this.#now() }
    this.#files.set(path, content)
    return new MemoryFile(
      content,
      (more) => this.#claim(more),
      () => this.#now(),
    )
  }

  async stat(path: string, signal: AbortSignal): Promise<FileStat | undefined> {
    throwIfAborted(signal)
    const content = this.#files.get(checkPath(path))
    return content && { size: content.size, changedAt: content.changedAt }
  }

  async list(path: string, signal: AbortSignal): Promise<readonly string[]> {
    throwIfAborted(signal)
    const inside = [...this.#files.keys(), ...this.#folders].filter(
      (name) => name !== '' && folderOf(name) === checkFolder(path),
    )
    return inside.map((name) => name.slice(name.lastIndexOf('/') + 1))
  }

  async makeFolder(path: string, signal: AbortSignal): Promise<void> {
    throwIfAborted(signal)
    for (let folder = checkFolder(path); folder !== ''; folder = folderOf(folder)) this.#folders.add(folder)
  }

  async rename(from: string, to: string, signal: AbortSignal): Promise<void> {
    throwIfAborted(signal)
    const content = this.#files.get(checkPath(from))
    if (content === undefined || !this.#folders.has(folderOf(checkPath(to)))) throw missing(from)
    this.#files.delete(from)
    this.#files.set(to, content)
  }

  async remove(path: string, signal: AbortSignal): Promise<void> {
    throwIfAborted(signal)
    this.#files.delete(checkPath(path))
  }

  async syncFolder(path: string, signal: AbortSignal): Promise<void> {
    throwIfAborted(signal)
    if (!this.#folders.has(checkFolder(path))) throw missing(path)
  }

  async freeBytes(signal: AbortSignal): Promise<number> {
    throwIfAborted(signal)
    return this.#free()
  }

  #free(): number {
    return this.#capacity - [...this.#files.values()].reduce((sum, content) => sum + content.size, 0)
  }

  #claim(more: number): void {
    if (more > this.#free()) throw new PlaykiteError('no-space', 'the disk in memory is full')
  }

  #now(): number {
    return this.#clock?.now() ?? 0
  }
}

class MemoryFile implements OpenFile {
  readonly #content: Content
  readonly #claim: (more: number) => void
  readonly #now: () => number

  constructor(content: Content, claim: (more: number) => void, now: () => number) {
    this.#content = content
    this.#claim = claim
    this.#now = now
  }

  async read(into: Uint8Array, offset: number, signal: AbortSignal): Promise<number> {
    throwIfAborted(signal)
    const found = this.#content.bytes.subarray(0, this.#content.size).subarray(offset, offset + into.length)
    into.set(found)
    return found.length
  }

  async write(bytes: Uint8Array, offset: number, signal: AbortSignal): Promise<void> {
    throwIfAborted(signal)
    this.#resize(Math.max(this.#content.size, offset + bytes.length))
    this.#content.bytes.set(bytes, offset)
    this.#content.changedAt = this.#now()
  }

  async truncate(size: number, signal: AbortSignal): Promise<void> {
    throwIfAborted(signal)
    this.#resize(size)
    this.#content.changedAt = this.#now()
  }

  async sync(signal: AbortSignal): Promise<void> {
    throwIfAborted(signal)
  }

  async close(): Promise<void> {}

  #resize(size: number): void {
    const content = this.#content
    if (size > content.size) this.#claim(size - content.size)
    if (size > content.bytes.length) {
      const grown = new Uint8Array(Math.max(size, content.bytes.length * 2))
      grown.set(content.bytes)
      content.bytes = grown
    }
    content.bytes.fill(0, Math.min(size, content.size), content.size)
    content.size = size
  }
}

function missing(path: string): PlaykiteError {
  return new PlaykiteError('not-found', `there is no file or folder ${path}`)
}
