/** Statements on the wire and in lists: each with its length before it, as 4 bytes, big-endian. */
import { PlaykiteError } from './errors.ts'
import { CHUNK_BYTES, MAX_STATEMENT_BYTES } from './limits.ts'

/** Bytes of one list: what a message's body may have. */
export const MAX_LIST_BYTES = CHUNK_BYTES

const LENGTH_BYTES = 4

export interface PackedStatements {
  readonly body: Uint8Array
  /** How many of the statements are in it; the rest did not fit. */
  readonly count: number
}

/** Packs statements from the first on, as many as fit into MAX_LIST_BYTES. */
export function packStatements(statements: readonly Uint8Array[]): PackedStatements {
  let size = 0
  let count = 0
  for (const bytes of statements) {
    if (size + LENGTH_BYTES + bytes.length > MAX_LIST_BYTES) break
    size += LENGTH_BYTES + bytes.length
    count += 1
  }
  const body = new Uint8Array(size)
  const view = new DataView(body.buffer)
  let at = 0
  for (const bytes of statements.slice(0, count)) {
    view.setUint32(at, bytes.length)
    body.set(bytes, at + LENGTH_BYTES)
    at += LENGTH_BYTES + bytes.length
  }
  return { body, count }
}

/** @returns copies, so that a kept statement does not hold the whole list. @throws PlaykiteError bad-request */
export function unpackStatements(body: Uint8Array): readonly Uint8Array[] {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  const statements: Uint8Array[] = []
  let at = 0
  while (at < body.length) {
    if (at + LENGTH_BYTES > body.length) throw damaged()
    const length = view.getUint32(at)
    const end = at + LENGTH_BYTES + length
    if (length > MAX_STATEMENT_BYTES || end > body.length) throw damaged()
    statements.push(body.slice(at + LENGTH_BYTES, end))
    at = end
  }
  return statements
}

function damaged(): PlaykiteError {
  return new PlaykiteError('bad-request', 'a list of statements is cut off or holds one that is too large')
}
