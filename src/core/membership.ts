/** Who is alive, as one node sees it: a step from state and event to the next state. Times are monotonic milliseconds. */
import type { NodeId } from './ids.ts'

/**
 * Milliseconds after a lost connection until a member that no redial reached and that nobody reports is dead: longer than two heartbeats,
 * so that others had their say.
 */
export const SUSPECT_MS = 5_000
/** Milliseconds after the start, or after its record came, that a member never met is suspect rather than dead: time to find it. */
export const UNSEEN_MS = 10_000
/** Milliseconds that another member's word about a third one counts: three heartbeats. */
export const REPORT_VALID_MS = 6_000

export type MemberState = 'alive' | 'suspect' | 'dead' | 'away'

interface Entry {
  readonly state: MemberState
  /** When it became so. */
  readonly since: number
  /** Whether a redial failed since then. */
  readonly redialFailed: boolean
  readonly wasMet: boolean
}

export interface Membership {
  readonly self: NodeId
  readonly entries: ReadonlyMap<NodeId, Entry>
  /** Who said last that it is connected to a member, and when. */
  readonly reports: ReadonlyMap<NodeId, number>
}

export type MembershipEvent =
  /** Its member record is in the catalogue. */
  | {
      readonly type: 'known' | 'connected' | 'disconnected' | 'goodbye' | 'redial-failed'
      readonly id: NodeId
    }
  /** A member says whom it is connected to. */
  | { readonly type: 'report'; readonly by: NodeId; readonly connected: readonly NodeId[] }
  | { readonly type: 'tick' }

export interface MembershipStep {
  readonly state: Membership
  readonly changes: readonly {
    readonly id: NodeId
    readonly from: MemberState | undefined
    readonly to: MemberState
  }[]
}

export function emptyMembership(self: NodeId): Membership {
  return { self, entries: new Map(), reports: new Map() }
}

/** A node that is not known is dead: there is nothing to hope for. */
export function stateOf(membership: Membership, id: NodeId): MemberState {
  if (id === membership.self) return 'alive'
  return membership.entries.get(id)?.state ?? 'dead'
}

export function apply(membership: Membership, event: MembershipEvent, now: number): MembershipStep {
  if (event.type === 'report') return { state: heard(membership, event.connected, now), changes: [] }
  const next =
    event.type === 'tick' ? ticked(membership, now) : changed(membership, event.type, event.id, now)
  const changes = [...next.entries].flatMap(([id, { state }]) => {
    const from = membership.entries.get(id)?.state
    return from === state ? [] : [{ id, from, to: state }]
  })
  return { state: next, changes }
}

function heard(membership: Membership, connected: readonly NodeId[], now: number): Membership {
  const reports = new Map(membership.reports)
  for (const id of connected) if (membership.entries.has(id)) reports.set(id, now)
  return { ...membership, reports }
}

function changed(
  membership: Membership,
  type: 'known' | 'connected' | 'disconnected' | 'goodbye' | 'redial-failed',
  id: NodeId,
  now: number,
): Membership {
  const entry = membership.entries.get(id)
  const next = id === membership.self ? undefined : nextEntry(entry, type, now)
  return next === undefined
    ? membership
    : { ...membership, entries: new Map(membership.entries).set(id, next) }
}

function nextEntry(
  entry: Entry | undefined,
  type: 'known' | 'connected' | 'disconnected' | 'goodbye' | 'redial-failed',
  now: number,
): Entry | undefined {
  const became = (state: MemberState, wasMet = true): Entry => ({
    state,
    since: now,
    redialFailed: false,
    wasMet,
  })
  switch (type) {
    case 'known':
      return entry === undefined ? became('suspect', false) : undefined
    case 'connected':
      return entry?.state === 'alive' ? undefined : became('alive')
    case 'goodbye':
      return became('away')
    case 'disconnected':
      return entry?.state === 'alive' ? became('suspect') : undefined
    case 'redial-failed':
      return entry?.state === 'suspect' ? { ...entry, redialFailed: true } : undefined
  }
}

/** Suspects whose time is over die, unless another member reaches them. */
function ticked(membership: Membership, now: number): Membership {
  const entries = new Map(membership.entries)
  for (const [id, entry] of membership.entries) {
    if (entry.state !== 'suspect') continue
    const reportedAt = membership.reports.get(id) ?? Number.NEGATIVE_INFINITY
    const isReached = now - reportedAt <= REPORT_VALID_MS && reportedAt >= entry.since
    const isOver = entry.wasMet
      ? entry.redialFailed && now - entry.since >= SUSPECT_MS
      : now - entry.since >= UNSEEN_MS
    if (isOver && !isReached) entries.set(id, { ...entry, state: 'dead', since: now })
  }
  return { ...membership, entries }
}
