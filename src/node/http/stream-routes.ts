/**
 * Watching: RFC 9110 over the bytes of a video. The rules that are not in the RFC come from what browsers do: they give up at once on an
 * error status for a resumed range, but retry a dropped connection (measured: docs/http.md).
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { IncomingHttpHeaders } from 'node:http'
import { Type } from 'typebox'
import { isPlaykiteError, messageOf } from '../../core/errors.ts'
import type { VideoId } from '../../core/ids.ts'
import type { Log } from '../../ports/log.ts'
import type { NodeApi, StreamInfo } from '../api.ts'
import { evaluateConditions, httpDate, ifRangeHolds, type Validators } from './conditions.ts'
import { type ByteRange, parseByteRange } from '../../core/byte-range.ts'
import { inlineDisposition } from '../../core/content-disposition.ts'
import { errorAnswer } from './error-answers.ts'
import { clientSignal, errorResponses, videoIdOf, VideoQuery } from './request-parts.ts'
import { plainHeaders, sendError, type Server } from './server.ts'
import { type Head, sendBody } from './stream-body.ts'

const description = `Single ranges, If-Range, If-None-Match; the ETag is the content id. Several ranges: the whole. If no machine that
has the bytes answers within 25 s: 503, or the connection drops if the range starts after 0 or bytes were already sent.`

export function addStreamRoutes(server: Server, api: NodeApi, log: Log): void {
  const schema = {
    summary: 'The bytes of a video',
    description,
    tags: ['videos'],
    headers: Type.Object({
      range: Type.Optional(Type.String({ description: 'bytes=from-to, both inclusive' })),
    }),
    response: errorResponses,
  }
  server.route({
    method: ['GET', 'HEAD'],
    url: '/stream',
    schema: { ...schema, querystring: VideoQuery },
    handler: async (request, reply) => answerStream(videoIdOf(request.query.id), request, reply, api, log),
  })
  server.route({
    method: ['GET', 'HEAD'],
    url: '/stream/:id/:name',
    schema: {
      ...schema,
      summary: 'The same, for players that look at the end of the URL',
      params: Type.Object({ id: Type.String(), name: Type.String({ description: 'Any' }) }),
    },
    handler: async (request, reply) => answerStream(videoIdOf(request.params.id), request, reply, api, log),
  })
}

async function answerStream(
  id: VideoId,
  request: FastifyRequest,
  reply: FastifyReply,
  api: NodeApi,
  log: Log,
): Promise<void> {
  const info = api.streamInfo(id)
  const validators = { etag: `"${info.cid}"`, lastModified: Date.parse(info.createdAt) }
  const headers = streamHeaders(info, validators)
  const condition = evaluateConditions(request.headers, validators)
  if (condition === 'failed') return preconditionFailed(request, reply)
  if (condition === 'not-modified') return void reply.code(304).headers(headers).send()
  if (request.method === 'HEAD') {
    return void reply.headers({ ...headers, 'content-length': String(info.size) }).send()
  }
  const range = requestedRange(request.headers, validators, info.size)
  if (range.kind === 'unsatisfiable') return rangeNotSatisfiable(request, reply, info.size)
  const [start, end] = range.kind === 'part' ? [range.start, range.end] : [0, info.size]
  const head: Head = {
    status: range.kind === 'part' ? 206 : 200,
    length: end - start,
    headers: {
      ...plainHeaders(reply),
      ...headers,
      'content-length': String(end - start),
      ...(range.kind === 'part' && { 'content-range': `bytes ${start}-${end - 1}/${info.size}` }),
    },
  }
  return sendRange(id, start, head, reply, api, log)
}

function requestedRange(headers: IncomingHttpHeaders, validators: Validators, size: number): ByteRange {
  const ifRange = headers['if-range']
  const holds = typeof ifRange === 'object' ? false : ifRangeHolds(ifRange, validators)
  return parseByteRange(holds ? headers.range : undefined, size)
}

/** Errors before the first byte are answered if the range starts at 0; every other one drops the connection, which players retry. */
async function sendRange(
  id: VideoId,
  start: number,
  head: Head,
  reply: FastifyReply,
  api: NodeApi,
  log: Log,
): Promise<void> {
  const signal = clientSignal(reply.raw)
  let begun = false
  const onHead = (): void => {
    begun = true
    reply.hijack()
  }
  try {
    const chunks = api.read(id, start, start + head.length, signal)
    await sendBody(reply.raw, chunks, head, onHead, signal)
  } catch (error) {
    const fields = { id, start, error: messageOf(error) }
    if (signal.aborted) log.debug(fields, 'A viewer went away')
    else if (!begun && start === 0) throw error
    else if (isPlaykiteError(error, 'no-holder')) log.warn(fields, 'A stream ran dry and was dropped')
    else log.error({ ...fields, error }, 'A stream failed and was dropped')
    if (!begun) reply.hijack()
    reply.raw.destroy()
  }
}

function streamHeaders(info: StreamInfo, validators: Validators): Record<string, string> {
  return {
    'content-type': safeType(info.type),
    'content-disposition': inlineDisposition(info.title, info.type),
    'accept-ranges': 'bytes',
    etag: validators.etag,
    'last-modified': httpDate(validators.lastModified),
    // Bytes under an id never change. Private: a shared cache must not keep what was removed.
    'cache-control': 'private, max-age=31536000, immutable',
  }
}

/** A published page or drawing with scripts must not run as one of our own: what is no sound or picture goes as plain bytes. */
function safeType(type: string): string {
  const isMedia = /^(video|audio|image)\/[\w.+-]+$/.test(type) && !type.endsWith('+xml')
  return isMedia || type === 'application/ogg' || type === 'application/mp4'
    ? type
    : 'application/octet-stream'
}

function preconditionFailed(request: FastifyRequest, reply: FastifyReply): void {
  const { body } = errorAnswer('bad-request', 'The video is not the one that the condition names.')
  void sendError(request, reply, 412, body)
}

function rangeNotSatisfiable(request: FastifyRequest, reply: FastifyReply, size: number): void {
  void reply.headers({ 'content-range': `bytes */${size}`, 'accept-ranges': 'bytes' })
  const { body } = errorAnswer('bad-request', `The range lies outside of the ${size} bytes that there are.`)
  void sendError(request, reply, 416, body)
}
