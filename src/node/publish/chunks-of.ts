import { CHUNK_BYTES } from '../../core/limits.ts'

/** Cuts a stream into chunks of CHUNK_BYTES, the last one shorter; each in a buffer of its own, so that it may be kept. */
export async function* chunksOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let chunk = new Uint8Array(CHUNK_BYTES)
  let filled = 0
  for await (const part of source) {
    for (let at = 0; at < part.length;) {
      const taken = Math.min(CHUNK_BYTES - filled, part.length - at)
      chunk.set(part.subarray(at, at + taken), filled)
      filled += taken
      at += taken
      if (filled < CHUNK_BYTES) continue
      yield chunk
      chunk = new Uint8Array(CHUNK_BYTES)
      filled = 0
    }
  }
  if (filled > 0) yield chunk.subarray(0, filled)
}
