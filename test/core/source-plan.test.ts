import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type FlowWindow,
  WINDOW_MS,
  delivered,
  emptyWindow,
  resumed,
  windowChunks,
} from '../../src/core/flow-window.ts'
import type { NodeId } from '../../src/core/ids.ts'
import { CHUNK_BYTES, MAX_CHUNKS_IN_FLIGHT } from '../../src/core/limits.ts'
import {
  MAX_HEDGE_MS,
  MAX_READ_AHEAD,
  MIN_HEDGE_MS,
  MIN_READ_AHEAD,
  type SourcePlan,
  emptyPlan,
  hedgeAfterMs,
  noteCancelled,
  noteDone,
  noteFailed,
  noteStart,
  pickSource,
  readAheadChunks,
} from '../../src/core/source-plan.ts'
import { madeUpNode } from '../support/made-up.ts'

const [fast, slow, frozen] = [madeUpNode(1), madeUpNode(2), madeUpNode(3)]

/** A holder that answers all the time, so many times. */
const practised = (id: NodeId, tookMs: number, times = 20): SourcePlan =>
  Array.from({ length: times }).reduce<SourcePlan>(
    (plan) => noteDone(noteStart(plan, id), id, tookMs),
    emptyPlan,
  )

describe('choosing a holder', () => {
  it('asks the one that should answer first', () => {
    const plan = noteDone(noteStart(practised(fast, 20), slow), slow, 500)
    expect(pickSource(plan, [slow, fast], 0)).toBe(fast)
    expect(pickSource(plan, [slow, fast], 0, new Set([fast]))).toBe(slow)
    expect(pickSource(plan, [], 0)).toBeUndefined()
  })

  it('spreads over equal holders', () => {
    let plan: SourcePlan = emptyPlan
    const asked: (NodeId | undefined)[] = []
    for (let n = 0; n < 4; n++) {
      const next = pickSource(plan, [fast, slow], 0)
      asked.push(next)
      plan = noteStart(plan, next!)
    }
    expect(asked.filter((id) => id === fast)).toHaveLength(2)
  })

  it('leaves one that failed alone for a while, longer each time, unless there is nobody else', () => {
    const once = noteFailed(noteStart(emptyPlan, frozen), frozen, 0)
    expect(pickSource(once, [frozen, slow], 500)).toBe(slow)
    expect(pickSource(once, [frozen], 500)).toBe(frozen)
    const five = Array.from({ length: 5 }).reduce<SourcePlan>(
      (plan) => noteFailed(plan, frozen, 0),
      emptyPlan,
    )
    const busy = noteStart(noteStart(practised(slow, 1_000), slow), slow)
    const both = { holders: new Map([...five.holders, ...busy.holders]) }
    expect(pickSource(both, [frozen, slow], 10_000)).toBe(slow)
    expect(pickSource(both, [frozen, slow], 100_000)).toBe(frozen)
  })

  it('hedges after twice what almost all answers took, within bounds', () => {
    expect(hedgeAfterMs(practised(fast, 5), fast)).toBe(MIN_HEDGE_MS)
    expect(hedgeAfterMs(practised(slow, 400), slow)).toBe(800)
    expect(hedgeAfterMs(practised(slow, 60_000), slow)).toBe(MAX_HEDGE_MS)
    expect(hedgeAfterMs(emptyPlan, frozen)).toBeLessThanOrEqual(MAX_HEDGE_MS)
  })

  it('pauses a holder that lost a race only if it was late', () => {
    const early = noteCancelled(noteStart(practised(slow, 400), slow), slow, 100, 0)
    expect(
      pickSource(
        { holders: new Map([...early.holders, ...practised(fast, 5_000).holders]) },
        [slow, fast],
        1,
      ),
    ).toBe(slow)
    const late = noteCancelled(noteStart(practised(slow, 400), slow), slow, 900, 0)
    expect(
      pickSource({ holders: new Map([...late.holders, ...practised(fast, 5_000).holders]) }, [slow, fast], 1),
    ).toBe(fast)
  })

  it('reads a few chunks ahead, more when answers are slow', () => {
    expect(readAheadChunks(practised(fast, 10))).toBeLessThan(readAheadChunks(practised(slow, 900)))
    for (const ms of [0, 50, 1e6]) {
      expect(readAheadChunks(practised(fast, ms))).toBeGreaterThan(MIN_READ_AHEAD)
      expect(readAheadChunks(practised(fast, ms))).toBeLessThanOrEqual(MAX_READ_AHEAD)
    }
  })
})

