/** What several routes take from a request in the same way. */
import type { ServerResponse } from 'node:http'
import { Type } from 'typebox'
import { ErrorBody } from '../../contract/errors.ts'
import { PlaykiteError } from '../../core/errors.ts'
import { parseVideoId, type VideoId } from '../../core/ids.ts'

/** The query of every route about one video. */
export const VideoQuery = Type.Object({
  id: Type.String({
    description: 'Id of the video: a lower-case UUIDv4. /resolve finds it by prefix or title',
  }),
})

/** Schemas of the errors that any route may answer with. */
export const errorResponses = { '4xx': ErrorBody, '5xx': ErrorBody }

/** @throws bad-request if `text` is no video id */
export function videoIdOf(text: string): VideoId {
  const id = parseVideoId(text)
  if (id !== undefined) return id
  throw new PlaykiteError('bad-request', `"id" in the request is not a video id: ${JSON.stringify(text)}.`, {
    remedy: 'A video id is a lower-case UUID; /resolve?video= finds it by its first characters or the title.',
  })
}

/** Fires when the client goes away before it has its whole answer. */
export function clientSignal(response: ServerResponse): AbortSignal {
  const gone = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) gone.abort(new PlaykiteError('aborted', 'The client went away.'))
  })
  return gone.signal
}
