/** Commands about one video. */
import { spawn } from 'node:child_process'
import type { VideoChanges } from '../../contract/video.ts'
import { type CliContext, usage } from './context.ts'
import { formatTime, safeText, table } from './format.ts'
import { videoDetails } from './videos.ts'

/** `playkite show VIDEO` */
export async function show(context: CliContext, text: string): Promise<void> {
  const video = await context.client.read(await context.videoId(text), context.signal)
  context.result(video, videoDetails(video))
}

export interface EditOptions {
  readonly title?: string
  readonly description?: string
  readonly tag?: readonly string[]
  /** `false` for `--no-tags`. */
  readonly tags?: boolean
}

/** `playkite edit VIDEO` */
export async function edit(context: CliContext, text: string, options: EditOptions): Promise<void> {
  const { title, description, tag } = options
  const tags = options.tags === false ? [] : tag
  const changes: VideoChanges = {
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
    ...(tags !== undefined && { tags: [...tags] }),
  }
  if (Object.keys(changes).length === 0)
    throw usage('Nothing to change.', 'Give --title, --description, --tag or --no-tags.')
  const video = await context.client.edit(await context.videoId(text), changes, context.signal)
  context.result(video, videoDetails(video))
}

/** `playkite why VIDEO` */
export async function why(context: CliContext, text: string): Promise<void> {
  const body = await context.client.why(await context.videoId(text), context.signal)
  const rows = body.rank.map((node) => [
    String(node.position),
    safeText(node.name),
    node.state,
    node.inBand ? 'yes' : 'no',
    node.holder ? 'yes' : 'no',
    `${(node.fill * 100).toFixed(1)} %`,
    node.score.toPrecision(4),
    node.reason,
  ])
  const headings = ['RANK', 'NODE', 'STATE', 'BAND', 'HOLDS', 'FILL', 'SCORE', 'WHY']
  context.result(body, table(headings, rows, ['RANK', 'FILL', 'SCORE']))
}

/** `playkite remove VIDEO` */
export async function remove(context: CliContext, text: string): Promise<void> {
  const id = await context.videoId(text)
  const removal = await context.client.delete(id, context.signal)
  const until = formatTime(removal.restorableUntil)
  context.result(removal, `Removed. Until ${until} it can be brought back: playkite restore ${id}`)
}

/** `playkite restore VIDEO` */
export async function restore(context: CliContext, text: string): Promise<void> {
  const removal = await context.client.restore(await context.videoId(text), context.signal)
  context.result(removal, 'Restored.')
}

/** `playkite watch VIDEO` */
export async function watch(context: CliContext, text: string): Promise<void> {
  const id = await context.videoId(text)
  const url = context.client.pageUrl(id)
  const isOpen = await openBrowser(url)
  context.result({ id, url }, isOpen ? `Opened ${url}` : `Open ${url}`)
}

/** @returns whether a browser could be started */
async function openBrowser(url: string): Promise<boolean> {
  const [command, ...args] = { darwin: ['open'], win32: ['explorer'] }[process.platform as string] ?? [
    'xdg-open',
  ]
  const child = spawn(command ?? 'xdg-open', [...args, url], { stdio: 'ignore', detached: true })
  return await new Promise((resolve) => {
    child.once('error', () => resolve(false))
    child.once('spawn', () => {
      child.unref()
      resolve(true)
    })
  })
}
