import {
  ADTS,
  CustomSource,
  FLAC,
  Input,
  MATROSKA,
  MP3,
  MP4,
  MPEG_TS,
  OGG,
  QTFF,
  WAVE,
  WEBM,
} from 'mediabunny'
import { PlaykiteError, messageOf } from '../core/errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import { orAborted, throwIfAborted } from './bell.ts'

/** Bytes that looking for duration and codecs may read: the index (`moov`) of ten hours with 60 pictures a second. */
export const MAX_PROBE_BYTES = 32 * 1024 * 1024
/** Milliseconds that it may take: a publish waits for it. */
export const PROBE_TIMEOUT_MS = 10_000

/** All but playlists: those make the library open other addresses than the file. */
const formats = [MP4, QTFF, MATROSKA, WEBM, WAVE, OGG, FLAC, MP3, ADTS, MPEG_TS]

export interface MediaFacts {
  /** Seconds; null where it could not be found out. */
  readonly duration: number | null
  /** As RFC 6381 and the WebCodecs registry write them, such as "avc1.640028, mp4a.40.2". */
  readonly codecs: string | null
}

/** Reads bytes `start` to `end` (exclusive). */
export type ReadRange = (start: number, end: number, signal: AbortSignal) => Promise<Uint8Array>

/** Duration and codecs of a video, by small range reads. What cannot be found out is null. @throws PlaykiteError aborted */
export async function probeMedia(
  read: ReadRange,
  size: number,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  signal: AbortSignal,
): Promise<MediaFacts> {
  throwIfAborted(signal)
  const over = new AbortController()
  const stop = AbortSignal.any([signal, over.signal])
  const tooLong = new PlaykiteError('timeout', `not done within ${PROBE_TIMEOUT_MS / 1000} s`)
  const timeout = clock.sleep(PROBE_TIMEOUT_MS, stop).then(
    () => over.abort(tooLong),
    () => undefined,
  )
  using input = new Input({ source: sourceOf(read, size, log, stop), formats })
  const orNull = async <T>(what: string, found: Promise<T | null>): Promise<T | null> => {
    try {
      return await found
    } catch (error) {
      throwIfAborted(signal)
      log.info({ reason: messageOf(error) }, `The ${what} of a video could not be found out`)
      return null
    }
  }
  try {
    const codecs = await orNull('codecs', codecsOf(input))
    return { codecs, duration: await orNull('duration', durationOf(input)) }
  } finally {
    over.abort(new PlaykiteError('aborted', 'the look at the video is over'))
    await timeout
  }
}

function sourceOf(read: ReadRange, size: number, log: Log, signal: AbortSignal): CustomSource {
  let total = 0
  return new CustomSource({
    getSize: () => size,
    read: async (start, end) => {
      total += end - start
      if (total > MAX_PROBE_BYTES)
        throw new PlaykiteError('too-large', 'more would have to be read than allowed')
      return await orAborted(read(start, end, signal), signal)
    },
    prefetchProfile: 'none',
    handleUnhandledError: (error) =>
      log.debug({ reason: messageOf(error) }, 'A read that nobody waited for failed'),
  })
}

async function codecsOf(input: Input): Promise<string | null> {
  if (!(await input.canRead())) return null
  const codecs: string[] = []
  for (const track of await input.getTracks()) {
    const codec = await track.getCodecParameterString()
    if (codec !== null) codecs.push(codec)
  }
  return codecs.length > 0 ? codecs.join(', ') : null
}

/** What the file says of itself, else what its packets say: a recording that was streamed has no index. */
async function durationOf(input: Input): Promise<number | null> {
  if (!(await input.canRead())) return null
  const said = await input.getDurationFromMetadata()
  const end = said !== null && said > 0 ? said : await input.computeDuration()
  // The clock of a transport stream starts anywhere.
  const start = (await input.getFormat()) === MPEG_TS ? await input.getFirstTimestamp() : 0
  const seconds = Math.round((end - start) * 1000) / 1000
  return Number.isFinite(seconds) && seconds > 0 ? seconds : null
}
