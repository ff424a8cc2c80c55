import { open, type FileHandle } from 'node:fs/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { PlaykiteError } from '../../src/core/errors.ts'
import {
  MAX_PROBE_BYTES,
  PROBE_TIMEOUT_MS,
  type MediaFacts,
  type ReadRange,
  probeMedia,
} from '../../src/node/media-probe.ts'
import type { Log } from '../../src/ports/log.ts'
import { type ClipName, clip, realVideo } from '../support/clips.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { itNeeds } from '../support/needs.ts'

const silent = (): void => undefined
const log: Log = { debug: silent, info: silent, warn: silent, error: silent }
const never = new AbortController().signal
const unknown: MediaFacts = { duration: null, codecs: null }

const opened: FileHandle[] = []
afterEach(async () => {
  for (const handle of opened.splice(0)) await handle.close()
})

/** A file as the probe sees it, and how many of its bytes were read. */
async function readable(path: string): Promise<{ size: number; read: ReadRange; bytesRead: () => number }> {
  const handle = await open(path)
  opened.push(handle)
  let total = 0
  const read: ReadRange = async (start, end) => {
    total += end - start
    const bytes = new Uint8Array(end - start)
    await handle.read(bytes, 0, bytes.length, start)
    return bytes
  }
  return { size: (await handle.stat()).size, read, bytesRead: () => total }
}

async function probed(path: string): Promise<MediaFacts & { bytesRead: number }> {
  const { size, read, bytesRead } = await readable(path)
  const facts = await probeMedia(read, size, { clock: new ManualClock(), log }, never)
  return { ...facts, bytesRead: bytesRead() }
}

describe('looking at a video', () => {
  it('finds duration and codecs of the real one by a thousandth of its bytes', async () => {
    const facts = await probed(realVideo)
    expect(facts).toMatchObject({ duration: 30, codecs: 'avc1.640028, mp4a.40.2' })
    expect(facts.bytesRead).toBeLessThan(22_718)
  })

  const h264 = /^avc1\.[0-9a-f]{6}, mp4a\.40\.2$/
  const shapes: readonly [ClipName, RegExp][] = [
    ['index-first.mp4', h264],
    ['index-last.mp4', h264],
    ['fragmented.mp4', h264],
    ['plain.mkv', h264],
    ['streamed.mkv', h264],
    ['plain.ts', h264],
    ['hevc.mp4', /^h(ev|vc)1\..+, mp4a\.40\.2$/],
    ['plain.webm', /^vp8, opus$/],
    ['sound.mp3', /^mp3$/],
    ['sound.ogg', /^vorbis$/],
  ]
  for (const [name, codecs] of shapes) {
    itNeeds(['ffmpeg'])(`finds both of ${name}`, async () => {
      const facts = await probed(await clip(name))
      expect(facts.codecs).toMatch(codecs)
      expect(facts.duration).toBeGreaterThan(2.9)
      expect(facts.duration).toBeLessThan(3.2)
    })
  }

  itNeeds(['ffmpeg'])('reads little more than the index of a long one', async () => {
    const { duration, bytesRead } = await probed(await clip('long.mp4'))
    expect(duration).toBeGreaterThan(5_900)
    expect(duration).toBeLessThan(6_400)
    expect(bytesRead).toBeLessThan(6 * 1024 * 1024)
  })

  for (const name of ['cut-off.mp4', 'plain.avi'] as const) {
    itNeeds(['ffmpeg'])(`knows nothing of ${name}, and says so without an error`, async () => {
      expect(await probed(await clip(name))).toMatchObject(unknown)
    })
  }

  it('knows nothing of noise', async () => {
    expect(await probed(await clip('noise.mp4'))).toMatchObject(unknown)
  })

  it('opens no addresses that a playlist names', async () => {
    const playlist = new TextEncoder().encode(
      '#EXTM3U\n#EXTINF:9,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n',
    )
    const read: ReadRange = (start, end) => Promise.resolve(playlist.slice(start, end))
    expect(await probeMedia(read, playlist.length, { clock: new ManualClock(), log }, never)).toEqual(unknown)
  })
})

describe('looking at a video whose bytes do not come', () => {
  /** The real video, whose reads after the first `good` ones are `bad`. */
  async function failing(good: number, bad: ReadRange): Promise<{ size: number; read: ReadRange }> {
    const { size, read } = await readable(realVideo)
    let reads = 0
    return { size, read: (...range) => ((reads += 1) > good ? bad(...range) : read(...range)) }
  }

  it.each([0, 1, 2, 3, 4, 5])('gives null when reads fail after %i good ones', async (good) => {
    const { size, read } = await failing(good, () => Promise.reject(new PlaykiteError('no-holder', 'gone')))
    const facts = await probeMedia(read, size, { clock: new ManualClock(), log }, never)
    expect(facts.duration ?? 30).toBe(30)
    if (good === 0) expect(facts).toEqual(unknown)
  })

  it('gives null when a read brings fewer bytes than asked for', async () => {
    const { size, read } = await failing(1, () => Promise.resolve(new Uint8Array(1)))
    expect(await probeMedia(read, size, { clock: new ManualClock(), log }, never)).toEqual(unknown)
  })

  it('gives up when its time is over, and stops the read under way', async () => {
    const clock = new ManualClock()
    let stopped = false
    const { size, read } = await failing(1, (_start, _end, signal) => {
      signal.addEventListener('abort', () => (stopped = true))
      return new Promise(() => undefined)
    })
    const facts = probeMedia(read, size, { clock, log }, never)
    let done = false
    void facts.then(() => (done = true))
    // Real time for the reads of the file before it.
    while (!stopped) {
      await new Promise((resolve) => setTimeout(resolve, 10))
      await clock.advance(PROBE_TIMEOUT_MS / 2)
    }
    expect(await facts).toEqual(unknown)
    expect(done).toBe(true)
  })

  it('throws when whoever asked gave up, before and during a read', async () => {
    const stop = new AbortController()
    const { size, read } = await failing(1, () => {
      stop.abort()
      return new Promise(() => undefined)
    })
    const facts = probeMedia(read, size, { clock: new ManualClock(), log }, stop.signal)
    await expect(facts).rejects.toMatchObject({ code: 'aborted' })
    const again = probeMedia(read, size, { clock: new ManualClock(), log }, stop.signal)
    await expect(again).rejects.toMatchObject({ code: 'aborted' })
  })

  it('reads no more than it may of a file that says its index is everything', async () => {
    const size = 8 * MAX_PROBE_BYTES
    const head = Buffer.alloc(32)
    head.writeUInt32BE(16, 0)
    head.write('ftypisom', 4)
    head.writeUInt32BE(size - 16, 16)
    head.write('moov', 20)
    let total = 0
    const read: ReadRange = (start, end) => {
      total += end - start
      const bytes = new Uint8Array(end - start)
      if (start < head.length) bytes.set(head.subarray(start, end))
      return Promise.resolve(bytes)
    }
    expect(await probeMedia(read, size, { clock: new ManualClock(), log }, never)).toEqual(unknown)
    expect(total).toBeLessThanOrEqual(MAX_PROBE_BYTES)
  })
})
