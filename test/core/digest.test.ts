import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Comparison, answerCompare } from '../../src/core/digest.ts'
import { DigestTree, MAX_LEAF_ITEMS } from '../../src/core/digest-tree.ts'
import { statementVersion } from '../../src/core/merge.ts'
import { madeUpId } from '../support/made-up.ts'

const KiB = 1024

const version = (text: string): Uint8Array => statementVersion(Buffer.from(text))
const key = (n: number): string => `birth/${madeUpId(n)}`

function tree(entries: Iterable<readonly [string, string]>): DigestTree {
  const made = new DigestTree()
  for (const [name, text] of entries) made.set(name, version(text))
  return made
}

interface Outcome {
  readonly want: readonly string[]
  readonly offer: readonly string[]
  readonly bytes: number
  readonly rounds: number
}

function compare(asking: DigestTree, answering: DigestTree): Outcome {
  const comparison = new Comparison(asking)
  const [want, offer]: [string[], string[]] = [[], []]
  let [bytes, rounds] = [0, 0]
  for (;;) {
    const question = comparison.question()
    if (question === undefined) return { want: want.toSorted(), offer: offer.toSorted(), bytes, rounds }
    const answer = answerCompare(answering, question)
    const found = comparison.take(answer)
    want.push(...found.want)
    offer.push(...found.offer)
    bytes += question.length + answer.length
    rounds += 1
  }
}

/** The slow, obvious way. */
function difference(
  ours: ReadonlyMap<string, string>,
  theirs: ReadonlyMap<string, string>,
): { want: string[]; offer: string[] } {
  const lacking = (a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): string[] =>
    [...a]
      .filter(([name, text]) => b.get(name) !== text)
      .map(([name]) => name)
      .toSorted()
  return { want: lacking(theirs, ours), offer: lacking(ours, theirs) }
}

describe('comparing two catalogues', () => {
  const catalogue = fc.dictionary(fc.nat(400).map(key), fc.constantFrom('a', 'b'), {
    maxKeys: 300,
    noNullPrototype: true,
  })

  it('finds what a comparison of all entries finds', () => {
    fc.assert(
      fc.property(catalogue, catalogue, (a, b) => {
        const [ours, theirs] = [new Map(Object.entries(a)), new Map(Object.entries(b))]
        const { want, offer } = compare(tree(ours), tree(theirs))
        expect({ want, offer }).toEqual(difference(ours, theirs))
      }),
    )
  })

  it('does not depend on the order in which statements came, nor on those that were replaced', () => {
    fc.assert(
      fc.property(catalogue, (entries) => {
        const list = Object.entries(entries)
        const made = tree([...list.map(([name]) => [name, 'old'] as const), ...list.toReversed()])
        expect(compare(made, tree(list))).toMatchObject({ want: [], offer: [], rounds: 1 })
        for (const [name] of list) made.delete(name)
        expect(made.size).toBe(0)
        expect(compare(made, tree([]))).toMatchObject({ want: [], offer: [], rounds: 1 })
      }),
    )
  })

  const many = new Map(Array.from({ length: 10_000 }, (_, n) => [key(n), 'same'] as const))

  it('costs at most 1 KiB when nothing differs', () => {
    expect(compare(tree(many), tree(many)).bytes).toBeLessThanOrEqual(KiB)
  })

  it('costs at most 64 KiB with the statements themselves when 10 of 10 000 differ', () => {
    const changed = new Map<string, string>(many)
    for (let n = 0; n < 10; n++) changed.set(key(n * 997), 'other')
    const { want, offer, bytes } = compare(tree(many), tree(changed))
    expect(want).toHaveLength(10)
    expect(offer).toEqual(want)
    // A statement has about 400 bytes, and goes each way.
    expect(bytes + 2 * 10 * 400).toBeLessThanOrEqual(64 * KiB)
  })

  it('costs about the difference when one side has nothing', () => {
    const { offer, want, bytes } = compare(tree(many), tree([]))
    expect([offer.length, want.length]).toEqual([10_000, 0])
    expect(bytes).toBeLessThanOrEqual(KiB)
    expect(compare(tree([]), tree(many)).want).toHaveLength(10_000)
  })

  it('refuses what is no question and no answer, and ends whatever the other side says', () => {
    const ours = tree(many)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const refused = expect.objectContaining({ code: 'bad-request' })
        for (const attempt of [() => answerCompare(ours, bytes), () => takeFirst(ours, bytes)]) {
          try {
            attempt()
          } catch (error) {
            expect(error).toEqual(refused)
          }
        }
      }),
    )
    const liar = new Comparison(tree([]))
    let rounds = 0
    const children = Buffer.concat([Buffer.of(1), ...Array.from({ length: 16 }, () => Buffer.alloc(20, 9))])
    expect(() => {
      for (; liar.question() !== undefined && rounds < 1_000; rounds++) liar.take(children)
    }).toThrow(expect.objectContaining({ code: 'bad-request' }))
    expect(rounds).toBeLessThan(20)
  })

  it('splits its leaves', () => {
    expect(tree(many).items('').length).toBeGreaterThan(MAX_LEAF_ITEMS)
    expect(tree(many).digest('0').count).toBe(tree(many).items('0').length)
  })
})

function takeFirst(ours: DigestTree, answer: Uint8Array): void {
  const comparison = new Comparison(ours)
  comparison.question()
  comparison.take(answer)
}
