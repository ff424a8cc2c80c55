import { describe, expect, it } from 'vitest'
import { PlaykiteError } from '../../src/core/errors.ts'
import { startLoop } from '../../src/node/loop.ts'
import type { Log } from '../../src/ports/log.ts'
import { ManualClock } from '../support/manual-clock.ts'

type Unit = (signal: AbortSignal) => Promise<'busy' | 'idle'>

/** A loop over `unit`, every 10 s, with the virtual times at which it ran and what it logged as error. */
function looping(unit: Unit) {
  const clock = new ManualClock()
  const runs: number[] = []
  const errors: { readonly fields: object; readonly message: string }[] = []
  const silent = (): void => undefined
  const log: Log = {
    debug: silent,
    info: silent,
    warn: silent,
    error: (fields, message) => errors.push({ fields, message }),
  }
  const stop = new AbortController()
  const work = {
    name: 'counting',
    run: (signal: AbortSignal) => {
      runs.push(clock.monotonic())
      return unit(signal)
    },
  }
  const loop = startLoop(work, { everyMs: 10_000, clock, log }, stop.signal)
  return { clock, runs, errors, stop, loop }
}

const idle: Unit = () => Promise.resolve('idle')
const seconds = (times: readonly number[]): number[] => times.map((ms) => ms / 1000)

describe('a loop', () => {
  it('runs at once, and again after its pause while it is idle', async () => {
    const { clock, runs, stop, loop } = looping(idle)
    await clock.advance(25_000)
    expect(seconds(runs)).toEqual([0, 10, 20])
    stop.abort()
    await loop.done
  })

  it('goes on at once while it is busy', async () => {
    let left = 3
    const { clock, runs, stop, loop } = looping(() => Promise.resolve((left -= 1) > 0 ? 'busy' : 'idle'))
    await clock.advance(9_000)
    expect(seconds(runs)).toEqual([0, 0, 0])
    stop.abort()
    await loop.done
  })

  it('is woken before its time, and pauses anew from then on', async () => {
    const { clock, runs, stop, loop } = looping(idle)
    await clock.advance(4_000)
    loop.wake()
    await clock.advance(9_999)
    expect(seconds(runs)).toEqual([0, 4])
    await clock.advance(1)
    expect(seconds(runs)).toEqual([0, 4, 14])
    stop.abort()
    await loop.done
  })

  it('runs once more when it is woken during a unit, however often', async () => {
    const first = Promise.withResolvers<'idle'>()
    let started = false
    const { clock, runs, stop, loop } = looping(() => {
      if (started) return Promise.resolve('idle')
      started = true
      return first.promise
    })
    loop.wake()
    loop.wake()
    first.resolve('idle')
    await clock.advance(1_000)
    expect(seconds(runs)).toEqual([0, 0])
    stop.abort()
    await loop.done
  })

  it('logs a failure with its cause and tries again, later each time, up to a minute', async () => {
    const failure = new Error('the disk is full')
    const { clock, runs, errors, stop, loop } = looping(() => Promise.reject(failure))
    await clock.advance(190_000)
    expect(seconds(runs)).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183])
    expect(errors[0]).toEqual({
      fields: { work: 'counting', err: failure, restMs: 1000 },
      message: 'Background work failed: the disk is full',
    })
    stop.abort()
    await loop.done
  })

  it('begins with a short rest again after a success', async () => {
    const outcomes = ['fail', 'fail', 'fine', 'fail', 'fine']
    const { clock, runs, stop, loop } = looping(() =>
      outcomes.shift() === 'fail' ? Promise.reject(new Error('no')) : Promise.resolve('idle'),
    )
    await clock.advance(15_000)
    expect(seconds(runs)).toEqual([0, 1, 3, 13, 14])
    stop.abort()
    await loop.done
  })

  it('rests a second after a failure however often it is woken, and can be woken from longer rests', async () => {
    const { clock, runs, stop, loop } = looping(() => Promise.reject(new Error('no')))
    for (let wakes = 0; wakes < 14; wakes += 1) {
      loop.wake()
      await clock.advance(250)
    }
    expect(seconds(runs)).toEqual([0, 1, 2, 3])
    await clock.advance(1_000)
    expect(seconds(runs)).toEqual([0, 1, 2, 3, 4])
    await clock.advance(1_500)
    loop.wake()
    await clock.advance(0)
    expect(seconds(runs)).toEqual([0, 1, 2, 3, 4, 6])
    stop.abort()
    await loop.done
  })

  it('stops from its pause without another unit', async () => {
    const { clock, runs, stop, loop } = looping(idle)
    await clock.advance(5_000)
    stop.abort()
    await loop.done
    await clock.advance(60_000)
    expect(seconds(runs)).toEqual([0])
  })

  it('waits for the unit under way when it is stopped', async () => {
    const unit = Promise.withResolvers<'busy'>()
    const { clock, runs, stop, loop } = looping(() => unit.promise)
    let done = false
    const ended = loop.done.then(() => (done = true))
    stop.abort()
    await clock.advance(1_000)
    expect(done).toBe(false)
    unit.resolve('busy')
    await ended
    expect(seconds(runs)).toEqual([0])
  })

  it('ends without a word when the unit under way gives up because of the stop', async () => {
    const { clock, errors, stop, loop } = looping(async (signal) => {
      const { promise, reject } = Promise.withResolvers<'idle'>()
      signal.addEventListener('abort', () => reject(new PlaykiteError('aborted', 'stopped')))
      return await promise
    })
    await clock.advance(1_000)
    stop.abort()
    await loop.done
    expect(errors).toEqual([])
  })

  it('stops during the rest after a failure', async () => {
    const { clock, runs, stop, loop } = looping(() => Promise.reject(new Error('no')))
    await clock.advance(500)
    stop.abort()
    await loop.done
    expect(seconds(runs)).toEqual([0])
  })
})
