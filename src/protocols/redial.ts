import { messageOf } from '../core/errors.ts'
import type { NodeId } from '../core/ids.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Random } from '../ports/random.ts'
import { MAX_NODE_ADDRESSES } from './addresses.ts'
import { firstDialDelayMs, redialDelayMs } from '../core/dial-timing.ts'

/** Nodes remembered for redialling: twice the members of the largest network, for those that come and go. */
export const MAX_KNOWN_NODES = 512
/** Dials under way at once: an unplugged machine holds one for its whole deadline. */
const MAX_PARALLEL_DIALS = 16
/** Of these, for nodes that failed to answer several times: they must not hold up those that come back. */
const MAX_HOPELESS_DIALS = 8
/** Failures in a row after which a node counts as hopeless. */
const HOPELESS_AFTER = 3
/** Milliseconds between two dials of one node, whatever is announced about it. */
const MIN_REDIAL_MS = 500
/** Milliseconds that the loop sleeps when nobody is due. */
const LONGEST_PAUSE_MS = 60_000
/** Milliseconds between two looks while dials are under way; each that ends wakes the loop anyway. */
const BUSY_PAUSE_MS = 50

interface Known {
  /** Newest first. */
  addresses: readonly string[]
  failures: number
  /** Monotonic ms. Infinity: connected. */
  dueAt: number
  dialledAt: number
  dialling: boolean
}

export interface RedialOptions {
  readonly self: NodeId
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly isConnected: (id: NodeId) => boolean
  /** Has a deadline of its own. Rejects when it failed. */
  readonly dial: (id: NodeId, addresses: readonly string[], signal: AbortSignal) => Promise<void>
  /** Asks others for the addresses of a node that does not answer at those known. Has a deadline of its own. */
  readonly find: (id: NodeId, signal: AbortSignal) => Promise<readonly string[]>
}

/** Dials every known node that is not connected, for ever, at a bounded rate. */
export class Redialler {
  readonly #options: RedialOptions
  readonly #known = new Map<NodeId, Known>()
  readonly #dials = new Set<Promise<void>>()
  #wake = new AbortController()

  constructor(options: RedialOptions) {
    this.#options = options
  }

