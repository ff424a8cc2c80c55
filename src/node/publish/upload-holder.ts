import type { NodeId } from '../../core/ids.ts'
import type { Signed } from '../../core/statement-kinds.ts'

/** One machine that takes an upload: which chunks it has, and whether it has committed. */
export class UploadHolder {
  readonly id: NodeId
  /** All chunks below are there. */
  #firstMissing = 0
  /** Chunks above that are there already. */
  readonly #beyond = new Set<number>()
  commit: 'no' | 'asked' | 'done' = 'no'
  copy: Signed | undefined

  constructor(id: NodeId) {
    this.id = id
  }

  has(index: number): boolean {
    return index < this.#firstMissing || this.#beyond.has(index)
  }

  add(index: number): void {
    this.#beyond.add(index)
    while (this.#beyond.delete(this.#firstMissing)) this.#firstMissing += 1
  }

  hasAll(count: number): boolean {
    return this.#firstMissing >= count
  }
}
