/**
 * Answers that go out before the request's body was read. Closing at once would reset the connection and the client, still sending,
 * might never see the answer; reading on for ever would take a refused upload of any size. So: answer, read a little longer, close.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** Bytes of a refused body that are read and thrown away: what a client has in its socket buffers, and some. */
const MAX_DRAIN_BYTES = 32 * 1024 * 1024
/** Milliseconds for that: a client that heeds answers has stopped by then. */
const MAX_DRAIN_MS = 2000

/** Whether the client may still be sending a body. */
export function hasUnreadBody(request: IncomingMessage): boolean {
  if (request.complete) return false
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers
  return coding !== undefined || (length !== undefined && length !== '0')
}

/** Reads and drops what still comes of the body, within the two limits. */
export async function drainBody(request: IncomingMessage): Promise<void> {
  let bytes = 0
  const enough = Promise.withResolvers<void>()
  const count = (chunk: Uint8Array): void => {
    bytes += chunk.length
    if (bytes > MAX_DRAIN_BYTES) enough.resolve()
  }
  const done = (): void => enough.resolve()
  request.unpipe()
  request.on('data', count).once('end', done).once('close', done).once('error', done)
  request.resume()
  const timer = new AbortController()
  const late = sleep(MAX_DRAIN_MS, undefined, { signal: timer.signal }).catch(() => undefined)
  if (!request.complete && !request.destroyed) await Promise.race([enough.promise, late])
  timer.abort()
  request.off('data', count).off('end', done).off('close', done)
}

/** Sends the whole answer, drains, and only then ends: to the client it is complete from the first moment. */
export async function answerEarly(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<void> {
  const length = String(Buffer.byteLength(body))
  response.writeHead(status, { ...headers, connection: 'close', 'content-length': length })
  response.write(body)
  await drainBody(request)
  response.end()
}
