import { hash } from 'node:crypto'
import { VERSION_BYTES } from './merge.ts'

/** Children of a tree node: one for each hexadecimal digit. */
export const FAN_OUT = 16
/** Digits of a key's path: 64 bits of its SHA-256. Deeper, keys are listed. */
export const MAX_DEPTH = 16
/** Items of a leaf; one with more is split. About 3 KiB when listed, as much as ten rounds of digests. */
export const MAX_LEAF_ITEMS = 32

/** How many statements stand below a prefix, and the XOR of their marks: equal for equal sets, and updated in constant time. */
export interface Digest {
  readonly count: number
  readonly xor: Uint8Array
}

export interface Item {
  readonly key: string
  readonly version: Uint8Array
}

interface StoredItem extends Item {
  readonly path: string
  /** What the item adds to a digest: key and version hashed together, so that equal versions of two keys do not cancel out. */
  readonly mark: Uint8Array
}

const digits = '0123456789abcdef'
const nothing: Digest = { count: 0, xor: new Uint8Array(VERSION_BYTES) }

/** Keys and versions in a prefix tree over the keys' hashes (Merkle 1987; the XOR digests as in Dynamo's anti-entropy successors). */
export class DigestTree {
  readonly #versions = new Map<string, Uint8Array>()
  readonly #root = new TreeNode(0)

  get size(): number {
    return this.#versions.size
  }

  version(key: string): Uint8Array | undefined {
    return this.#versions.get(key)
  }

  set(key: string, version: Uint8Array): void {
    this.delete(key)
    this.#versions.set(key, version)
    this.#root.add(storedItem(key, version))
  }

  delete(key: string): void {
    const version = this.#versions.get(key)
    if (version === undefined) return
    this.#versions.delete(key)
    this.#root.remove(storedItem(key, version))
  }

  digest(prefix: string): Digest {
    const node = this.#root.find(prefix)
    if (node === undefined) return nothing
    return node.depth === prefix.length ? node : digestOf(node.below(prefix))
  }

  items(prefix: string): readonly Item[] {
    return this.#root.find(prefix)?.below(prefix) ?? []
  }
}

class TreeNode implements Digest {
  readonly depth: number
  readonly xor = new Uint8Array(VERSION_BYTES)
  count = 0
  #items: Map<string, StoredItem> | undefined = new Map()
  #children: (TreeNode | undefined)[] = []

  constructor(depth: number) {
    this.depth = depth
  }

  add(item: StoredItem): void {
    this.count += 1
    mix(this.xor, item.mark)
    if (this.#items === undefined) this.#childFor(item).add(item)
    else {
      this.#items.set(item.key, item)
      if (this.#items.size > MAX_LEAF_ITEMS && this.depth < MAX_DEPTH) this.#split(this.#items)
    }
  }

  remove(item: StoredItem): void {
    this.count -= 1
    mix(this.xor, item.mark)
    if (this.#items === undefined) this.#childFor(item).remove(item)
    else this.#items.delete(item.key)
  }

  /** The deepest node that holds all below `prefix`; undefined if there is nothing. */
  find(prefix: string): TreeNode | undefined {
    if (this.depth === prefix.length || this.#items !== undefined) return this
    return this.#children[digits.indexOf(prefix[this.depth] ?? '')]?.find(prefix)
  }

  below(prefix: string): readonly StoredItem[] {
    const own = [...(this.#items?.values() ?? [])].filter(({ path }) => path.startsWith(prefix))
    return [...own, ...this.#children.flatMap((child) => child?.below(prefix) ?? [])]
  }

  #split(items: ReadonlyMap<string, StoredItem>): void {
    this.#items = undefined
    for (const item of items.values()) this.#childFor(item).add(item)
  }

  #childFor({ path }: StoredItem): TreeNode {
    const index = digits.indexOf(path[this.depth] ?? '')
    return (this.#children[index] ??= new TreeNode(this.depth + 1))
  }
}

function storedItem(key: string, version: Uint8Array): StoredItem {
  const path = hash('sha256', key, 'hex').slice(0, MAX_DEPTH)
  const mark = hash('sha256', Buffer.concat([Buffer.from(key), version]), 'buffer').subarray(0, VERSION_BYTES)
  return { key, version, path, mark }
}

function digestOf(items: readonly StoredItem[]): Digest {
  const xor = new Uint8Array(VERSION_BYTES)
  for (const { mark } of items) mix(xor, mark)
  return { count: items.length, xor }
}

function mix(into: Uint8Array, mark: Uint8Array): void {
  for (let at = 0; at < into.length; at++) into[at] = (into[at] ?? 0) ^ (mark[at] ?? 0)
}
