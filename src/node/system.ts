/** Time and chance as the machine has them. */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { PlaykiteError } from '../core/errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    try {
      await sleep(ms, undefined, { signal })
    } catch (error) {
      throw new PlaykiteError('aborted', 'the sleep was cut short', { cause: error })
    }
  },
}

export const systemRandom: Random = { unit: () => Math.random(), uuid: () => randomUUID() }
