import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import type { UploadLine } from '../../contract/upload.ts'
import type { PublishedVideo } from '../../contract/video.ts'
import { PlaykiteClientError } from '../errors.ts'
import { type CliContext, usage } from './context.ts'
import { formatBytes, formatDuration, formatRate, safeText, shorten } from './format.ts'
import { ProgressLine } from './progress-line.ts'

/** Bytes that are read from a file at once: a chunk. */
const READ_BYTES = 1024 * 1024

/** Columns of a file's name beside its progress, so that the line is not broken. */
const SHOWN_NAME = 30

export interface PublishOptions {
  readonly title?: string
  readonly description?: string
  readonly tag?: readonly string[]
  readonly any?: boolean
  readonly again?: boolean
  readonly wait: boolean
}

interface Source {
  /** As it was typed. */
  readonly name: string
  readonly fileName: string | undefined
  readonly size: number | undefined
  readonly open: () => AsyncIterable<Uint8Array>
}

/** `playkite publish FILE…` */
export async function publish(
  context: CliContext,
  files: readonly string[],
  options: PublishOptions,
): Promise<void> {
  if (options.title !== undefined && files.length > 1) {
    throw usage(
      'One --title cannot fit several files.',
      'Publish them one by one, or let each have its file name.',
    )
  }
  if (files.filter((file) => file === '-').length > 1)
    throw usage('"-" (standard input) can be published once.')
  const sources = await Promise.all(files.map((file) => sourceOf(context, file)))
  const published: PublishedVideo[] = []
  try {
    for (const source of sources) published.push(await publishOne(context, source, options))
  } catch (error) {
    // An error leaves stdout empty; what was done before it should be known all the same.
    for (const video of published) context.note(resultText(video))
    throw files.length > 1 ? about(sources[published.length], error) : error
  }
  context.result(files.length === 1 ? published[0] : published, published.map(resultText).join('\n'))
}

function resultText({ id, title, existed }: PublishedVideo): string {
  return `${id}  ${safeText(title)} (${existed ? 'was there already' : 'published'})`
}

/** Of several files, which one it was. */
function about(source: Source | undefined, error: unknown): unknown {
  if (source === undefined || !(error instanceof PlaykiteClientError)) return error
  return new PlaykiteClientError(error.code, `${source.name}: ${error.message}`, error.remedy, error)
}

async function publishOne(
  context: CliContext,
  source: Source,
  options: PublishOptions,
): Promise<PublishedVideo> {
  const { title, description, tag: tags, any, again, wait } = options
  const { fileName, size } = source
  const progress = new ProgressLine(context.io)
  const words = {
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
    ...(tags && { tags }),
  }
  const flags = { any: any === true, again: again === true }
  const file = { ...(fileName !== undefined && { fileName }), ...(size !== undefined && { size }) }
  const report = new Report(context, safeText(source.name))
  try {
    const lines = context.client.storing(source.open(), {
      ...words,
      ...flags,
      ...file,
      signal: context.signal,
    })
    let last: Extract<UploadLine, { phase: 'safe' | 'done' }> | undefined
    for await (const line of lines) {
      if (line.phase === 'receiving') progress.show(receiving(source, line))
      if (line.phase !== 'safe' && line.phase !== 'done') continue
      progress.clear()
      report.copies(line)
      last = line
      if (!wait) break
    }
    if (last === undefined)
      throw new PlaykiteClientError('unreachable', 'The node ended its answer too soon.')
    return last.video
  } finally {
    progress.clear()
  }
}

/** Tells once about each number of copies. */
class Report {
  readonly #context: CliContext
  readonly #name: string
  #told = 0

  constructor(context: CliContext, name: string) {
    this.#context = context
    this.#name = name
  }

  copies({ copies, safe, video }: Extract<UploadLine, { phase: 'safe' | 'done' }>): void {
    if (copies <= this.#told || this.#context.isJson) return
    this.#told = copies
    this.#context.note(`${this.#name}: ${copiesText(copies, video.wanted, safe)}`)
  }
}

function copiesText(copies: number, wanted: number, safe: boolean): string {
  if (!safe) return `kept on ${copies} of ${wanted}, not safe yet`
  return copies < wanted ? `safe on ${copies} of ${wanted}` : `${copies} of ${wanted}`
}

function receiving({ name, size }: Source, { bytes, rate, eta }: UploadLine): string {
  const part =
    size === undefined
      ? formatBytes(bytes)
      : `${Math.floor((bytes / Math.max(1, size)) * 100)} % of ${formatBytes(size)}`
  return `${shorten(safeText(name), SHOWN_NAME)}: ${part}, ${formatRate(rate)}${eta === null ? '' : `, ${formatDuration(eta)} left`}`
}

/** @throws PlaykiteClientError no such file, a folder, not readable */
async function sourceOf({ io }: CliContext, file: string): Promise<Source> {
  if (file === '-')
    return { name: 'standard input', fileName: undefined, size: undefined, open: () => io.stdin }
  const path = resolve(io.cwd, file)
  const found = await stat(path).catch((error: unknown) => {
    const isMissing =
      error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
    const message = isMissing
      ? `There is no file ${safeText(file)}.`
      : `${safeText(file)} cannot be read: ${error instanceof Error ? error.message : String(error)}.`
    throw new PlaykiteClientError('no-file', message, 'Look at the name and the folder.', error)
  })
  if (found.isDirectory()) {
    throw new PlaykiteClientError(
      'no-file',
      `${safeText(file)} is a folder.`,
      `Publish what is in it: playkite publish ${safeText(file)}/*`,
    )
  }
  // A named pipe has no size of its own.
  const size = found.isFile() ? found.size : undefined
  return {
    name: file,
    fileName: basename(path),
    size,
    open: () => createReadStream(path, { highWaterMark: READ_BYTES }),
  }
}
