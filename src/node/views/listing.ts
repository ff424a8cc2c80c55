import { PlaykiteError } from '../../core/errors.ts'
import { foldText } from '../../core/fold-text.ts'
import type { VideoId } from '../../core/ids.ts'
import {
  DEFAULT_PAGE_VIDEOS,
  type ListQuery,
  MAX_PAGE_VIDEOS,
  SORT_KEYS,
  type SortKey,
  type VideoPage,
} from '../../contract/video.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'
import type { Members } from '../members/members.ts'
import { SearchIndex } from './search-index.ts'
import { type ListedRecord, type VideoView, isListed } from './video-view.ts'

/** One listed video, with what it is sorted by at hand. */
interface Row {
  readonly id: VideoId
  readonly record: ListedRecord
  readonly createdAt: number
  readonly title: string
  readonly size: number
  readonly copies: number
}

/** Where a page ended: the sort, and the last row's key and id. Pages stay right while videos come and go. */
type Cursor = readonly [sort: string, q: string, key: string | number, id: string]

/** The list of all videos: pages, sorts, searches. Sorted orders are kept until something changes. */
export class Listing {
  readonly #catalogue: Catalogue
  readonly #view: VideoView
  readonly #search = new SearchIndex()
  readonly #orders = new Map<SortKey, readonly Row[]>()
  #rows: ReadonlyMap<VideoId, Row> | undefined

  constructor(catalogue: Catalogue, members: Members, view: VideoView) {
    this.#catalogue = catalogue
    this.#view = view
    for (const record of catalogue.videos())
      if (isListed(record)) this.#search.put({ id: record.id, ...wordsOf(record) })
    catalogue.onChange(({ videos }) => {
      for (const { before, after } of videos) {
        if (!isListed(after)) this.#search.remove(after.id)
        else if (before === undefined || !isListed(before) || before.words !== after.words) {
          this.#search.put({ id: after.id, ...wordsOf(after) })
        }
      }
      if (videos.length > 0) this.#forget()
    })
    // Copies are counted on members that are there.
    members.onChange(() => this.#forget())
  }

  /** @throws PlaykiteError bad-request */
  page(query: ListQuery): VideoPage {
    const limit = Math.min(query.limit ?? DEFAULT_PAGE_VIDEOS, MAX_PAGE_VIDEOS)
    const q = query.q?.trim() ?? ''
    const sort = query.sort ?? (q === '' ? '-createdAt' : '')
    const rows = q === '' ? this.#sorted(sort) : this.#found(q, sort)
    const start = query.after === undefined ? 0 : startOf(rows, sort, q, query.after)
    const shown = rows.slice(start, start + limit)
    const last = shown.at(-1)
    const hasMore = start + shown.length < rows.length
    return {
      videos: shown.map(({ record }) => this.#view.show(record)),
      total: rows.length,
      next: hasMore && last !== undefined ? encodeCursor([sort, q, keyOf(last, sort), last.id]) : null,
    }
  }

  #found(q: string, sort: string): readonly Row[] {
    const rows = this.#all()
    const found = this.#search.search(q).flatMap((id) => rows.get(id) ?? [])
    return sort === '' ? found : order(found, sort)
  }

  #sorted(sort: string): readonly Row[] {
    const key = sortKey(sort)
    const ascending = this.#orders.get(key) ?? order([...this.#all().values()], key)
    this.#orders.set(key, ascending)
    return sort.startsWith('-') ? ascending.toReversed() : ascending
  }

  #all(): ReadonlyMap<VideoId, Row> {
    this.#rows ??= new Map(
      [...this.#catalogue.videos()].filter(isListed).map((record) => [record.id, this.#row(record)]),
    )
    return this.#rows
  }

  #row(record: ListedRecord): Row {
    const { createdAt, size } = record.birth
    const copies = this.#view.copies(record)
    return { id: record.id, record, createdAt, size, title: foldText(record.words.title), copies }
  }

  #forget(): void {
    this.#rows = undefined
    this.#orders.clear()
  }
}

function wordsOf({ words }: ListedRecord): { title: string; description: string; tags: readonly string[] } {
  return { title: words.title, description: words.description, tags: words.tags }
}

/** @throws PlaykiteError bad-request */
function sortKey(sort: string): SortKey {
  const name = sort.replace(/^-/, '')
  const key = SORT_KEYS.find((known) => known === name)
  if (key === undefined)
    throw new PlaykiteError('bad-request', `"${sort}" is nothing to sort by.`, {
      remedy: `Sort by ${SORT_KEYS.join(', ')}; - reverses.`,
    })
  return key
}

function order(rows: readonly Row[], sort: string): readonly Row[] {
  const key = sortKey(sort)
  const ascending = rows.toSorted((a, b) => compare(a[key], b[key]) || compare(a.id, b.id))
  return sort.startsWith('-') ? ascending.toReversed() : ascending
}

function compare(a: string | number, b: string | number): number {
  return a < b ? -1 : Number(a > b)
}

function keyOf(row: Row, sort: string): string | number {
  return sort === '' ? '' : row[sortKey(sort)]
}

/** @returns where the page after the cursor begins. @throws PlaykiteError bad-request */
function startOf(rows: readonly Row[], sort: string, q: string, after: string): number {
  const [cursorSort, cursorQ, key, id] = decodeCursor(after)
  if (cursorSort !== sort || cursorQ !== q) throw badCursor()
  const index = rows.findIndex((row) => row.id === id)
  if (index >= 0) return index + 1
  if (sort === '') throw badCursor()
  const direction = sort.startsWith('-') ? -1 : 1
  const isAfter = (row: Row): boolean =>
    direction * (compare(row[sortKey(sort)], key) || compare(row.id, id)) > 0
  const next = rows.findIndex(isAfter)
  return next < 0 ? rows.length : next
}

function encodeCursor(cursor: Cursor): string {
  return Buffer.from(JSON.stringify(cursor)).toString('base64url')
}

function decodeCursor(text: string): Cursor {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    if (
      Array.isArray(value) &&
      value.length === 4 &&
      typeof value[0] === 'string' &&
      typeof value[1] === 'string'
    ) {
      return value as unknown as Cursor
    }
  } catch (error) {
    throw badCursor(error)
  }
  throw badCursor()
}

function badCursor(cause?: unknown): PlaykiteError {
  return new PlaykiteError('bad-request', '"after" is not what this list gave as "next".', {
    remedy: 'Leave it out to begin with the first page.',
    cause,
  })
}
