/** The `Range` header (RFC 9110, section 14): text in, decision out. */

export type ByteRange =
  /** No range, or one that is to be ignored: another unit, nonsense, several ranges. */
  | { readonly kind: 'whole' }
  /** Bytes `start` to `end`, exclusive; at least one. */
  | { readonly kind: 'part'; readonly start: number; readonly end: number }
  | { readonly kind: 'unsatisfiable' }

const whole: ByteRange = { kind: 'whole' }
const unsatisfiable: ByteRange = { kind: 'unsatisfiable' }

/** @param size bytes of the whole, at least 1 */
export function parseByteRange(header: string | undefined, size: number): ByteRange {
  const [, first = '', last = ''] = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(header ?? '') ?? []
  if (first === '' && last === '') return whole
  if (first === '') return suffix(Number(last), size)
  const start = Number(first)
  if (last !== '' && Number(last) < start) return whole
  if (start >= size) return unsatisfiable
  return { kind: 'part', start, end: last === '' ? size : Math.min(size, Number(last) + 1) }
}

function suffix(length: number, size: number): ByteRange {
  return length === 0 ? unsatisfiable : { kind: 'part', start: Math.max(0, size - length), end: size }
}
