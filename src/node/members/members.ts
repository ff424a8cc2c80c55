import type { NodeId } from '../../core/ids.ts'
import {
  type Membership,
  type MembershipEvent,
  apply,
  emptyMembership,
  stateOf,
} from '../../core/membership.ts'
import { assignNames } from '../../core/names.ts'
import type { Candidate } from '../../core/placement.ts'
import type { StatementOf } from '../../core/statement-kinds.ts'
import type { NodeState } from '../../contract/video.ts'
import type { Clock } from '../../ports/clock.ts'
import type { StatusReport } from '../../ports/messages.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'

/** A member as this node sees it now. */
export interface Member {
  readonly id: NodeId
  readonly name: string
  readonly state: NodeState
  readonly self: boolean
  readonly statement: StatementOf<'member'>
  /** What it last said about itself; undefined until it has. */
  readonly report: StatusReport | undefined
  /** Wall clock in ms; undefined if it was not met since this node started. */
  readonly lastSeenAt: number | undefined
}

export interface MemberChange {
  readonly id: NodeId
  readonly from: NodeState | undefined
  readonly to: NodeState
}

interface Seen {
  readonly report: StatusReport | undefined
  readonly at: number
  /** How far its wall clock is ahead of ours, in ms; the way of the message counted as none. */
  readonly clockAheadMs: number
}

/** Who belongs to this network and how they are: the catalogue's member records, membership's states, and what each says of itself. */
export class Members {
  readonly self: NodeId
  readonly #catalogue: Catalogue
  readonly #clock: Clock
  readonly #seen = new Map<NodeId, Seen>()
  readonly #listeners = new Set<(change: MemberChange) => void>()
  #membership: Membership
  #names: ReadonlyMap<NodeId, string>

  constructor(self: NodeId, catalogue: Catalogue, clock: Clock) {
    this.self = self
    this.#catalogue = catalogue
    this.#clock = clock
    this.#membership = emptyMembership(self)
    this.#names = this.#assignNames()
    for (const id of catalogue.members().keys()) this.apply({ type: 'known', id })
    catalogue.onChange(({ statements }) => {
      const written = statements.filter(({ statement }) => statement.kind === 'member')
      if (written.length === 0) return
      this.#names = this.#assignNames()
      for (const { statement } of written) this.apply({ type: 'known', id: statement.by })
    })
  }

  onChange(listener: (change: MemberChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  apply(event: MembershipEvent): void {
    const { state, changes } = apply(this.#membership, event, this.#clock.monotonic())
    this.#membership = state
    if (event.type === 'connected' || event.type === 'disconnected') this.#met(event.id)
    for (const change of changes) for (const listener of this.#listeners) listener(change)
  }

  /** What a member says about itself, just now. */
  report(id: NodeId, report: StatusReport): void {
    const now = this.#clock.now()
    this.#seen.set(id, { report, at: now, clockAheadMs: report.now - now })
    if (id !== this.self) this.apply({ type: 'report', by: id, connected: report.connected })
  }

  list(): readonly Member[] {
    return [...this.#catalogue.members().keys()].flatMap((id) => this.get(id) ?? [])
  }

  get(id: NodeId): Member | undefined {
    const statement = this.#catalogue.members().get(id)
    if (statement === undefined) return undefined
    const seen = this.#seen.get(id)
    return {
      id,
      name: this.nameOf(id),
      state: this.stateOf(id),
      self: id === this.self,
      statement,
      report: seen?.report,
      lastSeenAt: this.stateOf(id) === 'alive' ? this.#clock.now() : seen?.at,
    }
  }

  stateOf(id: NodeId): NodeState {
    return stateOf(this.#membership, id)
  }

  isAlive(id: NodeId): boolean {
    return this.stateOf(id) === 'alive'
  }

  /** Whether a replica there counts as a living copy. */
  counts(id: NodeId): boolean {
    const state = this.stateOf(id)
    return state === 'alive' || state === 'suspect'
  }

  /** Its name, or the end of its id as long as its member record is not here. */
  nameOf(id: NodeId): string {
    return this.#names.get(id) ?? id.slice(-8)
  }

  /** Members for placement. Those that have not said how full they are cannot be chosen yet, and are left out. */
  candidates(): readonly (Candidate & { readonly alive: boolean })[] {
    return this.list().flatMap(({ id, state, statement, report }) => {
      if (report === undefined) return []
      const { slot, capacity, zone } = statement
      const filledBytes = report.usedBytes + report.promisedBytes
      const freeBytes = Math.max(0, Math.min(report.freeBytes - report.promisedBytes, capacity - filledBytes))
      return [{ id, slot, capacity, zone, filledBytes, freeBytes, alive: state === 'alive' }]
    })
  }

  /** Members that could keep a copy and are there, or may be. */
  keepers(): number {
    return this.list().filter(({ id, statement }) => statement.capacity > 0 && this.counts(id)).length
  }

  /** Wall clocks of the other living members, as of now. */
  clocks(): readonly number[] {
    const now = this.#clock.now()
    return [...this.#seen]
      .filter(([id, { report }]) => id !== this.self && report !== undefined && this.isAlive(id))
      .map(([, { clockAheadMs }]) => now + clockAheadMs)
  }

  /** Whether `a` said that it is connected to `b`. */
  areConnected(a: NodeId, b: NodeId): boolean {
    return this.#seen.get(a)?.report?.connected.includes(b) ?? false
  }

  #met(id: NodeId): void {
    const seen = this.#seen.get(id)
    this.#seen.set(id, { report: seen?.report, at: this.#clock.now(), clockAheadMs: seen?.clockAheadMs ?? 0 })
  }

  #assignNames(): ReadonlyMap<NodeId, string> {
    const members = [...this.#catalogue.members()]
    return assignNames(members.map(([id, { name, joinedAt }]) => ({ id, name, joinedAt })))
  }
}
