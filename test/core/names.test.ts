import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { copiesForSafe } from '../../src/core/acknowledgement.ts'
import { foldText } from '../../src/core/fold-text.ts'
import { assignNames } from '../../src/core/names.ts'
import { MIN_PREFIX, resolveNode, resolveVideo } from '../../src/core/resolve.ts'
import { madeUpId, madeUpNode } from '../support/made-up.ts'

describe('names of members', () => {
  const wish = (n: number, name: string, joinedAt: number) => ({ id: madeUpNode(n), name, joinedAt })

  it('stay with whoever joined first; others are numbered', () => {
    const names = assignNames([
      wish(1, 'lab', 30),
      wish(2, 'lab', 10),
      wish(3, 'lab', 20),
      wish(4, 'sala', 40),
    ])
    expect([1, 2, 3, 4].map((n) => names.get(madeUpNode(n)))).toEqual(['lab-3', 'lab', 'lab-2', 'sala'])
  })

  it('leave a numbered name to whoever wishes for it', () => {
    const names = assignNames([wish(1, 'lab', 1), wish(2, 'lab', 2), wish(3, 'lab-2', 3)])
    expect([1, 2, 3].map((n) => names.get(madeUpNode(n)))).toEqual(['lab', 'lab-3', 'lab-2'])
  })

  it('are unique and the same on every member, whatever the order', () => {
    const wishes = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'a-2', 'a-2-2'), fc.nat(5)), { maxLength: 20 })
    fc.assert(
      fc.property(wishes, fc.infiniteStream(fc.nat()), (made, order) => {
        const members = made.map(([name, joinedAt], n) => wish(n, name, joinedAt))
        const names = assignNames(members)
        expect(new Set(names.values()).size).toBe(members.length)
        const shuffled = members
          .map((member) => ({ member, at: order.next().value }))
          .toSorted((a, b) => Number(a.at) - Number(b.at))
          .map(({ member }) => member)
        expect(new Map([...assignNames(shuffled)].toSorted())).toEqual(new Map([...names].toSorted()))
      }),
    )
  })
})

describe('naming a video or a node', () => {
  const videos = [1, 2, 3].map((n) => ({ id: madeUpId(n), title: n === 3 ? 'Same' : `Title ${n}` }))

  it('works by id, exact title, and unique prefix', () => {
    const [first] = videos
    expect(resolveVideo(first!.id, videos)).toEqual({ type: 'one', id: first!.id })
    expect(resolveVideo('Title 2', videos)).toEqual({ type: 'one', id: videos[1]!.id })
    expect(resolveVideo(first!.id.slice(0, MIN_PREFIX), videos)).toEqual({ type: 'one', id: first!.id })
    expect(resolveVideo(first!.id.slice(0, MIN_PREFIX - 1), videos)).toEqual({ type: 'none' })
    expect(resolveVideo('title 2', videos)).toEqual({ type: 'none' })
    expect(resolveNode('lab', [{ id: madeUpNode(1), name: 'lab' }])).toEqual({
      type: 'one',
      id: madeUpNode(1),
    })
  })

  it('tells all that fit', () => {
    const twice = [...videos, { id: madeUpId(9), title: 'Same' }]
    expect(resolveVideo('Same', twice)).toEqual({ type: 'many', ids: [madeUpId(3), madeUpId(9)] })
  })

  it('takes a title in either Unicode form', () => {
    const coracao = { id: madeUpId(4), title: 'Coração'.normalize('NFC') }
    expect(resolveVideo('Coração'.normalize('NFD'), [coracao])).toEqual({ type: 'one', id: coracao.id })
  })
})

describe('text for searching', () => {
  it('has no accents and no capitals, from either Unicode form', () => {
    expect(foldText('Coração'.normalize('NFD'))).toBe('coracao')
    expect(foldText('ÀÉÎÕÜÇ ﬁlm')).toBe('aeiouc film')
  })
})

describe('the acknowledgement', () => {
  it('needs two copies, or as many as there are machines to keep one', () => {
    expect([0, 1, 2, 3, 50].map(copiesForSafe)).toEqual([1, 1, 2, 2, 2])
  })
})
