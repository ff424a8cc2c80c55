import { once } from 'node:events'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Video } from '../../contract/video.ts'
import { type ClientErrorCode, PlaykiteClientError } from '../errors.ts'
import { type CliContext, usage } from './context.ts'
import { fileNameOf } from './file-name.ts'
import { formatBytes, formatDuration, formatRate, safeText } from './format.ts'
import { ProgressLine } from './progress-line.ts'
import { type Target, openNew, openWhole } from './target-file.ts'

/** Times in a row that a stream may break off without a byte of progress before it is given up. */
const MAX_TRIES = 5
/** Milliseconds before another try. */
const RETRY_MS = 500
/** What another try may mend. */
const passing: ReadonlySet<ClientErrorCode> = new Set(['unreachable', 'no-holder', 'corrupt'])

export interface FetchOptions {
  readonly output?: string
  readonly range?: string
  readonly force?: boolean
}

/** `playkite fetch VIDEO` */
export async function fetchVideo(context: CliContext, text: string, options: FetchOptions): Promise<void> {
  if (options.output === '-' && context.isJson) {
    throw usage('With "-o -" standard output is the video itself.', 'Leave --json out, or name a file.')
  }
  const id = await context.videoId(text)
  const video = await context.client.read(id, context.signal)
  const range =
    options.range === undefined ? { start: 0, end: video.size } : parseRange(options.range, video.size)
  if (options.output === '-') {
    await download(context, id, range, standardOutput(context))
    return
  }
  const name = options.output ?? fileNameOf(video)
  const path = resolve(context.io.cwd, name)
  const target = await openTarget(context, { name, path, force: options.force === true }, video, options)
  const resumedAt = target.at
  try {
    await download(context, id, range, target)
  } finally {
    await target.close()
  }
  const bytes = range.end - range.start
  const from = resumedAt > 0 ? `, resumed at ${formatBytes(resumedAt)}` : ''
  const line = `${safeText(name)}: ${formatBytes(bytes)}, verified${from}`
  context.result({ id, file: path, bytes, resumedAt }, line)
}

interface Range {
  /** First byte. */
  readonly start: number
  /** Byte after the last one. */
  readonly end: number
}

async function openTarget(
  context: CliContext,
  file: Parameters<typeof openNew>[0],
  video: Video,
  { range }: FetchOptions,
): Promise<Target> {
  if (range !== undefined) return await openNew(file)
  return await openWhole(file, () => context.client.manifest(video.id, context.signal), context.signal)
}

function standardOutput({ io, signal }: CliContext): Target {
  let at = 0
  return {
    get at() {
      return at
    },
    async write(bytes) {
      at += bytes.length
      if (!io.stdout.write(bytes)) await once(io.stdout, 'drain', { signal })
    },
    close: async () => undefined,
  }
}

/** Writes verified bytes in order; a stream that breaks off is taken up where it stopped. */
async function download(
  { client, io, signal }: CliContext,
  id: string,
  { start, end }: Range,
  target: Target,
): Promise<void> {
  const progress = new ProgressLine(io)
  const resumedAt = target.at
  const began = performance.now()
  let failures = 0
  try {
    while (start + target.at < end) {
      try {
        for await (const bytes of client.stream(id, { start: start + target.at, end, signal })) {
          await target.write(bytes)
          failures = 0
          const rate = ((target.at - resumedAt) / Math.max(1, performance.now() - began)) * 1000
          progress.show(progressText(target.at, end - start, rate))
        }
      } catch (error) {
        const isPassing = error instanceof PlaykiteClientError && passing.has(error.code)
        failures += 1
        if (!isPassing || failures >= MAX_TRIES || signal.aborted) throw error
        await sleep(RETRY_MS, undefined, { signal })
      }
    }
  } finally {
    progress.clear()
  }
}

function progressText(done: number, all: number, rate: number): string {
  const left = formatDuration((all - done) / Math.max(1, rate))
  return `${formatBytes(done)} of ${formatBytes(all)}, ${formatRate(rate)}, ${left} left`
}

/** `A-B`, inclusive; `A-` to the end, `-N` the last N bytes. */
function parseRange(text: string, size: number): Range {
  const [, from, to] = /^(\d*)-(\d*)$/.exec(text) ?? []
  if (from === undefined || to === undefined || (from === '' && to === '')) {
    throw usage(
      `"${safeText(text)}" is no range.`,
      'Give one such as 0-999, 1000- or -500: the last byte is included.',
    )
  }
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from)
  const end = from === '' || to === '' ? size : Math.min(size, Number(to) + 1)
  if (start < end) return { start, end }
  throw usage(`The range ${text} is outside of the video, which has ${size} bytes.`)
}
