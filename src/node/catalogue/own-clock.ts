import { isTooFarAhead } from '../../core/clock-guard.ts'
import type { NodeId } from '../../core/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Log } from '../../ports/log.ts'
import type { Work } from '../loop.ts'
import type { Author } from './author.ts'
import type { Catalogue } from './catalogue.ts'

export interface OwnClockOptions {
  readonly self: NodeId
  readonly catalogue: Catalogue
  readonly author: Author
  readonly clock: Clock
  readonly memberClocks: () => readonly number[]
  readonly log: Log
}

/**
 * A clock that ran ahead and was set back: what this node wrote meanwhile is dated in the future, others refuse it, and all that it writes
 * now would be dated after that. Then its hybrid clock begins anew, and its own refused statements are written again.
 */
export class OwnClock implements Work {
  readonly name = 'own-clock'
  readonly #options: OwnClockOptions

  constructor(options: OwnClockOptions) {
    this.#options = options
  }

  async run(): Promise<'busy' | 'idle'> {
    const { self, catalogue, author, clock, memberClocks, log } = this.#options
    const clocks = memberClocks()
    const isAhead = (ms: number): boolean => isTooFarAhead(ms, clock.now(), clocks)
    if (!isAhead(author.last.ms)) return 'idle'
    author.restart()
    const refused = [...catalogue.statements()].filter(
      ({ statement }) => statement.by === self && isAhead(statement.at.ms),
    )
    await catalogue.replace(refused.map(({ statement }) => author.rewrite(statement)))
    log.warn(
      { statements: refused.length },
      'This clock was set back: what it had dated in the future is written again',
    )
    return 'idle'
  }
}
