/**
 * Which nodes keep a video: weighted rendezvous hashing, a band of five, a choice of three (docs/architecture.md, "Placement").
 * Source of the score: Schindelhauer and Schomaker, "Weighted distributed hash tables" (SPAA 2005).
 */
import { hash } from 'node:crypto'
import type { NodeId, VideoId } from './ids.ts'
import { BAND_SIZE, COPIES_WANTED } from './limits.ts'

/** Bytes that a node must have free for a video whose size is not known yet: what a pipe brings at least, and room to fail in order. */
export const MIN_FREE_FOR_UNKNOWN = 256 * 1024 * 1024

/** A member, as far as placement is concerned. */
export interface Candidate {
  readonly id: NodeId
  /** What it is ranked by; its own id unless it took another node's place. */
  readonly slot: string
  /** Bytes that it gives to the network; with 0 it never ranks. */
  readonly capacity: number
  /** Bytes that it keeps or has promised to take. */
  readonly filledBytes: number
  /** Bytes that it can still take. */
  readonly freeBytes: number
  /** Nodes of one zone are likely to fail together. */
  readonly zone: string
}

type Ranked = Pick<Candidate, 'id' | 'slot' | 'capacity'>

export interface Need {
  /** Bytes of the video; null while unknown. */
  readonly size: number | null
}

/** The weighted rendezvous score of a slot for a video; positive, higher ranks first, 0 without capacity. */
export function score(slot: string, capacity: number, video: VideoId): number {
  if (capacity <= 0) return 0
  const digest = hash('sha256', `${slot}\0${video}`, 'buffer')
  const u = (Number(digest.readBigUInt64BE() >> 12n) + 0.5) / 2 ** 52
  return -capacity / Math.log(u)
}

/** Nodes in the order in which they rank for a video; the same on every member. */
export function rankNodes<C extends Ranked>(video: VideoId, candidates: readonly C[]): readonly C[] {
  return candidates
    .filter(({ capacity }) => capacity > 0)
    .map((candidate) => ({ candidate, score: score(candidate.slot, candidate.capacity, video) }))
    .toSorted((a, b) => b.score - a.score || (a.candidate.id < b.candidate.id ? -1 : 1))
    .map(({ candidate }) => candidate)
}

/** Up to three nodes for a new video: from the band those with room, other zones first, then the emptiest; without room there, the next ranks. */
export function chooseHolders(
  video: VideoId,
  candidates: readonly Candidate[],
  need: Need,
): readonly Candidate[] {
  const chosen: Candidate[] = []
  for (;;) {
    const holders = new Set(chosen.map(({ id }) => id))
    const next =
      chosen.length < COPIES_WANTED
        ? nextHolder(video, candidates, { ...need, holders, tried: holders })
        : undefined
    if (next === undefined) return chosen
    chosen.push(next)
  }
}

/** The node that should keep the video besides `holders`, leaving out those that were `tried`; undefined if none has room. */
export function nextHolder(
  video: VideoId,
  candidates: readonly Candidate[],
  need: Need & { readonly holders: ReadonlySet<NodeId>; readonly tried: ReadonlySet<NodeId> },
): Candidate | undefined {
  const ranked = rankNodes(video, candidates)
  const zones = new Set(ranked.filter(({ id }) => need.holders.has(id)).map(({ zone }) => zone))
  const fits = (candidate: Candidate): boolean =>
    !need.holders.has(candidate.id) && !need.tried.has(candidate.id) && hasRoom(candidate, need.size)
  const inBand = ranked.slice(0, BAND_SIZE).filter(fits)
  return best(inBand, zones) ?? ranked.slice(BAND_SIZE).find(fits)
}

export interface Explained {
  readonly id: NodeId
  /** From 1. */
  readonly position: number
  readonly score: number
  readonly inBand: boolean
  /** Filled bytes over capacity. */
  readonly fill: number
  readonly reason: 'chosen' | 'fuller' | 'same-zone' | 'no-space' | 'not-alive' | 'outside-band'
}

/** Why each node keeps a video of `size` bytes or does not. */
export function explainPlacement(
  video: VideoId,
  nodes: readonly (Candidate & { readonly alive: boolean })[],
  need: Need & { readonly holders: ReadonlySet<NodeId> },
): readonly Explained[] {
  const ranked = rankNodes(video, nodes)
  const zones = new Set(ranked.filter(({ id }) => need.holders.has(id)).map(({ zone }) => zone))
  return ranked.map((node, index) => {
    const inBand = index < BAND_SIZE
    const reason = (): Explained['reason'] => {
      if (need.holders.has(node.id)) return 'chosen'
      if (!node.alive) return 'not-alive'
      if (!inBand) return 'outside-band'
      if (!hasRoom(node, need.size)) return 'no-space'
      return zones.has(node.zone) ? 'same-zone' : 'fuller'
    }
    return {
      id: node.id,
      position: index + 1,
      score: score(node.slot, node.capacity, video),
      inBand,
      fill: fill(node),
      reason: reason(),
    }
  })
}

function best(inBand: readonly Candidate[], zones: ReadonlySet<string>): Candidate | undefined {
  const order = inBand.toSorted(
    (a, b) => Number(zones.has(a.zone)) - Number(zones.has(b.zone)) || fill(a) - fill(b),
  )
  return order[0]
}

function fill({ filledBytes, capacity }: Candidate): number {
  return capacity > 0 ? filledBytes / capacity : 1
}

function hasRoom({ freeBytes }: Candidate, size: number | null): boolean {
  return freeBytes >= (size ?? MIN_FREE_FOR_UNKNOWN)
}
