/**
 * Which holder to ask for the next chunk, when to ask a second one, and how far to read ahead. What is known of each holder is a few
 * numbers; hedging follows Dean and Barroso, "The tail at scale" (CACM 2013). Times are monotonic milliseconds.
 */
import type { NodeId } from './ids.ts'

/** Milliseconds after which a second holder is asked at the earliest: less would hedge what is only a little late. */
export const MIN_HEDGE_MS = 300
/** Milliseconds after which a second holder is asked at the latest: a player has at least that much buffered. */
export const MAX_HEDGE_MS = 2_000
/** How much later than almost all answers one must be to count as late. */
const HEDGE_FACTOR = 2
/** Answers remembered of a holder, for its 95th percentile. */
const REMEMBERED_ANSWERS = 20
/** Weight of a new answer in a holder's mean time. */
const NEWEST_WEIGHT = 0.25
/** Milliseconds that a holder which failed or was overtaken is left alone, doubled each time in a row; only if others are there. */
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 30_000
/** Milliseconds that a chunk is assumed to take from a holder never asked: it is tried early. */
const UNKNOWN_MS = 30
/** Chunks that are asked for ahead of the reader. */
export const MIN_READ_AHEAD = 2
export const MAX_READ_AHEAD = 6
/** Milliseconds of answers that reading ahead covers: two for a holder that answers in 200 ms, more for slower ones. */
const READ_AHEAD_MS = 100

interface Holder {
  readonly inFlight: number
  /** Mean milliseconds of an answer, undefined before the first. */
  readonly meanMs: number | undefined
  /** The last answers, in milliseconds. */
  readonly answers: readonly number[]
  /** Failures, and defeats by a hedge, in a row. */
  readonly failures: number
  readonly pausedUntil: number
}

export interface SourcePlan {
  readonly holders: ReadonlyMap<NodeId, Holder>
}

export const emptyPlan: SourcePlan = { holders: new Map() }

const unknownHolder: Holder = {
  inFlight: 0,
  meanMs: undefined,
  answers: [],
  failures: 0,
  pausedUntil: Number.NEGATIVE_INFINITY,
}

/** The candidate that should answer first: its mean time, times what it has to do already. Paused ones only if there is nobody else. */
export function pickSource(
  plan: SourcePlan,
  candidates: readonly NodeId[],
  now: number,
  exclude: ReadonlySet<NodeId> = new Set(),
): NodeId | undefined {
  const able = candidates.filter((id) => !exclude.has(id))
  const isPaused = (id: NodeId): boolean => holderOf(plan, id).pausedUntil > now
  const expected = (id: NodeId): number => {
    const { meanMs, inFlight } = holderOf(plan, id)
    return (meanMs ?? UNKNOWN_MS) * (inFlight + 1)
  }
  return able.toSorted((a, b) => Number(isPaused(a)) - Number(isPaused(b)) || expected(a) - expected(b))[0]
}

/** Milliseconds to wait for a holder before another one is asked: twice its 95th percentile, within bounds. */
export function hedgeAfterMs(plan: SourcePlan, id: NodeId): number {
  const { answers, inFlight } = holderOf(plan, id)
  const sorted = answers.toSorted((a, b) => a - b)
  const p95 = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.95))]
  if (p95 === undefined) return MAX_HEDGE_MS / 2
  return Math.min(MAX_HEDGE_MS, Math.max(MIN_HEDGE_MS, HEDGE_FACTOR * p95 * Math.max(1, inFlight / 2)))
}

/** Chunks worth having under way for one reader: enough that the next one is there when the reader wants it. */
export function readAheadChunks(plan: SourcePlan): number {
  const means = [...plan.holders.values()].flatMap(({ meanMs }) => meanMs ?? [])
  const fastest = means.length === 0 ? UNKNOWN_MS : Math.min(...means)
  const wanted = MIN_READ_AHEAD + Math.floor(fastest / READ_AHEAD_MS)
  return Math.min(MAX_READ_AHEAD, Math.max(MIN_READ_AHEAD + 1, wanted))
}

export function noteStart(plan: SourcePlan, id: NodeId): SourcePlan {
  return withHolder(plan, id, (holder) => ({ ...holder, inFlight: holder.inFlight + 1 }))
}

export function noteDone(plan: SourcePlan, id: NodeId, tookMs: number): SourcePlan {
  return withHolder(plan, id, (holder) => ({
    inFlight: Math.max(0, holder.inFlight - 1),
    meanMs: mix(holder.meanMs, tookMs),
    answers: [...holder.answers, tookMs].slice(-REMEMBERED_ANSWERS),
    failures: 0,
    pausedUntil: Number.NEGATIVE_INFINITY,
  }))
}

export function noteFailed(plan: SourcePlan, id: NodeId, now: number): SourcePlan {
  return withHolder(plan, id, (holder) => paused(holder, now))
}

/**
 * Somebody else answered first, or nobody wants it any more. A holder that had more than its time lost a race: it is slow, or gone.
 */
export function noteCancelled(plan: SourcePlan, id: NodeId, afterMs: number, now: number): SourcePlan {
  const isLate = afterMs >= hedgeAfterMs(plan, id)
  return withHolder(plan, id, (holder) =>
    isLate
      ? { ...paused(holder, now), meanMs: Math.max(holder.meanMs ?? 0, afterMs) }
      : { ...holder, inFlight: Math.max(0, holder.inFlight - 1) },
  )
}

function paused(holder: Holder, now: number): Holder {
  const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** holder.failures)
  return {
    ...holder,
    inFlight: Math.max(0, holder.inFlight - 1),
    failures: Math.min(holder.failures + 1, 10),
    pausedUntil: now + pause,
  }
}

function mix(mean: number | undefined, newest: number): number {
  return mean === undefined ? newest : mean * (1 - NEWEST_WEIGHT) + newest * NEWEST_WEIGHT
}

function holderOf(plan: SourcePlan, id: NodeId): Holder {
  return plan.holders.get(id) ?? unknownHolder
}

function withHolder(plan: SourcePlan, id: NodeId, change: (holder: Holder) => Holder): SourcePlan {
  return { holders: new Map(plan.holders).set(id, change(holderOf(plan, id))) }
}
