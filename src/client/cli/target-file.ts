import { createHash } from 'node:crypto'
import { type FileHandle, open, rm } from 'node:fs/promises'
import type { ManifestBody } from '../../contract/video.ts'
import { PlaykiteClientError } from '../errors.ts'
import { safeText } from './format.ts'

/** Where verified bytes go, in order. */
export interface Target {
  /** Bytes that are there and verified: what comes is written behind them. */
  readonly at: number
  write(bytes: Uint8Array): Promise<void>
  close(): Promise<void>
}

export interface TargetOptions {
  /** As a person named it, for what is said about it. */
  readonly name: string
  readonly path: string
  /** Whether what is there may be overwritten. */
  readonly force: boolean
}

/** A file for the whole video: new, or one that has its beginning. @throws PlaykiteClientError when it has other content */
export async function openWhole(
  { name, path, force }: TargetOptions,
  manifestOf: () => Promise<ManifestBody>,
  signal: AbortSignal,
): Promise<Target> {
  const file = await TargetFile.open(name, path)
  try {
    if (force) await file.empty()
    const size = await file.size()
    if (size > 0) await file.goOn(size, await manifestOf(), signal)
    return file
  } catch (error) {
    await file.close()
    throw error
  }
}

/** A new or empty file, for a part of a video: it cannot be told from the beginning of something else. */
export async function openNew({ name, path, force }: TargetOptions): Promise<Target> {
  const file = await TargetFile.open(name, path)
  try {
    if ((await file.size()) > 0 && !force) {
      throw new PlaykiteClientError('bad-request', `${safeText(name)} exists already.`, OTHER_NAME)
    }
    await file.empty()
    return file
  } catch (error) {
    await file.close()
    throw error
  }
}

const OTHER_NAME = 'Choose another name with -o, or overwrite it with --force.'

class TargetFile implements Target {
  readonly #handle: FileHandle
  readonly #name: string
  readonly #path: string
  readonly #isNew: boolean
  #at = 0
  /** Bytes behind `at` that are there, but too few to be verified before the rest of their chunk comes. */
  #tail: Uint8Array = new Uint8Array()

  private constructor(handle: FileHandle, name: string, path: string, isNew: boolean) {
    this.#handle = handle
    this.#name = name
    this.#path = path
    this.#isNew = isNew
  }

  static async open(name: string, path: string): Promise<TargetFile> {
    try {
      return new TargetFile(await open(path, 'r+'), name, path, false)
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw unusable(name, error)
    }
    const handle = await open(path, 'wx+').catch((error: unknown) => {
      throw unusable(name, error)
    })
    return new TargetFile(handle, name, path, true)
  }

  get at(): number {
    return this.#at
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size
  }

  async empty(): Promise<void> {
    // A device such as /dev/null is always empty and cannot be cut.
    if ((await this.size()) > 0) await this.#handle.truncate(0)
  }

  /** Takes the bytes that are there as the beginning of the video. @throws PlaykiteClientError when they are not */
  async goOn(size: number, manifest: ManifestBody, signal: AbortSignal): Promise<void> {
    if (size > manifest.size) throw this.#otherContent()
    for (const hash of manifest.chunks) {
      signal.throwIfAborted()
      const bytes = await this.#read(Math.min(manifest.chunkSize, manifest.size - this.#at, size - this.#at))
      const isWhole = bytes.length === Math.min(manifest.chunkSize, manifest.size - this.#at)
      if (!isWhole) {
        this.#tail = bytes
        return
      }
      if (createHash('sha256').update(bytes).digest('hex') !== hash) throw this.#otherContent()
      this.#at += bytes.length
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (Buffer.compare(this.#tail, bytes.subarray(0, this.#tail.length)) !== 0) throw this.#otherContent()
    this.#tail = new Uint8Array()
    try {
      for (let done = 0; done < bytes.length;) {
        const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, this.#at + done)
        done += bytesWritten
      }
    } catch (error) {
      throw unusable(this.#name, error)
    }
    this.#at += bytes.length
  }

  async close(): Promise<void> {
    await this.#handle.close()
    // Nothing came: then there is nothing to go on with.
    if (this.#isNew && this.#at === 0) await rm(this.#path)
  }

  /** The next `length` bytes, or as many as there are. */
  async #read(length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length)
    let done = 0
    while (done < length) {
      const { bytesRead } = await this.#handle.read(bytes, done, length - done, this.#at + done)
      if (bytesRead === 0) break
      done += bytesRead
    }
    return bytes.subarray(0, done)
  }

  #otherContent(): PlaykiteClientError {
    const message = `${safeText(this.#name)} has other content than the video.`
    return new PlaykiteClientError('bad-request', message, OTHER_NAME)
  }
}

function unusable(name: string, error: unknown): PlaykiteClientError {
  if (codeOf(error) === 'ENOSPC' || codeOf(error) === 'EDQUOT') {
    const remedy = 'Make room and run it again: it goes on where it stopped.'
    return new PlaykiteClientError('no-space', `No space for ${safeText(name)} on its disk.`, remedy, error)
  }
  const reasons: Readonly<Record<string, string>> = {
    ...{ EISDIR: 'it is a folder', ENOENT: 'its folder does not exist', ENOTDIR: 'its folder is none' },
    ...{ EACCES: 'not allowed', EPERM: 'not allowed', EROFS: 'its disk is read-only' },
  }
  const reason = reasons[codeOf(error) ?? ''] ?? (error instanceof Error ? error.message : String(error))
  const message = `${safeText(name)} cannot be written: ${reason}.`
  return new PlaykiteClientError('no-file', message, 'Choose another name with -o.', error)
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
