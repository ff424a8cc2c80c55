import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  formatBytes,
  formatDuration,
  formatRate,
  formatTime,
  safeText,
  shorten,
  table,
} from '../../../src/client/cli/format.ts'

describe('numbers for people', () => {
  it('are sizes of at most three digits before the point, never 1000 of a unit', () => {
    const sizes = {
      ...{ 0: '0 B', 1: '1 B', 999: '999 B', 1000: '1.0 kB', 99_949: '99.9 kB', 999_499: '999 kB' },
      ...{ 999_999: '1.0 MB', 22_718_509: '22.7 MB', 1e12: '1.0 TB', 1e18: '1000 PB' },
    }
    for (const [bytes, text] of Object.entries(sizes)) expect(formatBytes(Number(bytes))).toBe(text)
    fc.assert(
      fc.property(fc.double({ min: 0, max: 9e17, noNaN: true }), (bytes) => {
        expect(formatBytes(bytes)).toMatch(/^\d{1,3}(\.\d)? [kMGTP]?B$/)
      }),
    )
  })

  it('are durations, rates and times; unknown is a dash', () => {
    expect([0, 29.6, 60, 3599.7, 86_400].map(formatDuration)).toEqual([
      ...['0:00', '0:30', '1:00', '1:00:00', '24:00:00'],
    ])
    expect([formatDuration(null), formatRate(null), formatTime(null)]).toEqual(['–', '–', '–'])
    expect(formatRate(1_500_000)).toBe('1.5 MB/s')
    expect(formatTime('2026-01-02T03:04:05.678Z')).toMatch(/^2026-01-0\d \d\d:\d\d$/)
  })
})

describe('texts of others', () => {
  it('have nothing that a terminal would obey', () => {
    const controls = ['\u001B[31m', '\n', '\r', '\u0007', '\u009B', '\u202E', '\u2066', '\u061C', '\u2028']
    for (const control of controls) expect(safeText(`a${control}b`)).not.toContain(control[0])
    expect(safeText('ação 映画 🎬 👩‍👧 ñ')).toBe('ação 映画 🎬 👩‍👧 ñ')
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(safeText(text)).not.toMatch(/[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/u)
      }),
    )
  })

  it('are cut by columns, not by characters', () => {
    expect(shorten('short', 5)).toBe('short')
    expect(shorten('longer', 5)).toBe('long…')
    expect(shorten('映画映画', 8)).toBe('映画映画')
    expect(shorten('映画映画', 7)).toBe('映画映…')
    expect(shorten('映画映画', 6)).toBe('映画…')
    expect(shorten('🎬🎬🎬', 4)).toBe('🎬…')
  })
})

describe('tables', () => {
  it('align columns, also of wide characters and accents of their own, and numbers to the right', () => {
    const rows = [
      ['映画', '1'],
      ['a\u0303o', '10'],
      ['ascii', '100'],
    ]
    expect(table(['TITLE', 'N'], rows, ['N']).split('\n')).toEqual([
      ...['TITLE    N', '映画     1', 'a\u0303o      10', 'ascii  100'],
    ])
  })

  it('have no spaces at the end of lines', () => {
    expect(table(['A', 'B'], [['long', 'x']])).toBe('A     B\nlong  x')
  })
})
