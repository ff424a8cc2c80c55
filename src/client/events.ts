import type { IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { EVENTS, type EventName, type PlaykiteEvent } from '../contract/events.ts'
import { PlaykiteClientError } from './errors.ts'
import { type NodeHttp, checked, lines, parse } from './http.ts'

/** Milliseconds before another try after the stream broke off. */
const RETRY_MS = 1_000

/**
 * Events of a node as an endless stream, which goes on where it broke off. Resolves once the node follows: what happens from then on is
 * told. Ends when `signal` fires. @throws PlaykiteClientError when no node answers
 */
export async function followEvents(
  http: NodeHttp,
  signal: AbortSignal,
): Promise<AsyncGenerator<PlaykiteEvent>> {
  return goingOn(http, await openEvents(http, undefined, signal), signal)
}

async function* goingOn(
  http: NodeHttp,
  first: IncomingMessage,
  signal: AbortSignal,
): AsyncGenerator<PlaykiteEvent> {
  let lastId: string | undefined
  let response: IncomingMessage | undefined = first
  while (!signal.aborted) {
    try {
      response ??= await openEvents(http, lastId, signal)
      // The node replays what came after the last event. If there was none yet, nobody knows what was missed.
      if (response !== first && lastId === undefined) yield reset()
      for await (const { id, event } of readEvents(response, signal)) {
        lastId = id ?? lastId
        yield event
      }
    } catch (error) {
      if (signal.aborted) return
      // It was there, so it will come back.
      if (!(error instanceof PlaykiteClientError)) throw error
    }
    response = undefined
    await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined)
  }
}

async function openEvents(
  http: NodeHttp,
  lastId: string | undefined,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const headers = { accept: 'text/event-stream', ...(lastId !== undefined && { 'last-event-id': lastId }) }
  return await http.open({ path: '/events', headers }, signal)
}

async function* readEvents(
  response: IncomingMessage,
  signal: AbortSignal,
): AsyncGenerator<{ readonly id: string | undefined; readonly event: PlaykiteEvent }> {
  let fields = new Map<string, string>()
  for await (const line of lines(response, signal)) {
    if (line.trim() !== '') {
      const [, name, value] = /^(\w+): ?(.*)$/.exec(line.trimEnd()) ?? []
      if (name !== undefined) fields.set(name, value ?? '')
      continue
    }
    const event = toEvent(fields)
    const id = fields.get('id')
    fields = new Map()
    if (event !== undefined) yield { id, event }
  }
}

function reset(): PlaykiteEvent {
  return { event: 'reset', data: { at: new Date().toISOString() } }
}

/** @returns undefined for a comment, or an event of a later version */
function toEvent(fields: ReadonlyMap<string, string>): PlaykiteEvent | undefined {
  const name = fields.get('event')
  const data = fields.get('data')
  if (name === undefined || data === undefined || !Object.hasOwn(EVENTS, name)) return undefined
  const event = name as EventName
  return { event, data: checked(EVENTS[event], parse(data)) } as PlaykiteEvent
}
