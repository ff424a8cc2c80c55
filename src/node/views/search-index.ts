import MiniSearch from 'minisearch'
import { foldText } from '../../core/fold-text.ts'
import type { VideoId } from '../../core/ids.ts'

export interface Searchable {
  readonly id: VideoId
  readonly title: string
  readonly description: string
  readonly tags: readonly string[]
}

/** Part of a word's length that may be typed wrongly. */
const FUZZINESS = 0.2
/** Characters from which on errors are forgiven: shorter words have too many neighbours. */
const FUZZY_FROM = 4
/** Characters of a query that count: nobody types more, and a page of text would search for seconds. */
const MAX_QUERY_CHARACTERS = 200

/** Full-text search over titles, tags and descriptions, which forgives accents and small typing errors. */
export class SearchIndex {
  readonly #index = new MiniSearch<Searchable>({
    fields: ['title', 'tags', 'description'],
    extractField: (video, field) => {
      if (field === 'tags') return video.tags.join(' ')
      return field === 'id' || field === 'title' || field === 'description' ? video[field] : ''
    },
    processTerm: (term) => foldText(term) || null,
    searchOptions: {
      boost: { title: 3, tags: 2 },
      combineWith: 'AND',
      prefix: true,
      fuzzy: (term) => (term.length >= FUZZY_FROM ? FUZZINESS : false),
    },
  })

  put(video: Searchable): void {
    if (this.#index.has(video.id)) this.#index.discard(video.id)
    this.#index.add(video)
  }

  remove(id: VideoId): void {
    if (this.#index.has(id)) this.#index.discard(id)
  }

  /** @returns ids, best first */
  search(query: string): readonly VideoId[] {
    return this.#index
      .search([...query.normalize('NFC')].slice(0, MAX_QUERY_CHARACTERS).join(''))
      .map(({ id }) => id as VideoId)
  }
}
