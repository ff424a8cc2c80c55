export type ByteRange =
  | { readonly kind: 'whole' }
  | { readonly kind: 'part'; readonly start: number; readonly end: number }
  | { readonly kind: 'unsatisfiable' }
export const whole: ByteRange = { kind: 'whole' }
export function parseRange(header: string | undefined, size: number): ByteRange {
  const m = /^bytes=\s*(\d*)-(\d*)\s*$/i.exec(header ?? '')
  if (m === null) return whole
  const [, a, b] = m
  if (a === '' && b === '') return whole
  if (a === '') {
    const n = Number(b)
    if (n === 0) return { kind: 'unsatisfiable' }
    return { kind: 'part', start: Math.max(0, size - n), end: size }
  }
  const start = Number(a)
  const end = b === '' ? size : Math.min(size, Number(b) + 1)
  if (b !== '' && Number(b) < start) return whole
  if (start >= size) return { kind: 'unsatisfiable' }
  return { kind: 'part', start, end }
}
export function contentDisposition(kind: string, title: string, type: string): string {
  const name = `${title}.${type.split('/')[1]}`
  return `${kind}; filename="${name.replace(/[^\w .-]/g, '_')}"; filename*=UTF-8''${encodeURIComponent(name)}`
}
