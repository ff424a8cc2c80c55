import { HASH_BYTES } from '../../core/manifest.ts'

/** Chunk hashes one after the other, as a manifest has them; grows as they come. */
export class HashList {
  #bytes = new Uint8Array(64 * HASH_BYTES)
  #count = 0

  get count(): number {
    return this.#count
  }

  /** All so far, concatenated. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#count * HASH_BYTES)
  }

  at(index: number): Uint8Array {
    return this.#bytes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES)
  }

  /** @returns its index */
  add(hash: Uint8Array): number {
    const index = this.#count
    if ((index + 1) * HASH_BYTES > this.#bytes.length) {
      const larger = new Uint8Array(this.#bytes.length * 2)
      larger.set(this.#bytes)
      this.#bytes = larger
    }
    this.#bytes.set(hash, index * HASH_BYTES)
    this.#count += 1
    return index
  }
}
