/** Videos as the command line shows them. */
import type { Video } from '../../contract/video.ts'
import { formatBytes, formatDuration, formatTime, safeText, shorten, table } from './format.ts'

/** Characters of an id that are shown: unique in any library that people have. */
const SHOWN_ID = 8
/** Columns of a title in a table. */
const SHOWN_TITLE = 60

export function videoTable(videos: readonly Video[]): string {
  const rows = videos.map(({ id, title, duration, size, copies, wanted, createdAt }) => [
    id.slice(0, SHOWN_ID),
    shorten(safeText(title), SHOWN_TITLE),
    formatDuration(duration),
    formatBytes(size),
    `${copies} of ${wanted}`,
    formatTime(createdAt),
  ])
  return table(['ID', 'TITLE', 'LENGTH', 'SIZE', 'COPIES', 'PUBLISHED'], rows, ['LENGTH', 'SIZE'])
}

export function videoDetails(video: Video): string {
  const holders = video.holders.map(
    ({ name, state, replica }) => `${safeText(name)} (${state}${replica === 'keeps' ? '' : `, ${replica}`})`,
  )
  const rows = [
    ['Title', safeText(video.title)],
    ['Id', video.id],
    ['Copies', `${video.copies} of ${video.wanted}${holders.length > 0 ? `: ${holders.join(', ')}` : ''}`],
    ['Length', formatDuration(video.duration)],
    ['Size', `${formatBytes(video.size)} (${video.size} bytes)`],
    ['Type', `${safeText(video.type)}${video.codecs === null ? '' : ` (${safeText(video.codecs)})`}`],
    ['Tags', video.tags.map(safeText).join(', ')],
    ['Published', formatTime(video.createdAt)],
    ['Content id', video.cid],
    ['Description', video.description.split('\n').map(safeText).join('\n             ')],
  ]
  return rows
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${String(name).padEnd(12)} ${value ?? ''}`)
    .join('\n')
}
