import type { IncomingMessage } from 'node:http'
import { asClientError } from './errors.ts'

/** The chunks of a body, put together; `lengthOf` says how long each is. @throws PlaykiteClientError when it breaks off */
export async function* wholeChunks(
  response: IncomingMessage,
  lengthOf: (index: number) => number,
  first: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let index = first
  let chunk = new Uint8Array(lengthOf(index))
  let filled = 0
  try {
    for await (const part of response as AsyncIterable<Uint8Array>) {
      for (let at = 0; at < part.length;) {
        const taken = Math.min(chunk.length - filled, part.length - at)
        chunk.set(part.subarray(at, at + taken), filled)
        filled += taken
        at += taken
        if (filled < chunk.length) continue
        yield chunk
        index += 1
        chunk = new Uint8Array(Math.max(1, lengthOf(index)))
        filled = 0
      }
    }
  } catch (error) {
    throw asClientError(error, signal)
  }
}
