/** Bytes to a socket, as fast as it takes them and no faster. */
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { PlaykiteError } from '../../core/errors.ts'

export interface Head {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Bytes of the body: the answer has promised them. */
  readonly length: number
}

/**
 * Asks for the first bytes, and sends the head only with them: until then the caller can still answer with an error. After that each
 * chunk is asked for when the socket has taken the one before.
 * @param onHead called right before the head goes out
 * @throws whatever the reader throws; internal if it gives more or fewer bytes than promised
 */
export async function sendBody(
  response: ServerResponse,
  chunks: AsyncIterable<Uint8Array>,
  head: Head,
  onHead: () => void,
  signal: AbortSignal,
): Promise<void> {
  let left = head.length
  for await (const chunk of chunks) {
    signal.throwIfAborted()
    if (!response.headersSent) {
      onHead()
      response.writeHead(head.status, head.headers)
    }
    left -= chunk.length
    if (left < 0) break
    if (!response.write(chunk)) await once(response, 'drain', { signal })
  }
  if (left !== 0)
    throw new PlaykiteError('internal', `A reader gave ${head.length - left} bytes, not ${head.length}`)
  response.end()
}
