import { MAX_CLOCK_AHEAD_MS } from '../../core/limits.ts'
import { isPlaykiteError, messageOf } from '../../core/errors.ts'
import type { NodeId } from '../../core/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Log } from '../../ports/log.ts'
import type { StatusReport } from '../../ports/messages.ts'
import type { Network } from '../../ports/network.ts'
import type { VideoStore } from '../../ports/video-store.ts'
import type { Work } from '../loop.ts'
import type { Members } from './members.ts'

/** Milliseconds between two reports to a member: fill and clocks are never older. */
export const HEARTBEAT_EVERY_MS = 2_000
/** Milliseconds without an answer after which a connection is dropped: a busy machine answers within some hundred. */
const HEARTBEAT_TIMEOUT_MS = 8_000
/** Milliseconds that members' clocks may be apart before it is said in the log, at most once an hour. */
const CLOCK_WARNING_EVERY_MS = 60 * 60 * 1000

export interface HeartbeatOptions {
  readonly network: Network
  readonly members: Members
  readonly store: VideoStore
  readonly clock: Clock
  readonly log: Log
  readonly instance: string
  readonly lifetime: AbortSignal
}

/** Tells every connected member how this node is, and hears how they are. Who does not answer is disconnected. */
export class Heartbeat implements Work {
  readonly name = 'heartbeat'
  readonly #options: HeartbeatOptions
  readonly #asking = new Map<NodeId, Promise<void>>()
  #own: StatusReport | undefined
  #warnedAt = Number.NEGATIVE_INFINITY

  constructor(options: HeartbeatOptions) {
    this.#options = options
    const { network, members, lifetime } = options
    network.handle('status', async ({ from, header }) => {
      members.report(from, header)
      return { header: await this.#report(lifetime) }
    })
    network.handle('goodbye', async ({ from }) => {
      members.apply({ type: 'goodbye', id: from })
      return { header: {} }
    })
  }

  /** Asks all that are connected and not being asked; a silent one holds up nobody. */
  async run(signal: AbortSignal): Promise<'busy' | 'idle'> {
    const { network, members } = this.#options
    this.#own = undefined
    members.report(network.self, await this.#report(signal))
    members.apply({ type: 'tick' })
    for (const peer of network.connected()) {
      if (this.#asking.has(peer)) continue
      const asked = this.#ask(peer, signal).finally(() => this.#asking.delete(peer))
      this.#asking.set(peer, asked)
    }
    this.#watchClock()
    return 'idle'
  }

  /** Waits for the questions under way; they end with the node's lifetime. */
  async settled(): Promise<void> {
    await Promise.all(this.#asking.values())
  }

  /** Tells all connected members that this node stops on purpose. */
  async goodbye(signal: AbortSignal): Promise<void> {
    const { network } = this.#options
    const told = network
      .connected()
      .map((peer) => network.request(peer, 'goodbye', {}, { timeoutMs: HEARTBEAT_EVERY_MS, signal }))
    // Who does not hear it will see the connection end instead.
    await Promise.allSettled(told)
  }

  async #ask(peer: NodeId, signal: AbortSignal): Promise<void> {
    const { network, members, log } = this.#options
    try {
      const own = await this.#report(signal)
      const answer = await network.request(peer, 'status', own, { timeoutMs: HEARTBEAT_TIMEOUT_MS, signal })
      members.report(peer, answer.header)
    } catch (error) {
      if (signal.aborted) return
      log.debug({ peer, reason: messageOf(error) }, 'A machine did not answer the heartbeat')
      if (isPlaykiteError(error, 'timeout')) network.disconnect(peer, 'it did not answer the heartbeat')
    }
  }

  async #report(signal: AbortSignal): Promise<StatusReport> {
    const { network, store, clock, instance } = this.#options
    this.#own ??= {
      ...(await store.usage(signal)),
      now: clock.now(),
      instance,
      connected: network.connected(),
    }
    return { ...this.#own, now: clock.now(), connected: network.connected() }
  }

  #watchClock(): void {
    const { members, clock, log } = this.#options
    const clocks = members.clocks().toSorted((a, b) => a - b)
    const median = clocks[Math.floor(clocks.length / 2)]
    if (median === undefined || Math.abs(median - clock.now()) < MAX_CLOCK_AHEAD_MS) return
    if (clock.monotonic() - this.#warnedAt < CLOCK_WARNING_EVERY_MS) return
    this.#warnedAt = clock.monotonic()
    const minutes = Math.round((clock.now() - median) / 60_000)
    log.warn(
      { minutes },
      'This clock is far from those of the other machines: set it, or what is published here is refused',
    )
  }
}
