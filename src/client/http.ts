import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Static, TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { ErrorBody } from '../contract/errors.ts'
import { PlaykiteClientError, asClientError } from './errors.ts'

/** Bytes of an answer that is read whole: a manifest of 1 TiB has 70 MiB of JSON. */
const MAX_JSON_BYTES = 128 * 1024 * 1024
/** Characters of a line of progress or of an event: a video with the longest words and 256 holders has 100 000. */
const MAX_LINE = 1024 * 1024
/** Milliseconds in which a node that lives says something: it gives up looking for a holder after 25 s, and comments on events every 15 s. */
const SILENCE_MS = 60_000

/** Of a system that finds no node at all, unlike one that breaks off. */
const awayCodes: ReadonlySet<string> = new Set([
  ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT'],
])

export interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: AsyncIterable<Uint8Array> | string
}

interface Exchange {
  readonly request: ClientRequest
  readonly response: IncomingMessage
}

/**
 * Requests to one node. node:http rather than `fetch`: a publish over a slow link takes hours, and `fetch` of Node gives up after five
 * minutes without an answer.
 */
export class NodeHttp {
  readonly base: URL
  readonly #silenceMs: number

  /** @throws PlaykiteClientError bad-request when `address` is no http address */
  constructor(address: string, silenceMs: number = SILENCE_MS) {
    this.#silenceMs = silenceMs
    const text = /^[a-z]+:\/\//i.test(address) ? address : `http://${address}`
    if (!URL.canParse(text) || !/^http:\/\//i.test(text)) {
      throw new PlaykiteClientError(
        'bad-request',
        `"${address}" is no address of a node.`,
        'Give one such as http://127.0.0.1:4600.',
      )
    }
    this.base = new URL(text)
  }

  url({ path, query = {} }: Pick<Call, 'path' | 'query'>): URL {
    const url = new URL(path, this.base)
    for (const [name, value] of Object.entries(query)) {
      for (const item of Array.isArray(value) ? value : [value]) {
        if (item !== undefined && item !== false)
          url.searchParams.append(name, item === true ? '1' : String(item))
      }
    }
    return url
  }

  /** One JSON answer, held against `schema`. @throws PlaykiteClientError */
  async json<S extends TSchema>(schema: S, call: Call, signal: AbortSignal): Promise<Static<S>> {
    const text = await readText(await this.open(call, signal), signal)
    return checked(schema, parse(text))
  }

  /** An answer whose body is still to be read; read it or destroy it. @throws PlaykiteClientError */
  async open(call: Call, signal: AbortSignal): Promise<IncomingMessage> {
    const { request, response } = await this.#send(call, signal)
    const { statusCode = 0 } = response
    if (statusCode >= 200 && statusCode < 300) return response
    try {
      throw errorOf(await readText(response, signal), statusCode)
    } finally {
      // The rest of a refused upload need not be sent.
      if (!request.writableFinished) request.destroy()
    }
  }

  async #send(
    { method = 'GET', headers = {}, body, ...target }: Call,
    signal: AbortSignal,
  ): Promise<Exchange> {
    const answer = Promise.withResolvers<Exchange>()
    const request = httpRequest(this.url(target), { method, headers, signal })
    request.once('response', (response) => answer.resolve({ request, response }))
    request.on('error', (error) => answer.reject(this.#failure(error, signal)))
    if (body === undefined || typeof body === 'string') {
      this.#limitSilence(request)
      request.end(body)
    } else {
      // A refusal comes before all is sent, and ends the sending: then the answer counts, not the broken pipe.
      pipeline(Readable.from(body, { objectMode: false }), request, { signal }).catch((error: unknown) =>
        answer.reject(this.#failure(error, signal)),
      )
    }
    return await answer.promise
  }

  /** Gives up on a node that is frozen. Not while uploading: there the bytes may come, or be taken, as slowly as they like. */
  #limitSilence(request: ClientRequest): void {
    let response: IncomingMessage | undefined
    request.once('response', (begun) => (response = begun))
    request.setTimeout(this.#silenceMs, () => {
      // What came and was not read yet: then it is the reader who takes a rest.
      if (response !== undefined && (response.complete || response.readableLength > 0)) return
      const error = new PlaykiteClientError(
        'unreachable',
        `The node at ${this.base.origin} has said nothing for ${Math.round(this.#silenceMs / 1000)} s.`,
        'Try again, or name another with --node URL.',
      )
      ;(response ?? request).destroy(error)
    })
  }

  #failure(error: unknown, signal: AbortSignal): PlaykiteClientError {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    const isAway = awayCodes.has(String(code))
    if (signal.aborted || !isAway) return asClientError(error, signal)
    return new PlaykiteClientError(
      'unreachable',
      `No Playkite node answers at ${this.base.origin}.`,
      'Start one with `playkite start`, or name another with --node URL.',
      error,
    )
  }
}

/** @throws PlaykiteClientError internal when the node says something else than this version expects */
export function checked<S extends TSchema>(schema: S, value: unknown): Static<S> {
  if (Value.Check(schema, value)) return value
  throw new PlaykiteClientError(
    'internal',
    'The answer is not one that this version of Playkite knows.',
    'Is it a node of the same version? `playkite nodes` shows all.',
  )
}

/** The lines of an answer. */
export async function* lines(response: IncomingMessage, signal: AbortSignal): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for await (const part of response as AsyncIterable<Uint8Array>) {
      const complete = (rest + decoder.decode(part, { stream: true })).split('\n')
      rest = complete.pop() ?? ''
      if (rest.length > MAX_LINE)
        throw new PlaykiteClientError('internal', 'The node sends more than a line has.')
      yield* complete
    }
  } catch (error) {
    throw asClientError(error, signal)
  }
  if (rest !== '') yield rest
}

export function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new PlaykiteClientError('internal', 'The node answered what is no JSON.', null, error)
  }
}

async function readText(response: IncomingMessage, signal: AbortSignal): Promise<string> {
  const parts: Uint8Array[] = []
  let size = 0
  try {
    for await (const part of response as AsyncIterable<Uint8Array>) {
      size += part.length
      if (size > MAX_JSON_BYTES)
        throw new PlaykiteClientError('internal', 'The node sends more than an answer has.')
      parts.push(part)
    }
  } catch (error) {
    throw asClientError(error, signal)
  }
  return Buffer.concat(parts).toString()
}

function errorOf(text: string, status: number): PlaykiteClientError {
  try {
    const body: unknown = JSON.parse(text)
    if (Value.Check(ErrorBody, body)) {
      const { code, message, remedy } = body.error
      return new PlaykiteClientError(code, message, remedy)
    }
    return foreign(status)
  } catch (error) {
    return foreign(status, error)
  }
}

function foreign(status: number, cause?: unknown): PlaykiteClientError {
  const remedy = 'Is it a Playkite node? --node URL names another.'
  return new PlaykiteClientError('internal', `What answers there says ${status}.`, remedy, cause)
}
