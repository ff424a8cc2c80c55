import type { Connection } from '@libp2p/interface'
import { messageOf } from '../core/errors.ts'
import type { NodeId } from '../core/ids.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'

/**
 * Milliseconds within which two connections count as dialled at the same time. Twice the dial deadline. A connection that is older than
 * this when another comes in is one that the peer no longer has: it never dials a node that it is connected to.
 */
const SIMULTANEOUS_MS = 10_000

/** Milliseconds that a superfluous connection is left: the other side may not have seen the better one yet. */
const SPARE_KEPT_MS = 1_000

interface Opened {
  readonly connection: Connection
  readonly at: number
}

export interface ConnectionEvents {
  connected(id: NodeId): void
  disconnected(id: NodeId): void
}

/**
 * Which connections there are to whom, one kept a pair. Of two dialled at the same time both sides keep the one that the smaller id
 * dialled; of others, the newer one.
 */
export class Connections {
  readonly #self: NodeId
  readonly #clock: Clock
  readonly #log: Log
  readonly #events: ConnectionEvents
  readonly #peers = new Map<NodeId, readonly Opened[]>()
  readonly #stopping: AbortSignal

  constructor(self: NodeId, clock: Clock, log: Log, events: ConnectionEvents, stopping: AbortSignal) {
    this.#self = self
    this.#clock = clock
    this.#log = log
    this.#events = events
    this.#stopping = stopping
  }

  ids(): readonly NodeId[] {
    return [...this.#peers.keys()]
  }

  has(id: NodeId): boolean {
    return this.#peers.has(id)
  }

  /** The connection that will stay. */
  best(id: NodeId): Connection | undefined {
    const opened = this.#peers.get(id)
    return opened === undefined ? undefined : this.#keeper(id, opened).connection
  }

  opened(id: NodeId, connection: Connection): void {
    if (connection.status !== 'open') return
    const before = this.#peers.get(id) ?? []
    if (before.some((known) => known.connection.id === connection.id)) return
    this.#peers.set(id, [...before, { connection, at: this.#clock.monotonic() }])
    if (before.length === 0) this.#events.connected(id)
    else void this.#closeSpares(id)
  }

  closed(id: NodeId, connection: Connection): void {
    const before = this.#peers.get(id)
    if (before === undefined) return
    const left = before.filter((known) => known.connection.id !== connection.id)
    if (left.length > 0) {
      this.#peers.set(id, left)
      return
    }
    this.#peers.delete(id)
    this.#events.disconnected(id)
  }

  drop(id: NodeId, reason: string): void {
    for (const { connection } of this.#peers.get(id) ?? []) connection.abort(new Error(reason))
  }

  async #closeSpares(id: NodeId): Promise<void> {
    try {
      await this.#clock.sleep(SPARE_KEPT_MS, this.#stopping)
    } catch (error) {
      this.#log.debug({ peer: id, reason: messageOf(error) }, 'Stopped before a second connection was closed')
      return
    }
    const opened = this.#peers.get(id)
    if (opened === undefined) return
    const keeper = this.#keeper(id, opened)
    for (const spare of opened) {
      if (spare === keeper) continue
      this.#log.debug({ peer: id }, 'Closing the second connection to a machine')
      spare.connection.abort(new Error('there is another connection between these two'))
    }
  }

  #keeper(id: NodeId, opened: readonly Opened[]): Opened {
    const newestFirst = opened.toSorted((a, b) => b.at - a.at)
    const newest = newestFirst[0]
    if (newest === undefined) throw new RangeError('a peer without connections is never kept')
    const recent = newestFirst.filter((candidate) => newest.at - candidate.at <= SIMULTANEOUS_MS)
    const dialledBySmaller = this.#self < id ? 'outbound' : 'inbound'
    return recent.find((candidate) => candidate.connection.direction === dialledBySmaller) ?? newest
  }
}
