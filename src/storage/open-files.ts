import type { Files, OpenFile } from '../ports/files.ts'

/** Files of replicas kept open: one for each viewer of a busy node; the system allows about 1 000. */
const MAX_OPEN_FILES = 64

interface Entry {
  readonly file: Promise<OpenFile>
  users: number
  isLeaving: boolean
}

/** Keeps the files that were read last open. A file that is in use is closed by its last user. */
export class OpenFiles {
  readonly #files: Files
  readonly #open = new Map<string, Entry>()

  constructor(files: Files) {
    this.#files = files
  }

  async use<T>(path: string, signal: AbortSignal, work: (file: OpenFile) => Promise<T>): Promise<T> {
    const entry = this.#entry(path, signal)
    entry.users += 1
    try {
      return await work(await entry.file)
    } finally {
      entry.users -= 1
      if (entry.isLeaving && entry.users === 0) await (await entry.file).close()
    }
  }

  async close(path: string): Promise<void> {
    const entry = this.#open.get(path)
    if (entry === undefined) return
    this.#open.delete(path)
    entry.isLeaving = true
    if (entry.users === 0) await (await entry.file).close()
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#open.keys()].map((path) => this.close(path)))
  }

  #entry(path: string, signal: AbortSignal): Entry {
    const known = this.#open.get(path)
    if (known !== undefined) {
      this.#open.delete(path)
      this.#open.set(path, known)
      return known
    }
    const entry: Entry = {
      file: this.#files.open(path, { create: false }, signal),
      users: 0,
      isLeaving: false,
    }
    this.#open.set(path, entry)
    // Whoever asked hears of the failure; the next one tries again.
    entry.file.catch(() => this.#open.delete(path))
    this.#trim()
    return entry
  }

  #trim(): void {
    for (const [path, entry] of this.#open) {
      if (this.#open.size <= MAX_OPEN_FILES) return
      if (entry.users > 0) continue
      this.#open.delete(path)
      entry.isLeaving = true
      // Closing a file that was only read: a failure leaves nothing undone.
      entry.file.then((file) => file.close()).catch(() => undefined)
    }
  }
}
