import type { NodeId } from '../core/ids.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { ServeLane } from './serve-lane.ts'

/** Milliseconds that an older instance has to show that it lives. */
const PROBE_MS = 2_000

interface Instance {
  readonly id: string
  readonly lane: ServeLane
}

/**
 * Tells a restart from a cloned disk. A node that says hello with another instance than before has restarted, unless the older instance
 * still answers: then two living machines have one key, and the newcomer is told so (docs/architecture.md, "On disk").
 */
export class Instances {
  readonly #clock: Clock
  readonly #log: Log
  readonly #known = new Map<NodeId, Instance>()

  constructor(clock: Clock, log: Log) {
    this.#clock = clock
    this.#log = log
  }

  hello(from: NodeId, id: string, lane: ServeLane): void {
    const before = this.#known.get(from)
    if (before !== undefined && before.id !== id && !before.lane.isClosed) {
      this.#decide(from, before, { id, lane })
    } else this.#known.set(from, { id, lane })
  }

  gone(from: NodeId, lane: ServeLane): void {
    if (this.#known.get(from)?.lane === lane) this.#known.delete(from)
  }

  #decide(from: NodeId, before: Instance, newcomer: Instance): void {
    const answered = new AbortController()
    before.lane.probe(() => {
      if (answered.signal.aborted) return
      answered.abort()
      this.#log.warn({ peer: from }, 'Two machines have the same key: one data folder is a copy of the other')
      newcomer.lane.tellCloned()
    })
    this.#clock.sleep(PROBE_MS, answered.signal).then(
      () => {
        answered.abort()
        before.lane.abort('it was replaced by a newer start of the same node')
        this.#known.set(from, newcomer)
      },
      () => undefined,
    )
  }
}
