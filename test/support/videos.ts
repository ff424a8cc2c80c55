import { createHash, randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'

/** Bytes that pass for a video by their signature, different each time. */
export function madeUpVideo(size: number): Uint8Array {
  const bytes = randomBytes(size)
  bytes.set(Buffer.from('00000018667479706d703432000000006d70343269736f6d', 'hex'))
  return bytes
}

/** Bytes in parts, with pauses, as a slow camera sends them. */
export async function* slowly(
  bytes: Uint8Array,
  partBytes: number,
  pauseMs: number,
): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += partBytes) {
    yield bytes.subarray(at, at + partBytes)
    await sleep(pauseMs)
  }
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** The hash of a stream, and how many bytes it had. */
export async function sha256Of(parts: AsyncIterable<Uint8Array>): Promise<{ hash: string; bytes: number }> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const part of parts) {
    hash.update(part)
    bytes += part.length
  }
  return { hash: hash.digest('hex'), bytes }
}
