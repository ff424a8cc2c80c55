/**
 * Errors as they leave through HTTP: every code of ours becomes one of the contract's ten, with its status and a body of one shape.
 * `bad-request` also goes with 412 and 416, which RFC 9110 prescribes for conditions and ranges.
 */
import type { FastifyError } from 'fastify'
import { type ErrorBody, HTTP_ERRORS, type HttpErrorCode } from '../../contract/errors.ts'
import { type ErrorCode, isPlaykiteError } from '../../core/errors.ts'

interface Outward {
  readonly code: HttpErrorCode
  /** Whether the sentence of the error itself is for whoever asks: not where it may name a path or a machine's insides. */
  readonly told: boolean
}

const told = (code: HttpErrorCode): Outward => ({ code, told: true })
const hidden: Outward = { code: 'internal', told: false }

/** What each code of core/errors.ts is to somebody who asks through HTTP. */
export const OUTWARD: Readonly<Record<ErrorCode, Outward>> = {
  'bad-request': told('bad-request'),
  ambiguous: told('ambiguous'),
  'not-found': told('not-found'),
  removed: told('removed'),
  forbidden: told('forbidden'),
  empty: told('empty'),
  'not-media': told('not-media'),
  'no-space': told('no-space'),
  'no-holder': told('no-holder'),
  internal: hidden,
  // Other machines that do not answer, refuse, or are too late: asking again later may help, which is what 503 says.
  unreachable: told('no-holder'),
  timeout: told('no-holder'),
  refused: told('no-holder'),
  'catalogue-only': told('no-holder'),
  // Only a stopping node gives up for somebody who is still there.
  aborted: told('no-holder'),
  'too-large': told('bad-request'),
  corrupt: told('internal'),
  'clock-off': told('internal'),
  'folder-in-use': hidden,
  'folder-foreign': hidden,
  'folder-unwritable': hidden,
  'port-in-use': hidden,
  'bad-config': hidden,
}

/** Seconds after which a 503 is worth another try: a holder that restarts is back by then. */
export const RETRY_AFTER_S = 5

export interface ErrorAnswer {
  readonly status: number
  readonly body: ErrorBody
}

/** @returns an answer of the one shape that errors have */
export function errorAnswer(code: HttpErrorCode, message: string, remedy?: string): ErrorAnswer {
  return { status: HTTP_ERRORS[code].status, body: { error: { code, message, remedy: remedy ?? null } } }
}

/** What to answer to whoever asked, for anything that was thrown. Never a path, a stack or a cause. */
export function answerFor(error: unknown): ErrorAnswer {
  if (isPlaykiteError(error)) {
    const outward = OUTWARD[error.code]
    if (outward.told) return errorAnswer(outward.code, error.message, error.remedy)
  } else if (isFastifyError(error)) {
    if (error.validation !== undefined) return errorAnswer('bad-request', validationSentence(error))
    if (isClientFault(error)) return errorAnswer('bad-request', sentence(error.message))
  }
  return errorAnswer(
    'internal',
    'Playkite failed in a way it did not foresee.',
    "The node's log has the details.",
  )
}

function isFastifyError(error: unknown): error is FastifyError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
}

function isClientFault(error: FastifyError): boolean {
  return error.code.startsWith('FST_ERR_') && error.statusCode !== undefined && error.statusCode < 500
}

const places = { querystring: 'the query', params: 'the path', body: 'the body', headers: 'the headers' }

/** "limit" in the query must be <= 500. */
function validationSentence(error: FastifyError): string {
  const place = error.validationContext === undefined ? 'the request' : places[error.validationContext]
  // Where nothing of a union fits, the last error is the one about the union as a whole; the ones before are about its parts.
  const first = error.validation?.[0]
  if (first === undefined) return `Something in ${place} is not valid.`
  const field = first.instancePath.slice(1).split('/')[0] ?? ''
  if (field !== '') return `"${field}" in ${place} ${meaning(first.keyword, first.message)}.`
  const names = missingOrUnknown(first.params)
  const subject = names === undefined ? capital(place) : `"${names}" in ${place}`
  return `${subject} ${meaning(first.keyword, first.message)}.`
}

function missingOrUnknown(params: Record<string, unknown>): string | undefined {
  const names = params['requiredProperties'] ?? params['additionalProperties']
  return Array.isArray(names) ? names.join('", "') : undefined
}

const meanings: Readonly<Record<string, string>> = {
  required: 'is missing',
  additionalProperties: 'is not known here',
  anyOf: 'is none of the values that it may have',
  const: 'is none of the values that it may have',
  pattern: 'does not look as it must',
}

function meaning(keyword: string, message: string | undefined): string {
  return meanings[keyword] ?? message ?? 'is not valid'
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}

function sentence(text: string): string {
  return text.endsWith('.') ? text : `${text}.`
}
