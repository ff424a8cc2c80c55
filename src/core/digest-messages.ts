/** The messages of a comparison, as bytes. A question names prefixes with the asker's digests; an answer has one part for each of them. */
import { type Digest, FAN_OUT, type Item, MAX_DEPTH, MAX_LEAF_ITEMS } from './digest-tree.ts'
import { PlaykiteError } from './errors.ts'
import { VERSION_BYTES } from './merge.ts'

/** Prefixes in one question: the longest answer, all lists, is then under 1 MiB. */
export const MAX_PREFIXES = 150
/** Keys of one list: a leaf, or more only at the tree's full depth. */
const MAX_LISTED = MAX_LEAF_ITEMS
const DIGEST_BYTES = 4 + VERSION_BYTES

export interface Asked {
  readonly prefix: string
  readonly digest: Digest
}

export type AnswerPart =
  | { readonly type: 'same' }
  | { readonly type: 'children'; readonly digests: readonly Digest[] }
  | { readonly type: 'items'; readonly items: readonly Item[] }

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export function encodeQuestion(asked: readonly Asked[]): Uint8Array {
  return Buffer.concat(asked.flatMap(({ prefix, digest }) => [shortText(prefix), digestBytes(digest)]))
}

/** @throws PlaykiteError bad-request */
export function decodeQuestion(bytes: Uint8Array): readonly Asked[] {
  const reader = new Reader(bytes)
  const asked: Asked[] = []
  while (!reader.isAtEnd) {
    if (asked.length === MAX_PREFIXES) throw damaged()
    const prefix = reader.text(MAX_DEPTH)
    if (!/^[0-9a-f]*$/.test(prefix)) throw damaged()
    asked.push({ prefix, digest: reader.digest() })
  }
  return asked
}

export function encodeAnswer(parts: readonly AnswerPart[]): Uint8Array {
  return Buffer.concat(parts.flatMap(encodePart))
}

/** @throws PlaykiteError bad-request */
export function decodeAnswer(bytes: Uint8Array): readonly AnswerPart[] {
  const reader = new Reader(bytes)
  const parts: AnswerPart[] = []
  while (!reader.isAtEnd) {
    if (parts.length === MAX_PREFIXES) throw damaged()
    parts.push(decodePart(reader))
  }
  return parts
}

function encodePart(part: AnswerPart): readonly Uint8Array[] {
  switch (part.type) {
    case 'same':
      return [Uint8Array.of(0)]
    case 'children':
      return [Uint8Array.of(1), ...part.digests.map(digestBytes)]
    case 'items': {
      const items = part.items.slice(0, MAX_LISTED)
      return [
        Uint8Array.of(2, items.length),
        ...items.flatMap(({ key, version }) => [shortText(key), version]),
      ]
    }
  }
}

function decodePart(reader: Reader): AnswerPart {
  switch (reader.byte()) {
    case 0:
      return { type: 'same' }
    case 1:
      return { type: 'children', digests: Array.from({ length: FAN_OUT }, () => reader.digest()) }
    case 2: {
      const length = reader.byte()
      if (length > MAX_LISTED) throw damaged()
      const items = Array.from({ length }, () => ({
        key: reader.text(255),
        version: reader.take(VERSION_BYTES),
      }))
      return { type: 'items', items }
    }
    default:
      throw damaged()
  }
}

function shortText(text: string): Uint8Array {
  const bytes = encoder.encode(text)
  return Buffer.concat([Uint8Array.of(bytes.length), bytes])
}

function digestBytes({ count, xor }: Digest): Uint8Array {
  const bytes = Buffer.alloc(DIGEST_BYTES)
  bytes.writeUInt32BE(count)
  bytes.set(xor, 4)
  return bytes
}

class Reader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length
  }

  take(length: number): Uint8Array {
    if (this.#at + length > this.#bytes.length) throw damaged()
    this.#at += length
    return this.#bytes.slice(this.#at - length, this.#at)
  }

  byte(): number {
    return this.take(1)[0] ?? 0
  }

  text(maxBytes: number): string {
    const length = this.byte()
    if (length > maxBytes) throw damaged()
    return decoder.decode(this.take(length))
  }

  digest(): Digest {
    const bytes = this.take(DIGEST_BYTES)
    const count = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
    return { count, xor: bytes.subarray(4) }
  }
}

function damaged(): PlaykiteError {
  return new PlaykiteError('bad-request', 'a message of a comparison is not valid')
}
