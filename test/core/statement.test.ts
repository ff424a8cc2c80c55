import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type VideoRecord,
  applyStatement,
  holdersOf,
  isListable,
  isRemoved,
  openRemovals,
  restorableUntil,
} from '../../src/core/catalogue-view.ts'
import { MAX_KEY_CHARACTERS, isStatementKey, sectionOfKey } from '../../src/core/catalogue-key.ts'
import { isTooFarAhead } from '../../src/core/clock-guard.ts'
import { ZERO_STAMP, compareStamps, laterStamp, nextStamp } from '../../src/core/hybrid-clock.ts'
import { parseCid } from '../../src/core/ids.ts'
import { MAX_CLOCK_AHEAD_MS, MAX_TITLE_CHARACTERS, UNDO_WINDOW_MS } from '../../src/core/limits.ts'
import { statementVersion, wins } from '../../src/core/merge.ts'
import type { Signed, StatementOf } from '../../src/core/statement-kinds.ts'
import { MAX_LIST_BYTES, packStatements, unpackStatements } from '../../src/core/statement-list.ts'
import { decodeStatement, readStatement } from '../../src/core/statement.ts'
import { madeUpId, madeUpSigner, signed } from '../support/made-up.ts'

const video = madeUpId(1)
const at = (ms: number) => ({ ms, n: 0 })
const cid = parseCid('bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku')!
const uuid = (n: number): string => madeUpId(1_000 + n)

const birth = (n: number, ms: number) =>
  signed<StatementOf<'birth'>>(madeUpSigner(n), {
    ...{ kind: 'birth', at: at(ms), video, cid, size: 5, type: 'video/mp4', extension: 'mp4' },
    ...{ duration: 1.5, codecs: null, createdAt: ms },
  })
const words = (n: number, ms: number, title = `Title ${n} ${ms}`) =>
  signed<StatementOf<'words'>>(madeUpSigner(n), {
    kind: 'words',
    at: at(ms),
    video,
    title,
    description: '',
    tags: [],
  })
const copy = (n: number, ms: number, state: StatementOf<'copy'>['state'] = 'keeps') =>
  signed<StatementOf<'copy'>>(madeUpSigner(n), { kind: 'copy', at: at(ms), video, state })
const removal = (n: number, ms: number) =>
  signed<StatementOf<'removal'>>(madeUpSigner(n), { kind: 'removal', at: at(ms), video, removal: uuid(n) })
const restore = (n: number, ms: number, removals: readonly number[]) =>
  signed<StatementOf<'restore'>>(madeUpSigner(n), {
    ...{ kind: 'restore', at: at(ms), video, restore: uuid(50 + n), removals: removals.map(uuid) },
  })

type VideoSigned = Signed<Exclude<Signed['statement'], StatementOf<'member'>>>

/** What a node that hears statements in this order ends with. */
function merged(statements: readonly VideoSigned[]): VideoRecord | undefined {
  const kept = new Map<string, VideoSigned>()
  let record: VideoRecord | undefined
  for (const statement of statements) {
    const known = kept.get(statement.key)
    if (known !== undefined && !wins(statement, known)) continue
    kept.set(statement.key, statement)
    record = applyStatement(record, statement.statement)
  }
  return record
}

const plain = (record: VideoRecord | undefined): unknown =>
  record && {
    ...record,
    copies: [...record.copies].toSorted(),
    removals: [...record.removals].toSorted(),
    restores: [...record.restores].toSorted(),
  }

describe('a statement', () => {
  it('is verified by the key inside the id of whoever says it', () => {
    const { bytes, statement } = birth(1, 1_000)
    expect(decodeStatement(bytes).statement).toEqual(statement)
    for (const place of [0, 63, 70, bytes.length - 3]) {
      const forged = Uint8Array.from(bytes)
      forged[place] = (forged[place] ?? 0) ^ 1
      expect(() => decodeStatement(forged)).toThrow(expect.objectContaining({ code: 'corrupt' }))
    }
  })

  it('is refused when a field is not what it should be, however well it is signed', () => {
    const signer = madeUpSigner(1)
    const good = words(1, 5).statement
    const bad: readonly object[] = [
      { title: 5 },
      { title: 'x'.repeat(MAX_TITLE_CHARACTERS + 1) },
      { title: '\uD800' },
      { tags: ['a', 5] },
      { video: 'x' },
      { at: { ms: -1, n: 0 } },
      { at: { ms: 1.5, n: 0 } },
      { kind: 'spell' },
    ]
    for (const change of bad) {
      expect(() => signed(signer, { ...good, ...change })).toThrow(
        expect.objectContaining({ code: 'corrupt' }),
      )
    }
    expect(() => readStatement(new Uint8Array(70))).toThrow(expect.objectContaining({ code: 'corrupt' }))
  })

  it('keeps fields that this version does not know', () => {
    const later = signed<StatementOf<'words'>>(madeUpSigner(1), {
      ...words(1, 5).statement,
      mood: 'good',
    } as never)
    expect(new TextDecoder().decode(decodeStatement(later.bytes).bytes)).toContain('"mood":"good"')
  })

  it('has a key by what it is about', () => {
    const keys = [birth(1, 1), words(1, 1), copy(1, 1), removal(1, 1), restore(1, 1, [1])].map(
      ({ key }) => key,
    )
    expect(new Set(keys).size).toBe(5)
    for (const key of keys) expect(isStatementKey(key)).toBe(true)
    expect(keys.map(sectionOfKey)).toEqual(['catalogue', 'catalogue', 'catalogue', 'removals', 'removals'])
    for (const key of ['', 'birth/', '../x', `birth/${'a'.repeat(MAX_KEY_CHARACTERS)}`, 'toString']) {
      expect(isStatementKey(key)).toBe(false)
    }
  })
})

