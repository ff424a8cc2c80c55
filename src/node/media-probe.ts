import { CustomSource, Input, ALL_FORMATS } from 'mediabunny'
import { PlaykiteError, messageOf } from '../core/errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'

/** Bytes that looking for duration and codecs may read: the index of a film of hours, and some. */
export const MAX_PROBE_BYTES = 64 * 1024 * 1024
/** Milliseconds that it may take: a publish waits for it. */
export const PROBE_TIMEOUT_MS = 10_000

export interface MediaFacts {
  /** Seconds; null where it could not be found out. */
  readonly duration: number | null
  /** RFC 6381 codecs, such as "avc1.640028, mp4a.40.2". */
  readonly codecs: string | null
}

const unknown: MediaFacts = { duration: null, codecs: null }

/** Reads bytes `start` to `end` (exclusive). */
export type ReadRange = (start: number, end: number, signal: AbortSignal) => Promise<Uint8Array>

/** Duration and codecs of a video, by small range reads. What cannot be found out is null. @throws PlaykiteError aborted */
export async function probeMedia(
  read: ReadRange,
  size: number,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  signal: AbortSignal,
): Promise<MediaFacts> {
  const over = new AbortController()
  const stop = AbortSignal.any([signal, over.signal])
  const timeout = clock.sleep(PROBE_TIMEOUT_MS, stop).then(
    () => unknown,
    () => unknown,
  )
  try {
    return await Promise.race([probe(read, size, stop), timeout])
  } catch (error) {
    if (signal.aborted) throw new PlaykiteError('aborted', 'given up', { cause: signal.reason })
    log.info({ reason: messageOf(error) }, 'Duration and codecs of a video could not be found out')
    return unknown
  } finally {
    over.abort(new PlaykiteError('aborted', 'the look at the video is over'))
  }
}

async function probe(read: ReadRange, size: number, signal: AbortSignal): Promise<MediaFacts> {
  let total = 0
  const source = new CustomSource({
    getSize: () => size,
    read: async (start, end) => {
      total += end - start
      if (total > MAX_PROBE_BYTES) throw new PlaykiteError('too-large', 'its index is too large')
      return await read(start, Math.min(end, size), signal)
    },
    prefetchProfile: 'none',
  })
  using input = new Input({ source, formats: ALL_FORMATS })
  if (!(await input.canRead())) return unknown
  const tracks = await input.getTracks()
  const codecs = await Promise.all(tracks.map((track) => track.getCodecParameterString()))
  const known = codecs.filter((codec): codec is string => codec !== null)
  const duration = await input.computeDuration()
  return {
    duration: Number.isFinite(duration) && duration > 0 ? Math.round(duration * 1000) / 1000 : null,
    codecs: known.length > 0 ? known.join(', ') : null,
  }
}
