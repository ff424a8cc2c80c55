/** An event log in memory, for tests of what stands on top of it. */
import { EVENTS_KEPT, type EventData, type EventName, type PlaykiteEvent } from '../../src/contract/events.ts'
import type { EventLog } from '../../src/node/api.ts'

type Kept = { readonly id: string } & PlaykiteEvent

export interface FakeEvents extends EventLog {
  /** Readers that follow now. */
  followers(): number
}

/** Ids are 1, 2, 3…; time stands still. */
export function createFakeEvents(): FakeEvents {
  const kept: Kept[] = []
  let last = 0
  let followers = 0
  let changed = Promise.withResolvers<void>()

  function emit<N extends EventName>(event: N, data: Omit<EventData<N>, 'at'>): void {
    last += 1
    kept.push({
      id: String(last),
      event,
      data: { at: '2026-01-01T00:00:00.000Z', ...data },
    } as unknown as Kept)
    if (kept.length > EVENTS_KEPT) kept.shift()
    changed.resolve()
    changed = Promise.withResolvers<void>()
  }

  async function* follow(lastId: string | undefined, signal: AbortSignal): AsyncGenerator<Kept> {
    followers += 1
    const stopped = Promise.withResolvers<void>()
    signal.addEventListener('abort', () => stopped.resolve())
    if (signal.aborted) stopped.resolve()
    let next = lastId === undefined ? last + 1 : Number(lastId) + 1
    try {
      while (!signal.aborted) {
        if (next < last - kept.length + 1 || next > last + 1 || Number.isNaN(next)) {
          next = last + 1
          yield { id: String(last), event: 'reset', data: { at: '2026-01-01T00:00:00.000Z' } }
        }
        const found = kept[next - (last - kept.length + 1)]
        if (found === undefined) await Promise.race([changed.promise, stopped.promise])
        else {
          next += 1
          yield found
        }
      }
    } finally {
      followers -= 1
    }
  }
  return { emit, follow, followers: () => followers }
}
