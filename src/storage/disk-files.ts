import { type FileHandle, open, mkdir, readdir, rename, rm, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { FileStat, Files, OpenFile } from '../ports/files.ts'
import { diskError, systemCode, throwIfAborted } from './disk-errors.ts'
import { checkFolder, checkPath, folderOf } from './paths.ts'

/** Files for the owner alone: a library is nobody else's business unless its owner says so. */
const FILE_MODE = 0o600
const FOLDER_MODE = 0o700

/** `Files` on the disk, below the folder `root`, which must exist. */
export function openDiskFiles(root: string): Files {
  return new DiskFiles(root)
}

class DiskFiles implements Files {
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  async open(path: string, options: { create: boolean }, signal: AbortSignal): Promise<OpenFile> {
    const full = this.#full(checkPath(path), signal)
    return await told(`open ${full}`, async () => new DiskFile(full, await openHandle(full, options.create)))
  }

  async stat(path: string, signal: AbortSignal): Promise<FileStat | undefined> {
    const full = this.#full(checkPath(path), signal)
    return await told(`look at ${full}`, async () => {
      const found = await unlessMissing(stat(full))
      return found?.isFile() === true ? { size: found.size, changedAt: found.mtimeMs } : undefined
    })
  }

  async list(path: string, signal: AbortSignal): Promise<readonly string[]> {
    const full = this.#full(checkFolder(path), signal)
    return await told(`list ${full}`, async () => (await unlessMissing(readdir(full))) ?? [])
  }

  async makeFolder(path: string, signal: AbortSignal): Promise<void> {
    const full = this.#full(checkFolder(path), signal)
    if (path === '') return
    await told(`make the folder ${full}`, async () => {
      await this.makeFolder(folderOf(path), signal)
      // Not `recursive`: Node's own walk upwards never ends in folders that refuse with ENOENT, as /proc does (seen on 24.21).
      await mkdir(full, { mode: FOLDER_MODE }).catch((error: unknown) => {
        if (systemCode(error) !== 'EEXIST') throw error
      })
    })
  }

  async rename(from: string, to: string, signal: AbortSignal): Promise<void> {
    const full = { from: this.#full(checkPath(from), signal), to: this.#full(checkPath(to), signal) }
    await told(`rename ${full.from} to ${full.to}`, () => rename(full.from, full.to))
  }

  async remove(path: string, signal: AbortSignal): Promise<void> {
    const full = this.#full(checkPath(path), signal)
    await told(`remove ${full}`, () => rm(full, { force: true }))
  }

  async syncFolder(path: string, signal: AbortSignal): Promise<void> {
    const full = this.#full(checkFolder(path), signal)
    await told(`sync the folder ${full}`, async () => {
      const handle = await open(full, 'r')
      try {
        await handle.sync()
      } finally {
        await handle.close()
      }
    })
  }

  async freeBytes(signal: AbortSignal): Promise<number> {
    throwIfAborted(signal)
    return await told(`ask for free space on ${this.#root}`, async () => {
      const { bavail, bsize } = await statfs(this.#root)
      return bavail * bsize
    })
  }

  #full(path: string, signal: AbortSignal): string {
    throwIfAborted(signal)
    return join(this.#root, path)
  }
}

class DiskFile implements OpenFile {
  readonly #path: string
  readonly #handle: FileHandle

  constructor(path: string, handle: FileHandle) {
    this.#path = path
    this.#handle = handle
  }

  async read(into: Uint8Array, offset: number, signal: AbortSignal): Promise<number> {
    throwIfAborted(signal)
    return await told(`read ${this.#path}`, async () => {
      let done = 0
      while (done < into.length) {
        const { bytesRead } = await this.#handle.read(into, done, into.length - done, offset + done)
        if (bytesRead === 0) break
        done += bytesRead
      }
      return done
    })
  }

  async write(bytes: Uint8Array, offset: number, signal: AbortSignal): Promise<void> {
    throwIfAborted(signal)
    await told(`write ${this.#path}`, async () => {
      let done = 0
      while (done < bytes.length) {
        const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, offset + done)
        done += bytesWritten
      }
    })
  }

  async truncate(size: number, signal: AbortSignal): Promise<void> {
    throwIfAborted(signal)
    await told(`truncate ${this.#path}`, () => this.#handle.truncate(size))
  }

  async sync(signal: AbortSignal): Promise<void> {
    throwIfAborted(signal)
    await told(`sync ${this.#path}`, () => this.#handle.sync())
  }

  async close(): Promise<void> {
    await told(`close ${this.#path}`, () => this.#handle.close())
  }
}

async function openHandle(path: string, create: boolean): Promise<FileHandle> {
  const existing = create ? await unlessMissing(open(path, 'r+')) : await open(path, 'r+')
  // 'a+' would append whatever the offset, and 'w+' would empty a file that somebody made meanwhile: 'wx+' fails instead.
  return existing ?? (await open(path, 'wx+', FILE_MODE))
}

async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  }
}

async function told<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw diskError(error, doing)
  }
}
