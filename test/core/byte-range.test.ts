import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseByteRange } from '../../src/core/byte-range.ts'
import { inlineDisposition } from '../../src/core/content-disposition.ts'

const sizes = fc.integer({ min: 1, max: 50 })
const positions = fc.integer({ min: 0, max: 60 })

/** The bytes that a range names, found by looking at each byte. */
function named(size: number, wanted: (position: number) => boolean): number[] {
  return Array.from({ length: size }, (_, position) => position).filter(wanted)
}

function given(header: string, size: number): number[] {
  const range = parseByteRange(header, size)
  if (range.kind === 'unsatisfiable') return []
  const [start, end] = range.kind === 'part' ? [range.start, range.end] : [NaN, NaN]
  return named(size, (position) => position >= start && position < end)
}

describe('a byte range', () => {
  it('names the bytes from first to last that there are', () => {
    fc.assert(
      fc.property(sizes, positions, positions, (size, a, b) => {
        const [first, last] = [Math.min(a, b), Math.max(a, b)]
        expect(given(`bytes=${first}-${last}`, size)).toEqual(named(size, (p) => p >= first && p <= last))
      }),
    )
  })

  it('names all bytes from first on', () => {
    fc.assert(
      fc.property(sizes, positions, (size, first) => {
        expect(given(`bytes=${first}-`, size)).toEqual(named(size, (p) => p >= first))
      }),
    )
  })

  it('names the last bytes by their number', () => {
    fc.assert(
      fc.property(sizes, positions, (size, length) => {
        expect(given(`bytes=-${length}`, size)).toEqual(named(size, (p) => p >= size - length))
      }),
    )
  })

  it('is never empty, reversed or beyond the end, whatever the header says', () => {
    const anything = fc.oneof(fc.string(), fc.stringMatching(/^bytes=[\d, -]{0,30}$/))
    fc.assert(
      fc.property(anything, sizes, (header, size) => {
        const range = parseByteRange(header, size)
        if (range.kind !== 'part') return
        expect(range.start).toBeGreaterThanOrEqual(0)
        expect(range.start).toBeLessThan(range.end)
        expect(range.end).toBeLessThanOrEqual(size)
      }),
    )
  })

  it('is right beyond 32 bits', () => {
    const size = 2 ** 40
    expect(parseByteRange(`bytes=${size - 5}-`, size)).toEqual({ kind: 'part', start: size - 5, end: size })
    expect(parseByteRange('bytes=99999999999999999999-', size)).toEqual({ kind: 'unsatisfiable' })
    expect(parseByteRange('bytes=0-99999999999999999999', size)).toEqual({
      kind: 'part',
      start: 0,
      end: size,
    })
  })
})

describe('the name to save under', () => {
  it('is a valid header without any separator, for every title', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.constantFrom('video/mp4', 'application/octet-stream'),
        (title, type) => {
          expect(inlineDisposition(title, type)).toMatch(
            /^inline; filename="[\w .()-]+"; filename\*=UTF-8''(?:[\w!#$&+.^`|~-]|%[\dA-F]{2})+$/,
          )
        },
      ),
    )
  })

  it.each([
    ['Coração', 'video/mp4', 'Coracao.mp4', 'Cora%C3%A7%C3%A3o.mp4'],
    ['film.MKV', 'video/x-matroska', 'film.MKV', 'film.MKV'],
    ['../../etc/passwd', 'text/plain', '_.._etc_passwd', '_.._etc_passwd'],
    ['a "b" (c)*', 'video/webm', 'a _b_ (c)_.webm', 'a%20_b_%20%28c%29_.webm'],
    ['\ud800', 'video/mp4', '_.mp4', '%EF%BF%BD.mp4'],
    [' .. ', 'video/mp4', 'video.mp4', 'video.mp4'],
    ['ꤦ', 'video/mp4', 'video.mp4', '%EA%A4%A6.mp4'],
  ])('of %s as %s is %s', (title, type, ascii, encoded) => {
    expect(inlineDisposition(title, type)).toBe(`inline; filename="${ascii}"; filename*=UTF-8''${encoded}`)
  })
})
