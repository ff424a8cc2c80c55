/** The answer to an upload as lines of JSON while it goes on: one for each step, the last one the result. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ServerResponse } from 'node:http'
import type { UploadLine } from '../../contract/upload.ts'
import { messageOf } from '../../core/errors.ts'
import type { Log } from '../../ports/log.ts'
import type { Published, PublishProgress } from '../api.ts'
import { drainBody, hasUnreadBody } from './early-answer.ts'
import { answerFor } from './error-answers.ts'
import { plainHeaders } from './server.ts'

const ndjson = 'application/x-ndjson'

export function wantsLines(request: FastifyRequest): boolean {
  return request.headers.accept?.toLowerCase().includes(ndjson) ?? false
}

type Counts = Pick<PublishProgress, 'bytes' | 'rate' | 'eta' | 'copies'>

/** Runs `publish` and tells how it goes. The status is 200 whatever comes of it: it went out before. */
export async function answerWithLines(
  request: FastifyRequest,
  reply: FastifyReply,
  publish: (onProgress: (progress: PublishProgress) => void) => Promise<Published>,
  log: Log,
): Promise<FastifyReply> {
  const response = reply.raw
  reply.hijack()
  // The connection is not used again: after a failure the client may still be sending.
  response.writeHead(200, {
    ...plainHeaders(reply),
    'content-type': ndjson,
    'cache-control': 'no-store',
    connection: 'close',
  })
  response.flushHeaders()
  let counts: Counts = { bytes: 0, rate: null, eta: null, copies: 0 }
  try {
    const { video, safe } = await publish((progress) => {
      const { bytes, rate, eta, copies, result } = progress
      counts = { bytes, rate, eta, copies }
      if (result !== undefined)
        writeLine(response, { phase: 'safe', ...counts, safe: result.safe, video: result.video })
      // What a client does not read in time it does not miss: the next line says it anew.
      else if (!response.writableNeedDrain) writeLine(response, { phase: 'receiving', ...counts })
    })
    writeLine(response, { phase: 'done', ...counts, eta: 0, copies: video.copies, safe, video })
  } catch (error) {
    const { body } = answerFor(error)
    if (body.error.code === 'internal') log.error({ error }, `An upload failed: ${messageOf(error)}`)
    else log.info({ error: messageOf(error) }, 'An upload failed')
    writeLine(response, { phase: 'failed', ...counts, ...body })
  }
  if (hasUnreadBody(request.raw)) await drainBody(request.raw)
  response.end()
  return reply
}

function writeLine(response: ServerResponse, line: UploadLine): void {
  if (!response.destroyed) response.write(`${JSON.stringify(line)}\n`)
}