  /** Remembers addresses, newest first. `seen`: the node is there now, so it is dialled at once, or after the smaller id had its chance. */
  learn(id: NodeId, addresses: readonly string[], seen: boolean): void {
    if (id === this.#options.self) return
    const known = this.#known.get(id) ?? this.#remember(id)
    known.addresses = [...new Set([...addresses, ...known.addresses])].slice(0, MAX_NODE_ADDRESSES)
    if (!seen || this.#options.isConnected(id)) return
    known.failures = Math.min(known.failures, HOPELESS_AFTER - 1)
    this.#bringForward(known, firstDialDelayMs(this.#options.self, id))
  }

  addressesOf(id: NodeId): readonly string[] {
    return this.#known.get(id)?.addresses ?? []
  }

  connected(id: NodeId): void {
    const known = this.#known.get(id) ?? this.#remember(id)
    known.failures = 0
    known.dueAt = Number.POSITIVE_INFINITY
  }

  disconnected(id: NodeId): void {
    const known = this.#known.get(id) ?? this.#remember(id)
    known.failures = 0
    known.dueAt = this.#now() + firstDialDelayMs(this.#options.self, id)
    this.#wake.abort()
  }

  /** Runs until `signal` fires; then waits for the dials that it started. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      for (const [id, known] of this.#due()) this.#start(id, known, signal)
      await this.#pause(signal)
    }
    await Promise.allSettled(this.#dials)
  }

  #due(): readonly (readonly [NodeId, Known])[] {
    const now = this.#now()
    const due = [...this.#known].filter(([, known]) => !known.dialling && known.dueAt <= now)
    const free = Math.max(0, MAX_PARALLEL_DIALS - this.#dials.size)
    const hopelessNow = [...this.#known.values()].filter(
      (known) => known.dialling && isHopeless(known),
    ).length
    const hopeful = due.filter(([, known]) => !isHopeless(known))
    const hopeless = due
      .filter(([, known]) => isHopeless(known))
      .slice(0, Math.max(0, MAX_HOPELESS_DIALS - hopelessNow))
    return [...hopeful, ...hopeless].slice(0, free)
  }

  #start(id: NodeId, known: Known, signal: AbortSignal): void {
    if (this.#options.isConnected(id)) {
      this.connected(id)
      return
    }
    known.dialling = true
    known.dialledAt = this.#now()
    known.dueAt = Number.POSITIVE_INFINITY
    const dial = this.#dial(id, known, signal).finally(() => {
      known.dialling = false
      this.#dials.delete(dial)
      this.#wake.abort()
    })
    this.#dials.add(dial)
  }

  async #dial(id: NodeId, known: Known, signal: AbortSignal): Promise<void> {
    try {
      if (known.addresses.length === 0 || (isHopeless(known) && known.failures % HOPELESS_AFTER === 0)) {
        this.learn(id, await this.#options.find(id, signal), false)
      }
      await this.#options.dial(id, known.addresses, signal)
      known.failures = 0
      // It may be gone again already; then `disconnected` has said when to dial.
      if (!this.#options.isConnected(id)) this.#putOff(known)
    } catch (error) {
      known.failures += 1
      this.#putOff(known)
      this.#options.log.debug(
        { peer: id, failures: known.failures, reason: messageOf(error) },
        'A machine does not answer',
      )
    }
  }

  /** Later, but not later than what an announcement or a lost connection asked for while the dial was under way. */
  #putOff(known: Known): void {
    const delay = redialDelayMs(known.failures, this.#options.random.unit())
    known.dueAt = Math.min(known.dueAt, this.#now() + delay)
  }

  #bringForward(known: Known, delayMs: number): void {
    const at = Math.max(this.#now() + delayMs, known.dialledAt + MIN_REDIAL_MS)
    if (known.dueAt <= at) return
    known.dueAt = at
    this.#wake.abort()
  }

  #remember(id: NodeId): Known {
    if (this.#known.size >= MAX_KNOWN_NODES) this.#forgetOne()
    const known: Known = {
      addresses: [],
      failures: 0,
      dueAt: this.#now() + firstDialDelayMs(this.#options.self, id),
      dialledAt: Number.NEGATIVE_INFINITY,
      dialling: false,
    }
    this.#known.set(id, known)
    this.#wake.abort()
    return known
  }

  /** The one that has failed most often. With none failed, the longest known that is not connected. */
  #forgetOne(): void {
    const candidates = [...this.#known].filter(
      ([id, known]) => !known.dialling && !this.#options.isConnected(id),
    )
    const worst = candidates.toSorted(([, a], [, b]) => b.failures - a.failures)[0]
    if (worst !== undefined) this.#known.delete(worst[0])
  }

  async #pause(signal: AbortSignal): Promise<void> {
    const waiting = [...this.#known.values()].filter((known) => !known.dialling)
    const next = Math.min(...waiting.map((known) => known.dueAt), this.#now() + LONGEST_PAUSE_MS)
    // With every place taken, due nodes wait for a dial to end, which wakes us.
    const floor = this.#dials.size > 0 ? BUSY_PAUSE_MS : 0
    await sleepUntilWoken(this.#options.clock, Math.max(floor, next - this.#now()), signal, this.#wake.signal)
    if (this.#wake.signal.aborted) this.#wake = new AbortController()
  }

  #now(): number {
    return this.#options.clock.monotonic()
  }
}

function isHopeless(known: Known): boolean {
  return known.failures >= HOPELESS_AFTER
}

async function sleepUntilWoken(
  clock: Clock,
  ms: number,
  signal: AbortSignal,
  wake: AbortSignal,
): Promise<void> {
  const either = AbortSignal.any([signal, wake])
  if (either.aborted) return
  try {
    await clock.sleep(ms, either)
  } catch (error) {
    if (!either.aborted) throw error
  }
}
