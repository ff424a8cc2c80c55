import type { RecordOperation, Records } from '../ports/records.ts'
import { throwIfAborted } from './disk-errors.ts'

/** `Records` in memory: for simulations and tests. */
export function memoryRecords(): Records {
  return new MemoryRecords()
}

class MemoryRecords implements Records {
  readonly #values = new Map<string, Uint8Array>()
  /** Keys in the order of their UTF-8 bytes, as in LevelDB; undefined after keys came or went, until somebody walks. */
  #sorted: readonly string[] | undefined

  async get(key: string, signal: AbortSignal): Promise<Uint8Array | undefined> {
    throwIfAborted(signal)
    return this.#values.get(key)
  }

  async *entries(prefix: string, signal: AbortSignal): AsyncGenerator<readonly [string, Uint8Array]> {
    throwIfAborted(signal)
    this.#sorted ??= [...this.#values.keys()].toSorted(byBytes)
    const walk = this.#sorted
      .filter((key) => key.startsWith(prefix))
      .map((key) => [key, this.#values.get(key)] as const)
    for (const [key, value] of walk) {
      throwIfAborted(signal)
      if (value !== undefined) yield [key, value]
    }
  }

  async batch(
    operations: readonly RecordOperation[],
    _options: { sync: boolean },
    signal: AbortSignal,
  ): Promise<void> {
    throwIfAborted(signal)
    for (const operation of operations) {
      if (operation.type === 'delete') this.#values.delete(operation.key)
      // A copy, as on disk: whoever gave the bytes may use their buffer again.
      else this.#values.set(operation.key, operation.value.slice())
    }
    this.#sorted = undefined
  }

  async close(): Promise<void> {}
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
