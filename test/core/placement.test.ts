import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { NodeId } from '../../src/core/ids.ts'
import {
  type Candidate,
  MIN_FREE_FOR_UNKNOWN,
  chooseHolders,
  explainPlacement,
  nextHolder,
  rankNodes,
  score,
} from '../../src/core/placement.ts'
import { madeUpId, madeUpNode } from '../support/made-up.ts'

const GB = 1e9

const machine = (n: number, changes: Partial<Candidate> = {}): Candidate => {
  const id = madeUpNode(n)
  return {
    id,
    slot: id,
    capacity: 100 * GB,
    filledBytes: 0,
    freeBytes: 100 * GB,
    zone: `zone ${n}`,
    ...changes,
  }
}
const machines = (count: number): readonly Candidate[] => Array.from({ length: count }, (_, n) => machine(n))
const ids = (nodes: readonly { readonly id: NodeId }[]): readonly NodeId[] => nodes.map(({ id }) => id)

describe('the rank', () => {
  it('has the score of the formula, computed another way', () => {
    const video = madeUpId(1)
    const digest = createHash('sha256').update('slot').update(Buffer.of(0)).update(video).digest('hex')
    const u = (Number.parseInt(digest.slice(0, 13), 16) + 0.5) / 4_503_599_627_370_496
    expect(score('slot', 3, video)).toBeCloseTo(-3 / Math.log(u), 9)
  })

  it('is the same whatever the order of the members', () => {
    const shuffled = fc.shuffledSubarray([...machines(12)], { minLength: 12 })
    fc.assert(
      fc.property(shuffled, fc.nat(1_000), (order, n) => {
        expect(ids(rankNodes(madeUpId(n), order))).toEqual(ids(rankNodes(madeUpId(n), machines(12))))
      }),
    )
  })

  it('changes by a new machine only where that machine comes in', () => {
    for (let n = 0; n < 300; n++) {
      const before = ids(rankNodes(madeUpId(n), machines(9)))
      const after = ids(rankNodes(madeUpId(n), machines(10)))
      expect(after.filter((id) => id !== madeUpNode(9))).toEqual(before)
    }
  })

  it('puts machines first in proportion to their capacity', () => {
    const candidates = [machine(0, { capacity: 300 * GB }), machine(1), machine(2)]
    const firsts = Array.from({ length: 3_000 }, (_, n) => rankNodes(madeUpId(n), candidates)[0]!.id)
    const share = firsts.filter((id) => id === madeUpNode(0)).length / firsts.length
    // 3/5; the standard deviation of 3000 draws is 0.009.
    expect(share).toBeGreaterThan(0.56)
    expect(share).toBeLessThan(0.64)
  })

  it('leaves out machines that give nothing', () => {
    expect(rankNodes(madeUpId(1), [machine(0, { capacity: 0 }), machine(1)])).toHaveLength(1)
  })
})

describe('the choice', () => {
  it('takes the emptiest of the band', () => {
    const band = rankNodes(madeUpId(5), machines(12)).slice(0, 5)
    const filled = machines(12).map((node) => {
      const place = band.findIndex(({ id }) => id === node.id)
      return { ...node, filledBytes: place < 0 ? 0 : (5 - place) * GB }
    })
    const chosen = ids(chooseHolders(madeUpId(5), filled, { size: 1 }))
    expect(new Set(chosen)).toEqual(new Set(ids(band.slice(2))))
  })

  it('prefers machines of different zones to emptier ones', () => {
    const video = madeUpId(3)
    const [first, second, third, fourth] = rankNodes(video, machines(4))
    const candidates = [
      { ...first!, zone: 'rack' },
      { ...second!, zone: 'rack' },
      { ...third!, filledBytes: 50 * GB },
      { ...fourth!, filledBytes: 60 * GB },
    ]
    const chosen = ids(chooseHolders(video, candidates, { size: 1 }))
    expect(chosen).toContain(third!.id)
    expect(chosen).toContain(fourth!.id)
  })

  it('takes nobody without room, and goes beyond the band when the band is full', () => {
    const video = madeUpId(8)
    const ranked = rankNodes(video, machines(8))
    const full = new Set(ids(ranked.slice(0, 5)))
    const candidates = machines(8).map((node) => (full.has(node.id) ? { ...node, freeBytes: 10 } : node))
    expect(ids(chooseHolders(video, candidates, { size: 11 }))).toEqual(ids(ranked.slice(5)))
    expect(chooseHolders(video, candidates.slice(0, 0), { size: 11 })).toEqual([])
    const tight = machines(3).map((node) => ({ ...node, freeBytes: MIN_FREE_FOR_UNKNOWN - 1 }))
    expect(chooseHolders(video, tight, { size: null })).toEqual([])
  })

  it('replaces a machine by one that was not tried', () => {
    const video = madeUpId(2)
    const chosen = chooseHolders(video, machines(6), { size: 1 })
    const [failed, ...rest] = chosen
    const holders = new Set(ids(rest))
    const next = nextHolder(video, machines(6), { size: 1, holders, tried: new Set(ids(chosen)) })
    expect(ids(chosen)).not.toContain(next!.id)
    const all = new Set(ids(machines(6)))
    expect(nextHolder(video, machines(6), { size: 1, holders, tried: all })).toBeUndefined()
    expect(failed).toBeDefined()
  })

  it('keeps the fullest machine near the mean', () => {
    const filled = new Map(machines(12).map(({ id }) => [id, 0]))
    for (let n = 0; n < 3_000; n++) {
      const candidates = machines(12).map((node) => ({ ...node, filledBytes: filled.get(node.id)! }))
      const size = 1e6 * (1 + (n % 7))
      for (const { id } of chooseHolders(madeUpId(n), candidates, { size }))
        filled.set(id, filled.get(id)! + size)
    }
    const mean = [...filled.values()].reduce((sum, bytes) => sum + bytes, 0) / 12
    // The design has 1.02 to 1.05 when placing; this run gives 1.00 to 1.03, depending on the ids.
    expect(Math.max(...filled.values()) / mean).toBeLessThan(1.06)
  })
})

describe('why', () => {
  it('gives each machine its reason', () => {
    const video = madeUpId(4)
    const ranked = rankNodes(video, machines(7))
    const change = (n: number, changes: object): object => ({ ...ranked[n]!, alive: true, ...changes })
    const nodes = [
      change(0, {}),
      change(1, { alive: false }),
      change(2, { freeBytes: 0 }),
      change(3, { zone: ranked[0]!.zone }),
      change(4, {}),
      change(5, {}),
    ] as (Candidate & { alive: boolean })[]
    const explained = explainPlacement(video, nodes, { size: 5, holders: new Set([ranked[0]!.id]) })
    expect(explained.map(({ reason }) => reason)).toEqual([
      'chosen',
      'not-alive',
      'no-space',
      'same-zone',
      'fuller',
      'outside-band',
    ])
    expect(explained.map(({ position, inBand }) => [position, inBand])).toEqual([
      [1, true],
      [2, true],
      [3, true],
      [4, true],
      [5, true],
      [6, false],
    ])
  })
})