describe('watching with one holder frozen and one at 1 MiB/s', () => {
  /** Virtual time: each request takes what its holder takes; a second one is asked when the first is late. */
  function watch(chunks: number): { requests: number; tookMs: number; by: ReadonlyMap<NodeId, number> } {
    const times = new Map([
      [fast, 25],
      [slow, 1_000],
      [frozen, Number.POSITIVE_INFINITY],
    ])
    let plan: SourcePlan = emptyPlan
    let [now, requests] = [0, 0]
    const by = new Map<NodeId, number>()
    for (let chunk = 0; chunk < chunks; chunk++) {
      const asked = new Map<NodeId, number>()
      for (;;) {
        const id = pickSource(plan, [...times.keys()], now, new Set(asked.keys()))
        const answers = [...asked].map(([holder, at]) => ({ holder, at, ends: at + times.get(holder)! }))
        if (id !== undefined) {
          plan = noteStart(plan, id)
          requests += 1
          asked.set(id, now)
          answers.push({ holder: id, at: now, ends: now + times.get(id)! })
        }
        const first = answers.toSorted((a, b) => a.ends - b.ends)[0]!
        const patience = id === undefined ? Number.POSITIVE_INFINITY : now + hedgeAfterMs(plan, id)
        now = Math.min(first.ends, patience)
        if (first.ends > patience) continue
        plan = noteDone(plan, first.holder, now - first.at)
        by.set(first.holder, (by.get(first.holder) ?? 0) + 1)
        for (const [holder, at] of asked)
          if (holder !== first.holder) plan = noteCancelled(plan, holder, now - at, now)
        break
      }
    }
    return { requests, tookMs: now, by }
  }

  it('gets every chunk, and wastes at most a tenth of the requests', () => {
    const { requests, tookMs, by } = watch(400)
    expect([...by.values()].reduce((sum, count) => sum + count, 0)).toBe(400)
    expect(by.has(frozen)).toBe(false)
    expect(requests).toBeLessThanOrEqual(400 * 1.1)
    // Alone the fast one needs 10 s.
    expect(tookMs).toBeLessThan(20_000)
  })
})

describe('the window of chunks in flight', () => {
  const at = (rate: number): FlowWindow => ({ rate, since: 0, bytes: 0 })

  it('is 150 ms of the rate, from one chunk to eight', () => {
    expect(windowChunks(at(1))).toBe(1)
    expect(windowChunks(at(12.5e6))).toBe(2)
    expect(windowChunks(at((5 * CHUNK_BYTES * 1000) / WINDOW_MS))).toBe(5)
    expect(windowChunks(at(1e9))).toBe(MAX_CHUNKS_IN_FLIGHT)
    expect(windowChunks(emptyWindow(0))).toBeGreaterThanOrEqual(1)
  })

  it('follows the rate at which chunks are delivered', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1e5, max: 1e9 }), (rate) => {
        let window = emptyWindow(0)
        let now = 0
        for (let n = 0; n < 200; n++) {
          now += (CHUNK_BYTES / rate) * 1000
          window = delivered(window, CHUNK_BYTES, now)
        }
        const wanted = Math.ceil((rate * WINDOW_MS) / 1000 / CHUNK_BYTES)
        expect(Math.abs(windowChunks(window) - Math.min(8, Math.max(1, wanted)))).toBeLessThanOrEqual(1)
      }),
    )
  })

  it('does not take a pause for slowness', () => {
    const busy = delivered(emptyWindow(0), 20 * CHUNK_BYTES, 200)
    const later = delivered(resumed(busy, 60_000), 20 * CHUNK_BYTES, 60_200)
    expect(windowChunks(later)).toBe(windowChunks(busy))
  })
})
