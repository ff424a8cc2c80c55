import { describe, expect, it } from 'vitest'
import { PlaykiteError } from '../../src/core/errors.ts'
import type { NodeId } from '../../src/core/ids.ts'
import { MAX_KNOWN_NODES, Redialler } from '../../src/protocols/redial.ts'
import { keptLog } from '../support/hosts.ts'
import { ManualClock } from '../support/manual-clock.ts'

const self = 'm-self' as NodeId
const larger = 'z-node' as NodeId
const smaller = 'a-node' as NodeId

interface Dial {
  readonly id: NodeId
  readonly at: number
  readonly addresses: readonly string[]
}

/** A redialler in a world where `answering` nodes answer at once, and dials of others fail after `hangMs`. */
function world(hangMs = 0) {
  const clock = new ManualClock()
  const connected = new Set<NodeId>()
  const answering = new Set<NodeId>()
  const dials: Dial[] = []
  const found = new Map<NodeId, string[]>()
  let underWay = 0
  let mostUnderWay = 0
  const redialler = new Redialler({
    self,
    clock,
    random: { unit: () => 0, uuid: () => '' },
    log: keptLog(),
    isConnected: (id) => connected.has(id),
    dial: async (id, addresses, signal) => {
      dials.push({ id, at: clock.monotonic(), addresses })
      const answers = answering.has(id)
      underWay += 1
      mostUnderWay = Math.max(mostUnderWay, underWay)
      try {
        if (hangMs > 0 && !answers) await clock.sleep(hangMs, signal)
      } finally {
        underWay -= 1
      }
      if (!answers) throw new PlaykiteError('unreachable', 'nobody there')
      connected.add(id)
      redialler.connected(id)
    },
    find: async (id) => found.get(id) ?? [],
  })
  const controller = new AbortController()
  const running = redialler.run(controller.signal)
  const stop = async (): Promise<void> => {
    controller.abort()
    await running
  }
  const lose = (id: NodeId): void => {
    connected.delete(id)
    redialler.disconnected(id)
  }
  const timesOf = (id: NodeId): number[] => dials.filter((dial) => dial.id === id).map((dial) => dial.at)
  return {
    clock,
    redialler,
    answering,
    connected,
    dials,
    found,
    stop,
    lose,
    timesOf,
    most: () => mostUnderWay,
  }
}

describe('redialler', () => {
  it('dials a larger id at once, and leaves a smaller one the first 1.5 s', async () => {
    const { clock, redialler, timesOf, stop } = world()
    redialler.learn(larger, ['/l'], true)
    redialler.learn(smaller, ['/s'], true)
    await clock.advance(1_600)
    expect(timesOf(larger)[0]).toBe(0)
    expect(timesOf(smaller)).toEqual([1_500])
    await stop()
  })

  it('does not dial a smaller id that dialled in the meantime', async () => {
    const { clock, redialler, connected, dials, stop } = world()
    redialler.learn(smaller, ['/s'], true)
    await clock.advance(1_000)
    connected.add(smaller)
    redialler.connected(smaller)
    await clock.advance(60_000)
    expect(dials).toEqual([])
    await stop()
  })

  it('waits longer after each failure up to 15 s, for ever', async () => {
    const { clock, redialler, timesOf, stop } = world()
    redialler.learn(larger, ['/l'], false)
    await clock.advance(600_000)
    const times = timesOf(larger)
    const gaps = times.slice(1).map((at, index) => at - times[index]!)
    expect(gaps.slice(0, 3)).toEqual([500, 750, 1_125])
    expect(gaps.every((gap, index) => index === 0 || gap >= gaps[index - 1]!)).toBe(true)
    expect(gaps.at(-1)).toBe(15_000)
    expect(times.length).toBeGreaterThan(600_000 / 15_000)
    await stop()
  })

  it('dials at once when the node is seen again, with the newest address first, but not twice in half a second', async () => {
    const { clock, redialler, answering, dials, timesOf, stop } = world()
    redialler.learn(larger, ['/old'], false)
    await clock.advance(100_000)
    const before = timesOf(larger).length
    redialler.learn(larger, ['/new'], true)
    for (let i = 0; i < 10; i += 1) redialler.learn(larger, ['/new'], true)
    await clock.advance(0)
    expect(timesOf(larger).length).toBe(before + 1)
    expect(dials.at(-1)!.addresses).toEqual(['/new', '/old'])
    for (let i = 0; i < 10; i += 1) redialler.learn(larger, ['/new'], true)
    await clock.advance(499)
    expect(timesOf(larger).length).toBe(before + 1)
    answering.add(larger)
    await clock.advance(1)
    expect(timesOf(larger).length).toBe(before + 2)
    await stop()
  })

  it('dials soon a node that was announced while a dial of it hung', async () => {
    const { clock, redialler, answering, timesOf, stop } = world(5_000)
    redialler.learn(larger, ['/old'], false)
    while (timesOf(larger).length < 10) await clock.advance(100)
    answering.add(larger)
    redialler.learn(larger, ['/new'], true)
    await clock.advance(5_000)
    expect(timesOf(larger).length).toBe(11)
    await stop()
  })

  it('dials a lost node again, and stops while it is connected', async () => {
    const { clock, redialler, answering, lose, timesOf, stop } = world()
    answering.add(larger)
    redialler.learn(larger, ['/l'], true)
    await clock.advance(120_000)
    expect(timesOf(larger)).toEqual([0])
    lose(larger)
    await clock.advance(10)
    expect(timesOf(larger)).toEqual([0, 120_000])
    await stop()
  })

  it('asks the others for a node without an address, and dials it there', async () => {
    const { clock, redialler, found, dials, stop } = world()
    found.set(larger, ['/found'])
    redialler.learn(larger, [], false)
    await clock.advance(1)
    expect(dials[0]).toMatchObject({ id: larger, addresses: ['/found'] })
    await stop()
  })

  it('dials a bounded number at once, and those that hang do not hold up one that is back', async () => {
    const { clock, redialler, answering, timesOf, most, stop } = world(5_000)
    for (let i = 0; i < 300; i += 1) redialler.learn(`x${String(i)}` as NodeId, ['/x'], false)
    await clock.advance(600_000)
    expect(most()).toBe(16)
    answering.add(larger)
    redialler.learn(larger, ['/l'], true)
    await clock.advance(5_000)
    expect(timesOf(larger).length).toBe(1)
    await stop()
  })

  it('remembers a bounded number of nodes, and none that is connected is forgotten', async () => {
    const { redialler, connected, stop } = world()
    connected.add(larger)
    redialler.connected(larger)
    redialler.learn(larger, ['/l'], false)
    for (let i = 0; i < 3 * MAX_KNOWN_NODES; i += 1) redialler.learn(`n${String(i)}` as NodeId, ['/n'], false)
    expect(redialler.addressesOf(larger)).toEqual(['/l'])
    const known = Array.from({ length: 3 * MAX_KNOWN_NODES }, (_, i) =>
      redialler.addressesOf(`n${String(i)}` as NodeId),
    )
    expect(known.filter((addresses) => addresses.length > 0).length).toBe(MAX_KNOWN_NODES - 1)
    await stop()
  })

  it('never learns of itself', async () => {
    const { clock, redialler, dials, stop } = world()
    redialler.learn(self, ['/me'], true)
    await clock.advance(10_000)
    expect(dials).toEqual([])
    await stop()
  })
})
