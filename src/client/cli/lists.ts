import type { ListQuery } from '../../contract/video.ts'
import { type CliContext, usage } from './context.ts'
import { videoTable } from './videos.ts'

export interface ListOptions {
  readonly sort?: string
  readonly limit?: string
  readonly after?: string
}

/** `playkite list` and `playkite search WORDS` */
export async function list(context: CliContext, q: string | undefined, options: ListOptions): Promise<void> {
  const { sort, after } = options
  const limit = options.limit === undefined ? undefined : Number(options.limit)
  if (limit !== undefined && (!Number.isInteger(limit) || limit < 1))
    throw usage(`"${options.limit ?? ''}" is no number of videos.`)
  const query: ListQuery = {
    ...(q !== undefined && { q }),
    ...(sort !== undefined && { sort }),
    ...(limit !== undefined && { limit }),
    ...(after !== undefined && { after }),
  }
  const page = await context.client.list(query, context.signal)
  const { videos, total, next } = page
  if (videos.length === 0) {
    context.result(
      page,
      q === undefined ? 'No videos yet. Publish one: playkite publish film.mp4' : 'Nothing found.',
    )
    return
  }
  const more = next === null ? '' : `\n\n${videos.length} of ${total}. More: --after ${next}`
  context.result(page, `${videoTable(videos)}${more}`)
}
