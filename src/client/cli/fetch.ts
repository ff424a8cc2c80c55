import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { ManifestBody, Video } from '../../contract/video.ts'
import { PlaykiteClientError } from '../errors.ts'
import { type CliContext, usage } from './context.ts'
import { fileNameOf } from './file-name.ts'
import { formatBytes, formatRate, safeText } from './format.ts'
import { ProgressLine } from './progress-line.ts'

/** Times in a row that a stream may break off without a byte of progress before it is given up. */
const MAX_TRIES = 5
/** Milliseconds before another try. */
const RETRY_MS = 500

export interface FetchOptions {
  readonly output?: string
  readonly range?: string
  readonly force?: boolean
}

/** `playkite fetch VIDEO` */
export async function fetchVideo(context: CliContext, text: string, options: FetchOptions): Promise<void> {
  const id = await context.videoId(text)
  const video = await context.client.read(id, context.signal)
  const [start, end] = options.range === undefined ? [0, video.size] : parseRange(options.range, video.size)
  if (options.output === '-') {
    await pipe(context, video, start, end)
    return
  }
  const file = options.output ?? fileNameOf(video)
  const path = resolve(context.io.cwd, file)
  const target =
    options.range === undefined
      ? await openWhole(context, path, video, options)
      : await openNew(path, options)
  try {
    const resumedAt = target.at
    await download(context, video, { start: start + resumedAt, end, offset: resumedAt }, target)
    await target.handle.truncate(end - start)
    const result = { id, file: path, bytes: end - start, resumedAt }
    const from = resumedAt > 0 ? `, resumed at ${formatBytes(resumedAt)}` : ''
    context.result(result, `${safeText(file)}: ${formatBytes(end - start)}, verified${from}`)
  } finally {
    await target.handle.close()
  }
}

interface Target {
  readonly handle: FileHandle
  /** Bytes that are there and verified. */
  readonly at: number
  /** Bytes after that which are there, but too few to be verified before the rest of their chunk comes. */
  readonly tail: Uint8Array
}

const noTail = new Uint8Array()

async function pipe(context: CliContext, { id }: Video, start: number, end: number): Promise<void> {
  const { stdout } = context.io
  for await (const bytes of context.client.stream(id, { start, end, signal: context.signal })) {
    if (!stdout.write(bytes)) await new Promise<void>((drained) => stdout.once('drain', drained))
  }
}

/** Writes verified bytes in order; a stream that breaks off is taken up where it stopped. */
async function download(
  context: CliContext,
  { id }: Video,
  { start, end, offset }: { readonly start: number; readonly end: number; readonly offset: number },
  { handle, tail }: Target,
): Promise<void> {
  const progress = new ProgressLine(context.io)
  const began = performance.now()
  let done = 0
  let failures = 0
  let unproven = tail
  try {
    while (start + done < end) {
      try {
        const from = start + done
        for await (const bytes of context.client.stream(id, { start: from, end, signal: context.signal })) {
          if (unproven.length > 0) checkTail(unproven, bytes)
          unproven = noTail
          await handle.write(bytes, 0, bytes.length, offset + done)
          done += bytes.length
          failures = 0
          const rate = (done / Math.max(1, performance.now() - began)) * 1000
          progress.show(
            `${formatBytes(offset + done)} of ${formatBytes(end - start + offset)}, ${formatRate(rate)}`,
          )
        }
      } catch (error) {
        const isLost =
          error instanceof PlaykiteClientError && ['unreachable', 'no-holder', 'corrupt'].includes(error.code)
        failures += 1
        if (!isLost || failures >= MAX_TRIES || context.signal.aborted) throw error
        await new Promise((again) => setTimeout(again, RETRY_MS))
      }
    }
  } finally {
    progress.clear()
  }
}

/** A file for the whole video: new, or one that has its beginning. @throws PlaykiteClientError when it has other content */
async function openWhole(
  context: CliContext,
  path: string,
  video: Video,
  options: FetchOptions,
): Promise<Target> {
  const handle = await openOrCreate(path)
  try {
    if (options.force === true) await handle.truncate(0)
    const { size } = await handle.stat()
    if (size === 0) return { handle, at: 0, tail: noTail }
    if (size > video.size) throw otherContent(path)
    const manifest = await context.client.manifest(video.id, context.signal)
    const at = await verifiedBytes(handle, size, manifest, path)
    const tail = new Uint8Array(size - at)
    await handle.read(tail, 0, tail.length, at)
    return { handle, at, tail }
  } catch (error) {
    await handle.close()
    throw error
  }
}

async function openNew(path: string, options: FetchOptions): Promise<Target> {
  const handle = await openOrCreate(path)
  const { size } = await handle.stat()
  if (size > 0 && options.force !== true) {
    await handle.close()
    throw new PlaykiteClientError(
      'bad-request',
      `${safeText(path)} exists already.`,
      'Choose another name with -o, or overwrite it with --force.',
    )
  }
  await handle.truncate(0)
  return { handle, at: 0, tail: noTail }
}

/** How many bytes of whole chunks are those of the video. */
async function verifiedBytes(
  handle: FileHandle,
  size: number,
  manifest: ManifestBody,
  path: string,
): Promise<number> {
  const { chunkSize, chunks } = manifest
  for (const [index, hash] of chunks.entries()) {
    const at = index * chunkSize
    const length = Math.min(chunkSize, manifest.size - at)
    if (at + length > size) return at
    const bytes = new Uint8Array(length)
    await handle.read(bytes, 0, length, at)
    if (createHash('sha256').update(bytes).digest('hex') !== hash) throw otherContent(path)
  }
  return manifest.size
}

function checkTail(tail: Uint8Array, bytes: Uint8Array): void {
  if (Buffer.compare(tail, bytes.subarray(0, tail.length)) !== 0) throw otherContent('The file')
}

function otherContent(path: string): PlaykiteClientError {
  return new PlaykiteClientError(
    'bad-request',
    `${safeText(path)} has other content than the video.`,
    'Choose another name with -o, or overwrite it with --force.',
  )
}

async function openOrCreate(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r+').catch(async (error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return await open(path, 'wx+')
      throw error
    })
  } catch (error) {
    throw new PlaykiteClientError(
      'no-file',
      `${safeText(path)} cannot be written: ${error instanceof Error ? error.message : String(error)}.`,
      'Choose another name with -o.',
      error,
    )
  }
}

/** `A-B`, inclusive; `A-` to the end, `-N` the last N bytes. @returns first byte, and the one after the last */
function parseRange(text: string, size: number): readonly [start: number, end: number] {
  const [, from, to] = /^(\d*)-(\d*)$/.exec(text) ?? []
  if (from === undefined || to === undefined || (from === '' && to === '')) {
    throw usage(
      `"${safeText(text)}" is no range.`,
      'Give one such as 0-999, 1000- or -500: the last byte is included.',
    )
  }
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from)
  const end = from === '' || to === '' ? size : Math.min(size, Number(to) + 1)
  if (start < end) return [start, end]
  throw usage(`The range ${text} is outside of the video, which has ${size} bytes.`)
}
