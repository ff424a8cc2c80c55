import { describe, expect, it } from 'vitest'
import { PlaykiteError } from '../../src/core/errors.ts'
import type { NodeId } from '../../src/core/ids.ts'
import { type HedgedRequest, Sources, hedged } from '../../src/node/chunks/hedged.ts'
import { forever } from '../support/hosts.ts'
import { madeUpNode } from '../support/made-up.ts'
import { ManualClock } from '../support/manual-clock.ts'

const [fast, frozen, failing] = [madeUpNode(1), madeUpNode(2), madeUpNode(3)]

/** Holders by what they do; which were asked, and which were told to stop. */
function holders(clock: ManualClock, candidates: () => readonly NodeId[]) {
  const asked: NodeId[] = []
  const stopped: NodeId[] = []
  const request: HedgedRequest<string> = {
    candidates,
    stallMs: 25_000,
    onFailed: () => {},
    ask: async (holder, signal) => {
      asked.push(holder)
      signal.addEventListener('abort', () => stopped.push(holder))
      if (holder === failing) throw new PlaykiteError('corrupt', 'wrong bytes')
      await clock.sleep(holder === frozen ? 1e9 : 50, signal)
      return `from ${holder}`
    },
  }
  return { request, asked, stopped }
}

describe('asking several holders', () => {
  it('goes to another at once when one fails', async () => {
    const clock = new ManualClock()
    const { request, asked } = holders(clock, () => [failing, fast])
    const answer = hedged(new Sources(clock), request, forever)
    await clock.advance(100)
    expect((await answer).from).toBe(fast)
    expect(asked).toEqual([failing, fast])
  })

  it('goes to another when one is late, cancels the late one, and asks it no more for a while', async () => {
    const clock = new ManualClock()
    const sources = new Sources(clock)
    const { request, asked, stopped } = holders(clock, () => [frozen, fast])
    const first = hedged(sources, request, forever)
    await clock.advance(3_000)
    expect((await first).value).toBe(`from ${fast}`)
    expect(stopped).toContain(frozen)
    for (let n = 0; n < 10; n++) {
      const next = hedged(sources, request, forever)
      await clock.advance(60)
      expect((await next).from).toBe(fast)
    }
    expect(asked.filter((holder) => holder === frozen).length).toBeLessThanOrEqual(2)
  })

  it('waits for a holder to come, and gives up after its time', async () => {
    const clock = new ManualClock()
    let candidates: readonly NodeId[] = []
    const { request } = holders(clock, () => candidates)
    const answer = hedged(new Sources(clock), request, forever)
    await clock.advance(10_000)
    candidates = [fast]
    await clock.advance(1_000)
    expect((await answer).from).toBe(fast)
    candidates = []
    const vain = expect(hedged(new Sources(clock), request, forever)).rejects.toMatchObject({
      code: 'no-holder',
    })
    await clock.advance(30_000)
    await vain
  })

  it('stops when whoever asked gives up', async () => {
    const clock = new ManualClock()
    const { request, stopped } = holders(clock, () => [frozen])
    const giveUp = new AbortController()
    const answer = expect(hedged(new Sources(clock), request, giveUp.signal)).rejects.toMatchObject({
      code: 'aborted',
    })
    await clock.advance(10)
    giveUp.abort()
    await answer
    expect(stopped).toEqual([frozen])
  })
})
