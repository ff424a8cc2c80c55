/**
 * How many chunks are under way to or from one peer: about 150 ms of its measured rate, so that a fast link is kept full and a slow one
 * stays quick for everybody else (docs/architecture.md, "How bytes move"). Times are monotonic milliseconds.
 */
import { CHUNK_BYTES, MAX_CHUNKS_IN_FLIGHT } from './limits.ts'

/** Milliseconds of the peer's rate that are in flight: above the round trip of any LAN, below what a waiting person notices. */
export const WINDOW_MS = 150
/** Milliseconds that one measurement of the rate covers at least. */
const MEASURE_MS = 100
/** Weight of the newest measurement. */
const NEWEST_WEIGHT = 0.5
/** A window to begin with: fills a fast link within a few answers, and is a quarter of a second on 100 Mbit/s. */
const FIRST_WINDOW = 3

export interface FlowWindow {
  /** Bytes a second; undefined before the first measurement. */
  readonly rate: number | undefined
  readonly since: number
  readonly bytes: number
}

export function emptyWindow(now: number): FlowWindow {
  return { rate: undefined, since: now, bytes: 0 }
}

/** Chunks that may be under way: from 1 to MAX_CHUNKS_IN_FLIGHT. */
export function windowChunks({ rate }: FlowWindow): number {
  if (rate === undefined) return FIRST_WINDOW
  const chunks = Math.ceil((rate * WINDOW_MS) / 1000 / CHUNK_BYTES)
  return Math.min(MAX_CHUNKS_IN_FLIGHT, Math.max(1, chunks))
}

/** A chunk was delivered. */
export function delivered(window: FlowWindow, bytes: number, now: number): FlowWindow {
  const total = window.bytes + bytes
  const elapsed = now - window.since
  if (elapsed < MEASURE_MS) return { ...window, bytes: total }
  const measured = (total / elapsed) * 1000
  const rate =
    window.rate === undefined ? measured : window.rate * (1 - NEWEST_WEIGHT) + measured * NEWEST_WEIGHT
  return { rate, since: now, bytes: 0 }
}

/** Work begins after a pause, which says nothing about the rate. */
export function resumed(window: FlowWindow, now: number): FlowWindow {
  return { ...window, since: now, bytes: 0 }
}
