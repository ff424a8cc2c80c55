import { describe, expect, it } from 'vitest'
import { EVENTS_KEPT } from '../../src/contract/events.ts'
import type { EventLog } from '../../src/node/api.ts'
import { createEventLog } from '../../src/node/events.ts'
import { ManualClock } from '../support/manual-clock.ts'

const id = '11111111-1111-4111-8111-111111111111'
let starts = 0

/** An event log of a new start of a node. */
function started(clock = new ManualClock()): EventLog {
  starts += 1
  const uuid = `${starts.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`
  return createEventLog({ clock, random: { unit: () => 0, uuid: () => uuid } })
}

/** Tells the numbers `from` to `to` (inclusive), as copies of a video. */
function tell(log: EventLog, from: number, to: number): void {
  for (let copies = from; copies <= to; copies += 1) log.emit('copies', { id, copies, wanted: 3 })
}

/** A reader of a log: `take` gives the next events, as their number or name. */
function reader(log: EventLog, lastId?: string) {
  const stop = new AbortController()
  const events = log.follow(lastId, stop.signal)[Symbol.asyncIterator]()
  let last = lastId
  return {
    stop,
    lastId: () => last ?? '',
    async take(count: number): Promise<(number | string)[]> {
      const taken: (number | string)[] = []
      while (taken.length < count) {
        const { value, done } = await events.next()
        if (done === true) return [...taken, 'end']
        last = value.id
        taken.push(value.event === 'copies' ? value.data.copies : value.event)
      }
      return taken
    },
  }
}

describe('an event log', () => {
  it('gives a reader what happens from now on, in order, with the time', async () => {
    const clock = new ManualClock()
    await clock.advance(90_000)
    const log = started(clock)
    tell(log, 1, 2)
    const events = log.follow(undefined, new AbortController().signal)[Symbol.asyncIterator]()
    tell(log, 3, 3)
    const { value } = await events.next()
    expect(value).toMatchObject({
      event: 'copies',
      data: { at: '1970-01-01T00:01:30.000Z', id, copies: 3, wanted: 3 },
    })
  })

  it('counts "from now on" from the call, not from the first read', async () => {
    const log = started()
    const follower = reader(log)
    tell(log, 7, 7)
    expect(await follower.take(1)).toEqual([7])
  })

  it('wakes every reader that waits', async () => {
    const log = started()
    const both = [reader(log).take(2), reader(log).take(2)]
    tell(log, 1, 1)
    await Promise.resolve()
    tell(log, 2, 2)
    expect(await Promise.all(both)).toEqual([
      [1, 2],
      [1, 2],
    ])
  })

  it('replays what came after an id, and goes on from there', async () => {
    const log = started()
    const first = reader(log)
    tell(log, 1, 5)
    await first.take(2)
    first.stop.abort()
    const again = reader(log, first.lastId())
    expect(await again.take(3)).toEqual([3, 4, 5])
    tell(log, 6, 6)
    expect(await again.take(1)).toEqual([6])
  })

  it('replays to the last event that it keeps, and tells one further to read everything anew', async () => {
    const log = started()
    const [early, late] = [reader(log), reader(log)]
    tell(log, 1, 2)
    await early.take(1)
    await late.take(2)
    tell(log, 3, EVENTS_KEPT + 2)
    const replayed = await reader(log, late.lastId()).take(EVENTS_KEPT)
    expect([replayed[0], replayed.at(-1)]).toEqual([3, EVENTS_KEPT + 2])
    expect(await reader(log, early.lastId()).take(1)).toEqual(['reset'])
  })

  it('tells a slow reader to read everything anew, once, and then what comes', async () => {
    const log = started()
    const slow = reader(log)
    tell(log, 1, 1)
    expect(await slow.take(1)).toEqual([1])
    tell(log, 2, EVENTS_KEPT + 2)
    expect(await slow.take(1)).toEqual(['reset'])
    tell(log, 5, 6)
    expect(await slow.take(2)).toEqual([5, 6])
  })

  it('gives a reset an id from which a reader can go on', async () => {
    const log = started()
    tell(log, 1, 3)
    const lost = reader(log, 'nonsense')
    await lost.take(1)
    tell(log, 4, 4)
    expect(await reader(log, lost.lastId()).take(1)).toEqual([4])
  })

  it.each(['', '2', 'nonsense', '-1', 'x-y', '00000000-2'])(
    'answers the id "%s" with a reset',
    async (lastId) => {
      const log = started()
      tell(log, 1, 3)
      expect(await reader(log, lastId).take(1)).toEqual(['reset'])
    },
  )

  it('never takes the id of another start for one of its own', async () => {
    const [before, after] = [started(), started()]
    const follower = reader(before)
    tell(before, 1, 3)
    await follower.take(2)
    tell(after, 1, 3)
    expect(await reader(after, follower.lastId()).take(1)).toEqual(['reset'])
  })

  it('answers an id of the future with a reset', async () => {
    const log = started()
    const follower = reader(log)
    tell(log, 1, 1)
    await follower.take(1)
    expect(await reader(log, follower.lastId().replace(/1$/, '2')).take(1)).toEqual(['reset'])
  })

  it('ends for a reader whose signal fires, while it waits and before', async () => {
    const log = started()
    const waiting = reader(log)
    const taken = waiting.take(1)
    waiting.stop.abort()
    expect(await taken).toEqual(['end'])
    tell(log, 1, 1)
    expect(await waiting.take(1)).toEqual(['end'])
  })
})
