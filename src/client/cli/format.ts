/** Numbers and texts for people. */

const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const

/** `22.7 MB`: powers of 1000, as disks are sold. */
export function formatBytes(bytes: number): string {
  let power = 0
  // Compared as it will be shown: 999 999 bytes are 1.0 MB, not 1000 kB.
  while (power < units.length - 1 && Math.round(bytes / 1000 ** power) >= 1000) power += 1
  const value = bytes / 1000 ** power
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power] ?? 'B'}`
}

/** `1:02:03`, or `0:30`. */
export function formatDuration(seconds: number | null): string {
  if (seconds === null) return '–'
  const whole = Math.round(seconds)
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const two = (number: number): string => String(number).padStart(2, '0')
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`
}

export function formatRate(rate: number | null): string {
  return rate === null ? '–' : `${formatBytes(rate)}/s`
}

/** `2026-11-24 15:04`, in local time. */
export function formatTime(iso: string | null): string {
  if (iso === null) return '–'
  const date = new Date(iso)
  const two = (number: number): string => String(number).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`
}

/** Text of others on a terminal: control characters could move the cursor or recolour the screen, so they become visible. */
export function safeText(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Bidi_C}\p{Zl}\p{Zp}]/gu, '\uFFFD')
}

/** The beginning of a text, in at most so many columns. */
export function shorten(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text
  let short = ''
  for (const character of text) {
    if (textWidth(short + character) >= columns) break
    short += character
  }
  return `${short}…`
}

/** Columns that a text takes on a terminal: two for wide characters, none for combining ones. */
function textWidth(text: string): number {
  let width = 0
  for (const character of text) {
    if (/^(?:\p{M}|\u200B|\u200C|\u200D|\uFE0F)$/u.test(character)) continue
    width +=
      /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\uFF01-\uFF60]/u.test(
        character,
      )
        ? 2
        : 1
  }
  return width
}

/** Rows under headings, columns aligned; `right` names columns of numbers. */
export function table(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly string[] = [],
): string {
  const all = [headings, ...rows]
  const widths = headings.map((_, column) => Math.max(...all.map((row) => textWidth(row[column] ?? ''))))
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => {
        const space = ' '.repeat(Math.max(0, (widths[column] ?? 0) - textWidth(cell)))
        return right.includes(headings[column] ?? '') ? space + cell : cell + space
      })
      .join('  ')
      .trimEnd()
  return all.map(line).join('\n')
}
