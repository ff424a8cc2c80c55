import type { Connection } from '@libp2p/interface'
import { describe, expect, it } from 'vitest'
import type { NodeId } from '../../src/core/ids.ts'
import { Connections } from '../../src/protocols/connections.ts'
import { keptLog } from '../support/hosts.ts'
import { ManualClock } from '../support/manual-clock.ts'

const smaller = 'a-node' as NodeId
const larger = 'z-node' as NodeId

/** One side's view of its connections to one peer. */
function side(self: NodeId, peer: NodeId) {
  const clock = new ManualClock()
  const events: string[] = []
  const told = {
    connected: () => void events.push('connected'),
    disconnected: () => void events.push('disconnected'),
  }
  const connections = new Connections(self, clock, keptLog(), told, new AbortController().signal)
  const open = new Set<string>()
  const openOne = (name: string, direction: 'inbound' | 'outbound'): void => {
    const connection = {
      id: name,
      direction,
      status: 'open',
      abort: () => {
        open.delete(name)
        connections.closed(peer, connection)
      },
    } as unknown as Connection
    open.add(name)
    connections.opened(peer, connection)
  }
  return { clock, connections, events, open, openOne, best: () => connections.best(peer)?.id }
}

describe('connections of a pair', () => {
  it('keep on both sides the one that the smaller id dialled, in whatever order they came', async () => {
    for (const order of [
      ['by-smaller', 'by-larger'],
      ['by-larger', 'by-smaller'],
    ]) {
      for (const [self, peer] of [
        [smaller, larger],
        [larger, smaller],
      ] as const) {
        const one = side(self, peer)
        for (const name of order) {
          const dialler = name === 'by-smaller' ? smaller : larger
          one.openOne(name, dialler === self ? 'outbound' : 'inbound')
          await one.clock.advance(200)
        }
        expect(one.best()).toBe('by-smaller')
        expect(one.open.size).toBe(2)
        await one.clock.advance(1_000)
        expect([...one.open]).toEqual(['by-smaller'])
        expect(one.events).toEqual(['connected'])
      }
    }
  })

  it('keep the newer of an old one and one that the peer dialled since: it has lost the old one', async () => {
    const one = side(smaller, larger)
    one.openOne('old', 'outbound')
    await one.clock.advance(60_000)
    one.openOne('new', 'inbound')
    expect(one.best()).toBe('new')
    await one.clock.advance(1_000)
    expect([...one.open]).toEqual(['new'])
    expect(one.events).toEqual(['connected'])
  })

  it('close none if only one is left by then, and tell when the last is gone', async () => {
    const one = side(smaller, larger)
    one.openOne('first', 'inbound')
    one.openOne('second', 'outbound')
    one.connections.drop(larger, 'test')
    expect(one.events).toEqual(['connected', 'disconnected'])
    one.openOne('third', 'inbound')
    await one.clock.advance(2_000)
    expect([...one.open]).toEqual(['third'])
    expect(one.connections.ids()).toEqual([larger])
  })
})
