import { Level } from 'level'
import type { RecordOperation, Records } from '../ports/records.ts'
import { diskError, throwIfAborted } from './disk-errors.ts'

/**
 * `Records` in a LevelDB at `path`, which is created if it is not there. LevelDB locks it for this process.
 * @throws PlaykiteError folder-in-use, folder-unwritable, no-space, corrupt
 */
export async function openLevelRecords(path: string, signal: AbortSignal): Promise<Records> {
  throwIfAborted(signal)
  const level = new Level<string, Uint8Array>(path, { keyEncoding: 'utf8', valueEncoding: 'view' })
  try {
    await level.open()
  } catch (error) {
    throw diskError(error, `open the records in ${path}`)
  }
  return new LevelRecords(path, level)
}

class LevelRecords implements Records {
  readonly #path: string
  readonly #level: Level<string, Uint8Array>

  constructor(path: string, level: Level<string, Uint8Array>) {
    this.#path = path
    this.#level = level
  }

  async get(key: string, signal: AbortSignal): Promise<Uint8Array | undefined> {
    throwIfAborted(signal)
    try {
      return await this.#level.get(key)
    } catch (error) {
      throw diskError(error, `read a record in ${this.#path}`)
    }
  }

  async *entries(prefix: string, signal: AbortSignal): AsyncGenerator<readonly [string, Uint8Array]> {
    throwIfAborted(signal)
    const iterator = this.#level.iterator({ gte: prefix })
    try {
      for await (const entry of iterator) {
        if (!entry[0].startsWith(prefix)) break
        throwIfAborted(signal)
        yield entry
      }
    } catch (error) {
      throw diskError(error, `walk the records in ${this.#path}`)
    } finally {
      await iterator.close()
    }
  }

  async batch(
    operations: readonly RecordOperation[],
    options: { sync: boolean },
    signal: AbortSignal,
  ): Promise<void> {
    throwIfAborted(signal)
    const inLevel = operations.map((operation) =>
      operation.type === 'put' ? operation : { type: 'del' as const, key: operation.key },
    )
    try {
      await this.#level.batch(inLevel, { sync: options.sync })
    } catch (error) {
      throw diskError(error, `write records in ${this.#path}`)
    }
  }

  async close(): Promise<void> {
    await this.#level.close()
  }
}
