/**
 * Finds in which statements two catalogues differ, at a cost that follows the difference. One side asks, the other only answers: it
 * compares digests, prefix by prefix, and lists what stands below where they differ and little is there.
 */
import { isStatementKey } from './catalogue-key.ts'
import {
  type AnswerPart,
  type Asked,
  MAX_PREFIXES,
  decodeAnswer,
  decodeQuestion,
  encodeAnswer,
  encodeQuestion,
} from './digest-messages.ts'
import { type Digest, type DigestTree, FAN_OUT, MAX_DEPTH, MAX_LEAF_ITEMS } from './digest-tree.ts'
import { PlaykiteError } from './errors.ts'

export interface Difference {
  /** Keys that the other side has and we lack, or has another version of. */
  readonly want: readonly string[]
  /** Keys that we have and the other side lacks, or has another version of. */
  readonly offer: readonly string[]
}

/** The answering side: nothing is kept between two questions. @throws PlaykiteError bad-request */
export function answerCompare(tree: DigestTree, question: Uint8Array): Uint8Array {
  return encodeAnswer(decodeQuestion(question).map((asked) => answerPart(tree, asked)))
}

function answerPart(tree: DigestTree, { prefix, digest }: Asked): AnswerPart {
  const own = tree.digest(prefix)
  if (isSame(own, digest)) return { type: 'same' }
  if (own.count <= MAX_LEAF_ITEMS || prefix.length === MAX_DEPTH)
    return { type: 'items', items: tree.items(prefix) }
  return { type: 'children', digests: childPrefixes(prefix).map((child) => tree.digest(child)) }
}

/**
 * The asking side. It ends: every answer is about prefixes that were asked for, and every further question is one digit deeper, of which
 * there are MAX_DEPTH.
 */
export class Comparison {
  readonly #tree: DigestTree
  readonly #pending: string[] = ['']
  #asked: readonly string[] = []

  constructor(tree: DigestTree) {
    this.#tree = tree
  }

  /** The next question; undefined when all is compared. */
  question(): Uint8Array | undefined {
    this.#asked = this.#pending.splice(0, MAX_PREFIXES)
    if (this.#asked.length === 0) return undefined
    return encodeQuestion(this.#asked.map((prefix) => ({ prefix, digest: this.#tree.digest(prefix) })))
  }

  /** @throws PlaykiteError bad-request when it is no answer to the last question */
  take(answer: Uint8Array): Difference {
    const parts = decodeAnswer(answer)
    if (parts.length !== this.#asked.length) throw notAnAnswer()
    const differences = this.#asked.map((prefix, index) =>
      this.#compare(prefix, parts[index] ?? { type: 'same' }),
    )
    return { want: differences.flatMap(({ want }) => want), offer: differences.flatMap(({ offer }) => offer) }
  }

  #compare(prefix: string, part: AnswerPart): Difference {
    switch (part.type) {
      case 'same':
        return { want: [], offer: [] }
      case 'items':
        return this.#difference(prefix, part)
      case 'children': {
        if (prefix.length >= MAX_DEPTH) throw notAnAnswer()
        const children = childPrefixes(prefix)
        const differ = children.filter(
          (child, index) => !isSame(this.#tree.digest(child), part.digests[index]),
        )
        this.#pending.push(...differ)
        return { want: [], offer: [] }
      }
    }
  }

  #difference(prefix: string, { items }: Extract<AnswerPart, { type: 'items' }>): Difference {
    if (items.some(({ key }) => !isStatementKey(key))) throw notAnAnswer()
    const theirs = new Map(items.map(({ key, version }) => [key, version]))
    const differs = (version: Uint8Array, other: Uint8Array | undefined): boolean =>
      other === undefined || Buffer.compare(version, other) !== 0
    return {
      want: items
        .filter(({ key, version }) => differs(version, this.#tree.version(key)))
        .map(({ key }) => key),
      offer: this.#tree
        .items(prefix)
        .filter(({ key, version }) => differs(version, theirs.get(key)))
        .map(({ key }) => key),
    }
  }
}

function childPrefixes(prefix: string): readonly string[] {
  return Array.from({ length: FAN_OUT }, (_, digit) => prefix + digit.toString(16))
}

function isSame(a: Digest, b: Digest | undefined): boolean {
  return b !== undefined && a.count === b.count && Buffer.compare(a.xor, b.xor) === 0
}

function notAnAnswer(): PlaykiteError {
  return new PlaykiteError('bad-request', 'the other machine answered another question of a comparison')
}
