import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { firstDialDelayMs, redialDelayMs } from '../../src/core/dial-timing.ts'
import {
  type Membership,
  type MembershipEvent,
  REPORT_VALID_MS,
  SUSPECT_MS,
  UNSEEN_MS,
  apply,
  emptyMembership,
  stateOf,
} from '../../src/core/membership.ts'
import { madeUpNode } from '../support/made-up.ts'

const self = madeUpNode(0)
const other = madeUpNode(1)
const third = madeUpNode(2)

/** Plays events at their times. */
function play(events: readonly (readonly [at: number, event: MembershipEvent])[]): Membership {
  return events.reduce((state, [at, event]) => apply(state, event, at).state, emptyMembership(self))
}
const tick = { type: 'tick' } as const

describe('membership', () => {
  it('takes a member for alive while it is connected', () => {
    expect(
      stateOf(
        play([
          [0, { type: 'known', id: other }],
          [1, { type: 'connected', id: other }],
        ]),
        other,
      ),
    ).toBe('alive')
  })

  it('suspects at once who is lost, and calls it dead when the redial failed and its time is over', () => {
    const lost: (readonly [number, MembershipEvent])[] = [
      [0, { type: 'connected', id: other }],
      [10, { type: 'disconnected', id: other }],
    ]
    expect(stateOf(play(lost), other)).toBe('suspect')
    expect(stateOf(play([...lost, [10 + SUSPECT_MS, tick]]), other)).toBe('suspect')
    const failed = [...lost, [20, { type: 'redial-failed', id: other }] as const]
    expect(stateOf(play([...failed, [9 + SUSPECT_MS, tick]]), other)).toBe('suspect')
    expect(stateOf(play([...failed, [10 + SUSPECT_MS, tick]]), other)).toBe('dead')
  })

  it('does not call dead whom another member reaches', () => {
    const events: (readonly [number, MembershipEvent])[] = [
      [0, { type: 'connected', id: other }],
      [10, { type: 'disconnected', id: other }],
      [20, { type: 'redial-failed', id: other }],
      [SUSPECT_MS, { type: 'report', by: third, connected: [other] }],
    ]
    expect(stateOf(play([...events, [SUSPECT_MS + 100, tick]]), other)).toBe('suspect')
    expect(stateOf(play([...events, [SUSPECT_MS + REPORT_VALID_MS + 1, tick]]), other)).toBe('dead')
  })

  it('gives a member that was never met some time to be found', () => {
    const known: (readonly [number, MembershipEvent])[] = [[0, { type: 'known', id: other }]]
    expect(stateOf(play([...known, [UNSEEN_MS - 1, tick]]), other)).toBe('suspect')
    expect(stateOf(play([...known, [UNSEEN_MS, tick]]), other)).toBe('dead')
  })

  it('keeps away who said goodbye until it is back', () => {
    const gone: (readonly [number, MembershipEvent])[] = [
      [0, { type: 'connected', id: other }],
      [1, { type: 'goodbye', id: other }],
      [2, { type: 'disconnected', id: other }],
      [1_000_000, tick],
    ]
    expect(stateOf(play(gone), other)).toBe('away')
    expect(stateOf(play([...gone, [1_000_001, { type: 'connected', id: other }]]), other)).toBe('alive')
  })

  it('holds for any events: this node is alive, who was connected last is never dead, and every change is told', () => {
    const ids = fc.constantFrom(self, other, third)
    const event: fc.Arbitrary<MembershipEvent> = fc.oneof(
      fc.record({
        type: fc.constantFrom('known', 'connected', 'disconnected', 'goodbye', 'redial-failed'),
        id: ids,
      }),
      fc.record({ type: fc.constant('report'), by: ids, connected: fc.array(ids) }),
      fc.constant(tick),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(8_000), event), { maxLength: 60 }), (steps) => {
        let state = emptyMembership(self)
        let now = 0
        const told = new Map<string, string>()
        let connected = new Set<string>()
        for (const [pause, next] of steps) {
          now += pause
          const step = apply(state, next, now)
          for (const { id, from, to } of step.changes) {
            expect(told.get(id)).toBe(from)
            told.set(id, to)
          }
          state = step.state
          if (next.type === 'connected' && next.id !== self) connected = new Set([...connected, next.id])
          if (next.type === 'disconnected' || next.type === 'goodbye')
            connected = new Set([...connected].filter((id) => id !== next.id))
          expect(stateOf(state, self)).toBe('alive')
          for (const id of [other, third]) if (connected.has(id)) expect(stateOf(state, id)).toBe('alive')
          for (const [id, { state: is }] of state.entries) expect(told.get(id)).toBe(is)
        }
      }),
    )
  })
})

describe('redialling', () => {
  it('lets the smaller id dial first, and waits longer each time, within bounds', () => {
    const [low, high] = [self, other].toSorted()
    expect(firstDialDelayMs(low!, high!)).toBe(0)
    expect(firstDialDelayMs(high!, low!)).toBeGreaterThan(0)
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (failures, unit) => {
          expect(redialDelayMs(failures + 1, 0)).toBeGreaterThanOrEqual(redialDelayMs(failures, 0))
          expect(redialDelayMs(failures, unit)).toBeLessThanOrEqual(20_000)
        },
      ),
    )
  })
})
