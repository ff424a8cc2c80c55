/** Gateways over fake nodes on free ports, closed when their test ends. */
import { once } from 'node:events'
import {
  type ClientRequest,
  type IncomingMessage,
  request as httpRequest,
  type RequestOptions,
} from 'node:http'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { createGateway, type Gateway, type GatewayOptions } from '../../src/node/http/gateway.ts'
import type { Log } from '../../src/ports/log.ts'
import { createFakeNodeApi, type FakeNodeApi } from './fake-node-api.ts'

interface LogLine {
  readonly level: keyof Log
  readonly fields: object
  readonly message: string
}

export interface TestGateway extends Gateway {
  readonly api: FakeNodeApi
  readonly port: number
  readonly lines: LogLine[]
  fetch(path: string, init?: RequestInit): Promise<Response>
}

export async function startGateway(
  api: FakeNodeApi = createFakeNodeApi(),
  options: Partial<GatewayOptions> = {},
): Promise<TestGateway> {
  const lines: LogLine[] = []
  const at =
    (level: keyof Log) =>
    (fields: object, message: string): void => {
      lines.push({ level, fields, message })
    }
  const log: Log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  const gateway = await createGateway(api, { host: '127.0.0.1', port: 0, log, ...options })
  const { port } = new URL(gateway.url)
  onTestFinished(() => gateway.close(AbortSignal.abort()))
  const url = `http://127.0.0.1:${port}`
  return { ...gateway, api, lines, port: Number(port), fetch: (path, init) => fetch(url + path, init) }
}

/** A request with any headers whatever, which `fetch` would not send. */
export async function rawRequest(
  port: number,
  path: string,
  options: RequestOptions = {},
  body = '',
): Promise<{ status: number; headers: IncomingMessage['headers']; text: string }> {
  const request: ClientRequest = httpRequest({ host: '127.0.0.1', port, path, agent: false, ...options })
  request.end(body)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const parts: Buffer[] = []
  for await (const part of response) parts.push(part as Buffer)
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text: Buffer.concat(parts).toString(),
  }
}

/** A socket that has sent `text`; it reads nothing until asked to. */
export async function rawSocket(port: number, text: string): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' })
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  socket.write(text)
  return socket
}

/** Everything that comes from a socket until it closes, by an error too. */
export async function readAll(socket: Socket): Promise<string> {
  const parts: Buffer[] = []
  socket.on('data', (part) => parts.push(part))
  socket.on('error', () => undefined)
  socket.resume()
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve))
  return Buffer.concat(parts).toString('latin1')
}

/** Waits for `holds`, ten seconds at most: the test's own assertion then says what is wrong. */
export async function until(holds: () => boolean): Promise<void> {
  for (let ms = 0; ms < 10_000 && !holds(); ms += 10) await sleep(10)
}
