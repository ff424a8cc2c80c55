/**
 * What happens, as server-sent events (WHATWG HTML, "Server-sent events"). The queue of a client is the node's event log itself: a
 * client that reads slowly is not written to until its socket drained, and is told `reset` by the log when it fell too far behind.
 */
import type { ServerResponse } from 'node:http'
import { once } from 'node:events'
import { Type } from 'typebox'
import { EVENTS } from '../../contract/events.ts'
import { isPlaykiteError } from '../../core/errors.ts'
import type { Log } from '../../ports/log.ts'
import type { NodeApi } from '../api.ts'
import { clientSignal } from './request-parts.ts'
import { plainHeaders, type Server } from './server.ts'

/** Milliseconds between comments on a quiet stream: proxies cut what is silent for 30 s or 60 s, and a dead client is noticed. */
export const HEARTBEAT_MS = 15 * 1000
/** Milliseconds after which a browser that lost the stream connects anew. */
const RECONNECT_MS = 2000

export interface EventSettings {
  readonly heartbeatMs: number
  /** Ends all streams: the gateway closes. */
  readonly stopping: AbortSignal
}

export function addEventRoutes(server: Server, api: NodeApi, settings: EventSettings, log: Log): void {
  server.get(
    '/events',
    {
      // A HEAD of an endless answer would never end.
      exposeHeadRoute: false,
      schema: {
        summary: 'What happens, as server-sent events',
        description: `Events: ${Object.keys(EVENTS).join(', ')}. Each has data in JSON with "at".`,
        tags: ['events'],
        headers: Type.Object({
          'last-event-id': Type.Optional(
            Type.String({ description: 'Replays what came after it; reset if that is gone' }),
          ),
        }),
        produces: ['text/event-stream'],
      },
    },
    async (request, reply) => {
      const signal = AbortSignal.any([clientSignal(reply.raw), settings.stopping])
      void reply.headers({ 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' })
      reply.hijack()
      reply.raw.writeHead(200, plainHeaders(reply))
      reply.raw.write(`retry: ${RECONNECT_MS}\n\n`)
      const heartbeat = setInterval(() => {
        if (!reply.raw.writableNeedDrain) reply.raw.write(':\n\n')
      }, settings.heartbeatMs)
      try {
        await sendEvents(api, request.headers['last-event-id'], reply.raw, signal)
      } catch (error) {
        if (!signal.aborted) log.error({ error }, 'An event stream failed')
        else if (!isAbort(error)) log.debug({ error }, 'An event stream ended')
      } finally {
        clearInterval(heartbeat)
        reply.raw.end()
      }
    },
  )
}

async function sendEvents(
  api: NodeApi,
  lastId: string | undefined,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  for await (const { id, event, data } of api.events.follow(lastId, signal)) {
    if (signal.aborted) return
    const written = response.write(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
    if (!written) await once(response, 'drain', { signal })
  }
}

function isAbort(error: unknown): boolean {
  return isPlaykiteError(error, 'aborted') || (error instanceof Error && error.name === 'AbortError')
}
