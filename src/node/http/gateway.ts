/** The gateway: what browsers, curl and the command line talk to. */
import { networkInterfaces } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf, PlaykiteError } from '../../core/errors.ts'
import type { Log } from '../../ports/log.ts'
import type { NodeApi } from '../api.ts'
import { addCatalogueRoutes } from './catalogue-routes.ts'
import { addEventRoutes, HEARTBEAT_MS } from './event-routes.ts'
import { ownHostNames } from './guard.ts'
import { addNodeRoutes } from './node-routes.ts'
import { addOpenApi } from './openapi.ts'
import { addPage } from './page.ts'
import { createServer, type Server } from './server.ts'
import { addStreamRoutes } from './stream-routes.ts'
import { addUploadRoutes } from './upload-routes.ts'

/** Milliseconds that running streams and uploads get to end by themselves when the gateway closes: a person is waiting for it. */
export const CLOSE_GRACE_MS = 2000

export interface GatewayOptions {
  /** Address or name to listen on; `0.0.0.0` or `::` is every network. */
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** Host names beside the machine's own under which it may be reached, such as one that a router gives. */
  readonly allowedHosts?: readonly string[]
  readonly log: Log
  /** Milliseconds; only tests have a reason to change it. */
  readonly heartbeatMs?: number
}

export interface Gateway {
  /** Where the page is, for a browser; of several addresses one that other machines reach. */
  readonly url: string
  /** Stops accepting, ends event streams, and cuts what runs after CLOSE_GRACE_MS, or at once when `signal` fires. */
  close(signal: AbortSignal): Promise<void>
}

/** @throws port-in-use, bad-config (an address that this machine does not have, or a port that it may not use) */
export async function createGateway(api: NodeApi, options: GatewayOptions): Promise<Gateway> {
  const { host, port, log } = options
  const ownNames = ownHostNames(host, options.allowedHosts ?? [])
  const stopping = new AbortController()
  const server = createServer(ownNames, log)
  await addOpenApi(server, api.version)
  addCatalogueRoutes(server, api)
  addNodeRoutes(server, api)
  addStreamRoutes(server, api, log)
  addEventRoutes(
    server,
    api,
    { heartbeatMs: options.heartbeatMs ?? HEARTBEAT_MS, stopping: stopping.signal },
    log,
  )
  await addUploadRoutes(server, api, log)
  await addPage(server)
  try {
    await server.listen({ host, port })
  } catch (error) {
    await server.close()
    throw listenError(error, host, port)
  }
  return { url: urlOf(server, host), close: (signal) => closeServer(server, stopping, signal) }
}

async function closeServer(server: Server, stopping: AbortController, signal: AbortSignal): Promise<void> {
  stopping.abort(new PlaykiteError('aborted', 'The node stops.'))
  const closed = server.close()
  const waiting = new AbortController()
  const grace = sleep(CLOSE_GRACE_MS, undefined, { signal: AbortSignal.any([signal, waiting.signal]) })
  // Fired early by either signal: the grace is over all the same.
  await Promise.race([closed, grace.catch(() => undefined)])
  waiting.abort()
  server.server.closeAllConnections()
  await closed
}

function listenError(error: unknown, host: string, port: number): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE') {
    return new PlaykiteError('port-in-use', `Another program already listens on ${host}:${port}.`, {
      remedy: 'Stop it, or choose another port with --http PORT (0 takes a free one).',
      cause: error,
    })
  }
  if (code === 'EADDRNOTAVAIL' || code === 'EACCES' || code === 'ENOTFOUND') {
    return new PlaykiteError('bad-config', `Cannot listen on ${host}:${port}: ${messageOf(error)}.`, {
      remedy: 'Give --http an address of this machine and a port above 1023.',
      cause: error,
    })
  }
  return error
}

function urlOf(server: Server, host: string): string {
  const address = server.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const shown = host === '0.0.0.0' || host === '::' ? (lanAddress() ?? '127.0.0.1') : host
  return `http://${shown.includes(':') ? `[${shown}]` : shown}:${port}`
}

/** An IPv4 address under which other machines reach this one, if it has any. */
function lanAddress(): string | undefined {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  return addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address
}
