/** Publishing by HTTP: a form or the raw body, answered at the end or line by line. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { UploadQuery } from '../../contract/upload.ts'
import { PublishedVideo } from '../../contract/video.ts'
import { messageOf } from '../../core/errors.ts'
import type { Log } from '../../ports/log.ts'
import type { NodeApi, Published, PublishProgress } from '../api.ts'
import { clientSignal, errorResponses } from './request-parts.ts'
import type { Server } from './server.ts'
import { answerWithLines, wantsLines } from './upload-lines.ts'
import { openUpload, type UploadSource } from './upload-source.ts'

const description = `The body is a form (multipart/form-data) with one file, its words in fields before the file or in the query;
with any other content type it is the file itself. With "Accept: application/x-ndjson" the answer is a line of JSON for every step,
the last one with phase "done" or "failed". A client that goes away before "safe" gives up the upload.`

export async function addUploadRoutes(server: Server, api: NodeApi, log: Log): Promise<void> {
  await server.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    // The body stays a stream: it is read by whoever publishes, as fast as the holders take it.
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null))
    scope.route<{ Querystring: UploadQuery }>({
      method: ['POST', 'PUT'],
      url: '/upload',
      schema: {
        summary: 'Publish a video',
        description,
        tags: ['videos'],
        consumes: ['multipart/form-data', 'application/octet-stream', 'video/*'],
        querystring: UploadQuery,
        response: { 200: PublishedVideo, 201: PublishedVideo, ...errorResponses },
      },
      handler: (request, reply) => answerUpload(request, reply, api, log),
    })
  })
}

async function answerUpload(
  request: FastifyRequest<{ Querystring: UploadQuery }>,
  reply: FastifyReply,
  api: NodeApi,
  log: Log,
): Promise<FastifyReply> {
  const gone = clientSignal(reply.raw)
  const publish = async (onProgress: (progress: PublishProgress) => void): Promise<Published> => {
    const source = await openUpload(request.raw, request.query)
    return publishFrom(api, source, gone, onProgress)
  }
  if (wantsLines(request)) return answerWithLines(request, reply, publish, log)
  try {
    const { video } = await publish(() => undefined)
    return await reply
      .code(video.existed ? 200 : 201)
      .header('location', `/video?id=${video.id}`)
      .send(video)
  } catch (error) {
    if (gone.aborted) log.info({ error: messageOf(error) }, 'An upload was given up')
    throw error
  }
}

/**
 * Publishes. Bytes that break off give up at once, and their error is the one that counts; a client that goes away gives up too, but
 * not after the acknowledgement: what was called safe stays.
 */
async function publishFrom(
  api: NodeApi,
  source: UploadSource,
  gone: AbortSignal,
  onProgress: (progress: PublishProgress) => void,
): Promise<Published> {
  const givenUp = new AbortController()
  let broken: { readonly error: unknown } | undefined
  let safe = false
  const giveUp = (): void => {
    if (!safe) givenUp.abort(gone.reason)
  }
  async function* bytes(): AsyncGenerator<Uint8Array> {
    try {
      yield* source.bytes
    } catch (error) {
      broken = { error }
      givenUp.abort(error)
      throw error
    }
  }
  gone.addEventListener('abort', giveUp)
  if (gone.aborted) giveUp()
  try {
    const progress = (now: PublishProgress): void => {
      safe ||= now.result !== undefined
      onProgress(now)
    }
    return await api.publish(bytes(), { ...source.request, onProgress: progress }, givenUp.signal)
  } catch (error) {
    throw broken === undefined ? error : broken.error
  } finally {
    gone.removeEventListener('abort', giveUp)
  }
}
