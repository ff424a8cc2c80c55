/** Conditional requests on bytes that never change (RFC 9110, section 13): values in, decision out. */
import type { IncomingHttpHeaders } from 'node:http'

export interface Validators {
  /** Strong, with its quotes. */
  readonly etag: string
  /** Milliseconds since 1970; HTTP dates know whole seconds only. */
  readonly lastModified: number
}

/** `failed` is 412, `not-modified` is 304. */
export type Condition = 'go' | 'not-modified' | 'failed'

/** What the preconditions of a GET or HEAD say, in the order of section 13.2.2. */
export function evaluateConditions(headers: IncomingHttpHeaders, validators: Validators): Condition {
  const { 'if-match': match, 'if-none-match': noneMatch } = headers
  const modified = wholeSeconds(validators.lastModified)
  if (match !== undefined) {
    if (!listMatches(match, validators.etag, isStrongMatch)) return 'failed'
  } else {
    const unmodifiedSince = parseHttpDate(headers['if-unmodified-since'])
    if (unmodifiedSince !== undefined && modified > unmodifiedSince) return 'failed'
  }
  if (noneMatch !== undefined)
    return listMatches(noneMatch, validators.etag, isWeakMatch) ? 'not-modified' : 'go'
  const modifiedSince = parseHttpDate(headers['if-modified-since'])
  return modifiedSince !== undefined && modified <= modifiedSince ? 'not-modified' : 'go'
}

/** Whether `Range` counts: there is no If-Range, or it names exactly what we have (section 13.1.5). */
export function ifRangeHolds(header: string | undefined, validators: Validators): boolean {
  if (header === undefined) return true
  const value = header.trim()
  if (value.startsWith('"') || value.startsWith('W/')) return isStrongMatch(value, validators.etag)
  return parseHttpDate(value) === wholeSeconds(validators.lastModified)
}

export function httpDate(ms: number): string {
  return new Date(ms).toUTCString()
}

function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000
}

function isStrongMatch(given: string, own: string): boolean {
  return given === own
}

function isWeakMatch(given: string, own: string): boolean {
  return given.replace(/^W\//, '') === own
}

/** A list of entity tags or `*`. Ours has no comma, so commas inside foreign tags do no harm. */
function listMatches(list: string, own: string, matches: (given: string, own: string) => boolean): boolean {
  return list.split(',').some((given) => given.trim() === '*' || matches(given.trim(), own))
}

/** The preferred form of HTTP dates and the two old ones; anything else is as if the header were absent. */
function parseHttpDate(text: string | undefined): number | undefined {
  if (text === undefined || !/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /.test(text)) return undefined
  const ms = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`)
  return Number.isNaN(ms) ? undefined : ms
}
