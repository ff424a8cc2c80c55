import { describe, expect, it } from 'vitest'
import type { VideoId } from '../../../src/core/ids.ts'
import { SearchIndex } from '../../../src/node/views/search-index.ts'
import { fakeVideoId } from '../../support/fake-node-api.ts'

interface Words {
  readonly title: string
  readonly description?: string
  readonly tags?: readonly string[]
}

/** An index of videos, and a search that answers with their places in the list. */
function indexed(...videos: readonly Words[]): { index: SearchIndex; search: (query: string) => number[] } {
  const index = new SearchIndex()
  const ids: VideoId[] = []
  for (const { title, description = '', tags = [] } of videos) {
    const id = fakeVideoId(ids.length + 1)
    ids.push(id)
    index.put({ id, title, description, tags })
  }
  return { index, search: (query) => index.search(query).map((id) => ids.indexOf(id)) }
}

describe('the search', () => {
  it.each(['coracao', 'Coração', 'CORAÇÃO', 'Coração'.normalize('NFD'), 'coraçao', 'cora'])(
    'finds "Coração" by "%s", however its own name is composed',
    (query) => {
      const { search } = indexed(
        { title: 'Coração valente'.normalize('NFC') },
        { title: 'Coração de mãe'.normalize('NFD') },
        { title: 'Praia' },
      )
      expect(search(query).toSorted()).toEqual([0, 1])
    },
  )

  it('forgives a typing error in a word of four letters or more', () => {
    const { search } = indexed({ title: 'Holiday in Lisbon' }, { title: 'The cat' })
    expect(search('holyday')).toEqual([0])
    expect(search('lisbn')).toEqual([0])
    expect(search('cut')).toEqual([])
  })

  it('finds what has every word, anywhere, by how words begin', () => {
    const { search } = indexed(
      { title: 'Beach', description: 'A long day by the sea', tags: ['summer'] },
      { title: 'Mountain', description: 'A long day', tags: ['summer'] },
    )
    expect(search('summ sea')).toEqual([0])
    expect(search('long summer').toSorted()).toEqual([0, 1])
    expect(search('sea mountain')).toEqual([])
  })

  it('puts the title before tags before the description', () => {
    const { search } = indexed(
      { title: 'One', description: 'with a kite' },
      { title: 'Two', tags: ['kite'] },
      { title: 'Kite' },
    )
    expect(search('kite')).toEqual([2, 1, 0])
  })

  it('puts what fits before what is only like it', () => {
    const { search } = indexed({ title: 'Marina' }, { title: 'Martina' })
    expect(search('martina')).toEqual([1, 0])
  })

  it('follows a video whose words change, and one that goes', () => {
    const { index, search } = indexed({ title: 'Untitled' }, { title: 'Untitled too' })
    index.put({ id: fakeVideoId(1), title: 'Wedding', description: '', tags: [] })
    expect(search('untitled')).toEqual([1])
    expect(search('wedding')).toEqual([0])
    index.remove(fakeVideoId(1))
    index.remove(fakeVideoId(1))
    expect(search('wedding')).toEqual([])
    index.put({ id: fakeVideoId(1), title: 'Back again', description: '', tags: [] })
    expect(search('back')).toEqual([0])
  })

  it('finds words of other scripts', () => {
    const { search } = indexed({ title: 'Привет мир' }, { title: '東京 物語' }, { title: 'İstanbul' })
    expect(search('привет')).toEqual([0])
    expect(search('東京')).toEqual([1])
    expect(search('istanbul')).toEqual([2])
  })

  it.each(['', '   ', '!?', '"', '\u0301', '\u0000', '𝔘'.repeat(300)])(
    'finds nothing by "%s", without an error',
    (query) => {
      expect(indexed({ title: 'Anything' }).search(query)).toEqual([])
    },
  )

  it('looks at the first 200 characters of a query', () => {
    const { search } = indexed({ title: 'Needle' })
    expect(search(`needle ${' '.repeat(200)} nothing`)).toEqual([0])
  })
})