describe('merging', () => {
  const pool: readonly VideoSigned[] = [
    ...[birth(1, 10), birth(2, 20), words(1, 10), words(2, 30), words(3, 30)],
    ...[
      copy(1, 11),
      copy(1, 40, 'none'),
      copy(2, 12),
      removal(1, 50),
      removal(2, 60),
      restore(1, 70, [1]),
      restore(2, 80, [2]),
    ],
  ]

  it('gives the same whatever the order and however often each is heard', () => {
    const heard = fc.array(fc.nat(pool.length - 1), { maxLength: 60 })
    fc.assert(
      fc.property(heard, (order) => {
        const some = [...order.map((index) => pool[index]!), ...pool]
        expect(plain(merged(some))).toEqual(plain(merged(pool)))
      }),
    )
  })

  it('joins two halves to the same as all at once', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...pool]), (half) => {
        const rest = pool.filter((statement) => !half.includes(statement))
        expect(plain(merged([...half, ...rest]))).toEqual(plain(merged([...rest, ...half])))
      }),
    )
  })

  it('keeps the first birth and the last words', () => {
    const record = merged(pool)!
    expect(record.birth?.at.ms).toBe(10)
    expect(record.words?.at.ms).toBe(30)
    const byId = words(2, 30).statement.by > words(3, 30).statement.by ? 'Title 2 30' : 'Title 3 30'
    expect(record.words?.title).toBe(byId)
    expect(holdersOf(record)).toEqual([copy(2, 12).statement.by])
  })

  it('never brings a removed video back by anything but a restore that names every removal', () => {
    const others = pool.filter(({ statement }) => statement.kind !== 'restore')
    const after = fc.array(fc.nat(others.length - 1), { maxLength: 40 })
    fc.assert(
      fc.property(after, fc.boolean(), fc.boolean(), (order, first, second) => {
        const restores = [...(first ? [restore(1, 70, [1])] : []), ...(second ? [restore(2, 80, [2])] : [])]
        const record = merged([...others, ...restores, ...order.map((index) => others[index]!)])!
        expect(isRemoved(record)).toBe(!(first && second))
        expect(isListable(record)).toBe(first && second)
        expect(openRemovals(record)).toHaveLength(2 - restores.length)
      }),
    )
  })

  it('counts the undo window from the removal', () => {
    expect(restorableUntil(merged([birth(1, 10), removal(1, 1_000)])!)).toBe(1_000 + UNDO_WINDOW_MS)
    expect(restorableUntil(merged([birth(1, 10)])!)).toBeUndefined()
  })

  it('lists only what has birth, words and a copy', () => {
    expect(isListable(merged([birth(1, 1), words(1, 1), copy(1, 1)])!)).toBe(true)
    expect(isListable(merged([words(1, 1), copy(1, 1)])!)).toBe(false)
    expect(isListable(merged([birth(1, 1), words(1, 1)])!)).toBe(false)
  })

  it('has versions that differ when bytes differ', () => {
    expect(statementVersion(words(1, 1).bytes)).not.toEqual(statementVersion(words(1, 2).bytes))
  })
})

describe('lists of statements', () => {
  it('are read as they were written, and cut where they are full', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }), (list) => {
        const { body, count } = packStatements(list)
        expect(count).toBe(list.length)
        expect(unpackStatements(body)).toEqual(list)
      }),
    )
    const large = Array.from({ length: 40 }, () => new Uint8Array(60_000))
    const { body, count } = packStatements(large)
    expect(count).toBeLessThan(40)
    expect(body.length).toBeLessThanOrEqual(MAX_LIST_BYTES)
    expect(() => unpackStatements(body.subarray(0, 100))).toThrow(
      expect.objectContaining({ code: 'bad-request' }),
    )
  })
})

describe('the hybrid clock', () => {
  it('stamps later than all that it has seen, and near the wall clock', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(1_000), fc.nat(1_000))), (steps) => {
        let last = ZERO_STAMP
        for (const [now, heard] of steps) {
          last = laterStamp(last, at(heard))
          const next = nextStamp(last, now)
          expect(compareStamps(next, last)).toBeGreaterThan(0)
          expect(next.ms).toBe(Math.max(now, last.ms))
          last = next
        }
      }),
    )
  })

  it('is guarded against records from the future, by the later of our clock and the median of the others', () => {
    const now = 1_000_000_000
    const limit = now + MAX_CLOCK_AHEAD_MS
    expect(isTooFarAhead(limit, now, [])).toBe(false)
    expect(isTooFarAhead(limit + 1, now, [])).toBe(true)
    expect(isTooFarAhead(limit + 1, now, [now + 1, now + 1, now - 9e9])).toBe(false)
    expect(isTooFarAhead(limit + 1, now, [now - 9e9, now - 9e9, now + 9e9])).toBe(true)
  })
})
