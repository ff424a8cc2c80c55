import { INCOMING_KEPT_MS } from '../core/limits.ts'
import type { VideoStore } from '../ports/video-store.ts'

/** One unit of the sweep: gives up an upload whose last byte came longer than INCOMING_KEPT_MS ago. @returns whether there was one */
export async function sweepIncoming(store: VideoStore, now: number, signal: AbortSignal): Promise<boolean> {
  const old = store.allIncoming().find(({ lastWriteAt }) => now - lastWriteAt > INCOMING_KEPT_MS)
  await old?.discard(signal)
  return old !== undefined
}
