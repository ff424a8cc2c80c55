import { PlaykiteError } from '../../core/errors.ts'
import { STREAM_STALL_MS } from '../../core/limits.ts'
import { HASH_BYTES, chunksForRange } from '../../core/manifest.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Log } from '../../ports/log.ts'
import type { ChunkFetcher } from '../chunks/chunk-fetcher.ts'
import { type MediaFacts, probeMedia } from '../media-probe.ts'
import type { Upload } from './upload.ts'

/** Duration and codecs of a video whose bytes lie with the machines that took it, by small reads from them. */
export async function probeUpload(
  upload: Upload,
  tools: { readonly fetcher: ChunkFetcher; readonly clock: Clock; readonly log: Log },
  signal: AbortSignal,
): Promise<MediaFacts> {
  const { fetcher, clock, log } = tools
  const { size, hashes } = upload
  const { video } = upload.plan
  let last: { readonly index: number; readonly bytes: Uint8Array } | undefined
  const chunk = async (index: number, stop: AbortSignal): Promise<Uint8Array> => {
    if (last?.index === index) return last.bytes
    const hash = hashes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES)
    const holders = (): ReturnType<typeof holdersOf> => holdersOf(upload, index)
    const { bytes } = await fetcher.fetch({ video, index, hash }, holders, STREAM_STALL_MS, stop)
    last = { index, bytes }
    return bytes
  }
  const read = async (start: number, end: number, stop: AbortSignal): Promise<Uint8Array> => {
    const bytes = new Uint8Array(Math.max(0, Math.min(end, size) - start))
    let at = 0
    for (const { index, from, to } of chunksForRange(size, start, end)) {
      bytes.set((await chunk(index, stop)).subarray(from, to), at)
      at += to - from
    }
    if (at !== bytes.length) throw new PlaykiteError('internal', 'a read beyond the end of a video')
    return bytes
  }
  return await probeMedia(read, size, { clock, log }, signal)
}

function holdersOf(upload: Upload, index: number): readonly Upload['holders'][number]['id'][] {
  return upload.holders.filter((holder) => holder.has(index)).map(({ id }) => id)
}
