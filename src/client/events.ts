import { setTimeout as sleep } from 'node:timers/promises'
import { EVENTS, type EventName, type PlaykiteEvent } from '../contract/events.ts'
import { PlaykiteClientError } from './errors.ts'
import { type NodeHttp, checked, lines, parse } from './http.ts'

/** Milliseconds before another try after the stream broke off. */
const RETRY_MS = 1_000

/** Events of a node as an endless stream, which goes on where it broke off. Ends when `signal` fires. */
export async function* followEvents(http: NodeHttp, signal: AbortSignal): AsyncGenerator<PlaykiteEvent> {
  let lastId: string | undefined
  while (!signal.aborted) {
    try {
      for await (const { id, event } of readEvents(http, lastId, signal)) {
        lastId = id
        yield event
      }
    } catch (error) {
      if (signal.aborted) return
      // A node that never answered is not there; one that did will come back.
      if (!(error instanceof PlaykiteClientError) || lastId === undefined) throw error
    }
    await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined)
  }
}

async function* readEvents(
  http: NodeHttp,
  lastId: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<{ readonly id: string; readonly event: PlaykiteEvent }> {
  const headers: Record<string, string> = { accept: 'text/event-stream' }
  if (lastId !== undefined) headers['last-event-id'] = lastId
  let fields = new Map<string, string>()
  for await (const line of lines(await http.open({ path: '/events', headers }, signal), signal)) {
    if (line.trim() !== '') {
      const [, name, value] = /^(\w+): ?(.*)$/.exec(line.trimEnd()) ?? []
      if (name !== undefined) fields.set(name, value ?? '')
      continue
    }
    const event = toEvent(fields)
    const id = fields.get('id') ?? lastId ?? ''
    fields = new Map()
    if (event !== undefined) yield { id, event }
  }
}

/** @returns undefined for a comment, or an event of a later version */
function toEvent(fields: ReadonlyMap<string, string>): PlaykiteEvent | undefined {
  const name = fields.get('event')
  const data = fields.get('data')
  if (name === undefined || data === undefined || !Object.hasOwn(EVENTS, name)) return undefined
  const event = name as EventName
  return { event, data: checked(EVENTS[event], parse(data)) } as PlaykiteEvent
}
