/** The HTTP server itself: Fastify with our limits, hooks and one shape of error. */
import { type TypeBoxTypeProvider, TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox'
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type RawServerDefault,
} from 'fastify'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { messageOf } from '../../core/errors.ts'
import type { Log } from '../../ports/log.ts'
import { answerEarly, hasUnreadBody } from './early-answer.ts'
import { answerFor, errorAnswer, RETRY_AFTER_S } from './error-answers.ts'
import { checkRequest } from './guard.ts'

/** Fastify with the type provider that reads our schemas. */
export type Server = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

/** Connections at once. Each may hold about two chunks, so this bounds memory; a browser opens six. */
const MAX_CONNECTIONS = 512
/** Bytes of a JSON body (new words for a video): a page of description in 4-byte characters, escaped. Uploads have no limit. */
const MAX_JSON_BYTES = 64 * 1024
/** Characters of a part of a path: a title at its limit, percent-encoded, as the last part of /stream/<id>/<name>. */
const MAX_PATH_PART = 4096
/** Milliseconds until the headers of a request are there. The body may take for ever: uploads are long. */
const HEADERS_TIMEOUT_MS = 30 * 1000

export function createServer(ownNames: ReadonlySet<string>, log: Log): Server {
  const server: Server = fastify({
    // No limit on the time that a request takes: it would cut long uploads.
    requestTimeout: 0,
    connectionTimeout: 0,
    http: { headersTimeout: HEADERS_TIMEOUT_MS, keepAlive: true },
    bodyLimit: MAX_JSON_BYTES,
    routerOptions: { maxParamLength: MAX_PATH_PART },
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) => void answerWithError(error, request, reply, log),
    clientErrorHandler: (error, socket) => {
      if (socket.writable) socket.end(notHttp)
      log.debug({ error: error.message }, 'A client sent something that is not HTTP')
    },
  }).withTypeProvider<TypeBoxTypeProvider>()
  server.setValidatorCompiler(TypeBoxValidatorCompiler)
  server.server.maxConnections = MAX_CONNECTIONS
  // By default Node asks for the body before anybody looked at the headers; so, refused uploads are never sent.
  server.server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    server.routing(request, response)
  })
  addHooks(server, ownNames, log)
  return server
}

function addHooks(server: Server, ownNames: ReadonlySet<string>, log: Log): void {
  server.addHook('onRequest', async (request, reply) => {
    reply.headers({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'same-origin' })
    checkRequest(request.raw, ownNames)
  })
  server.addHook('preParsing', async (request, reply) => {
    if (request.headers.expect !== undefined) reply.raw.writeContinue()
  })
  server.addHook('onResponse', async (request, reply) => {
    const { method, url } = request
    log.debug({ method, url, status: reply.statusCode, ms: Math.round(reply.elapsedTime) }, 'Answered')
  })
  server.setErrorHandler((error, request, reply) => answerWithError(error, request, reply, log))
  server.setNotFoundHandler((request, reply) => {
    const { status, body } = errorAnswer(
      'not-found',
      `There is no ${request.method} ${pathOf(request.url)} here.`,
      'See /docs for all that there is.',
    )
    return sendError(request, reply, status, body)
  })
}

/** Logs what is our fault, and answers in the one shape. */
function answerWithError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  log: Log,
): FastifyReply {
  const { status, body } = answerFor(error)
  const fields = { error, method: request.method, url: request.url }
  if (body.error.code === 'internal') log.error(fields, `A request failed: ${messageOf(error)}`)
  else log.debug(fields, `A request was answered with ${body.error.code}`)
  return sendError(request, reply, status, body)
}

/** Sends an error, whether or not the request's body was read. */
export function sendError(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  body: object,
): FastifyReply {
  void reply.headers({ 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' })
  if (status === 503) void reply.header('retry-after', String(RETRY_AFTER_S))
  const text = JSON.stringify(body)
  if (!hasUnreadBody(request.raw)) return reply.code(status).serializer(String).send(text)
  reply.hijack()
  void answerEarly(request.raw, reply.raw, status, plainHeaders(reply), text)
  return reply
}

/** The headers that were set on a reply, for answers that go past Fastify. */
export function plainHeaders(reply: FastifyReply): Record<string, string> {
  return Object.fromEntries(Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)]))
}

function pathOf(url: string): string {
  return url.split('?')[0] ?? url
}

const notHttpBody = JSON.stringify(errorAnswer('bad-request', 'This is not a valid HTTP request.').body)
const notHttp = [
  'HTTP/1.1 400 Bad Request',
  'Content-Type: application/json; charset=utf-8',
  `Content-Length: ${Buffer.byteLength(notHttpBody)}`,
  'Connection: close',
  '',
  notHttpBody,
].join('\r\n')
