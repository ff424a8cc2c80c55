/** List and search over a large library, in one process: milliseconds of each call. */
import { createHash } from 'node:crypto'
import { parseCid, parseVideoId } from '../src/core/ids.ts'
import { Author } from '../src/node/catalogue/author.ts'
import { Catalogue } from '../src/node/catalogue/catalogue.ts'
import { Members } from '../src/node/members/members.ts'
import { systemClock } from '../src/node/system.ts'
import { Listing } from '../src/node/views/listing.ts'
import { VideoView } from '../src/node/views/video-view.ts'
import { memoryRecords } from '../src/storage/memory-records.ts'
import { signerFromSeed } from '../src/storage/node-key.ts'

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const words =
  'aula coração floresta física onda história mar lua teatro dança ensaio laboratório viagem festa escola química'.split(
    ' ',
  )

/** Calls that a page makes, on `count` videos. */
export async function library(count: number): Promise<Readonly<Record<string, () => unknown>>> {
  const signer = signerFromSeed(createHash('sha256').update('bench').digest())
  const author = new Author(signer, systemClock)
  const lifetime = new AbortController().signal
  const catalogue = await Catalogue.open(
    { records: memoryRecords(), author, clock: systemClock, log: quiet, memberClocks: () => [], lifetime },
    lifetime,
  )
  const cid = parseCid('bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku')!
  for (let n = 0; n < count; n++) {
    const hex = createHash('sha256').update(String(n)).digest('hex')
    const video = parseVideoId(
      `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`,
    )!
    const some = [0, 1, 2].map((k) => words[(n * 7 + k * (1 + (n % 5))) % words.length]!)
    await catalogue.accept(
      [
        author.write('birth', {
          ...{ video, cid, size: n, type: 'video/mp4', extension: 'mp4' },
          ...{ duration: 1, codecs: null, createdAt: n },
        }),
        author.write('words', {
          video,
          title: `${some.join(' ')} ${n}`,
          description: some.join(' '),
          tags: some.slice(1),
        }),
        author.write('copy', { video, state: 'keeps' }),
      ],
      undefined,
    )
  }
  const members = new Members(signer.id, catalogue, systemClock)
  const listing = new Listing(catalogue, members, new VideoView(catalogue, members))
  let turn = 0
  return {
    list: () => listing.page({}),
    'list by title': () => listing.page({ sort: 'title', limit: 500 }),
    search: () => listing.page({ q: `${words[turn++ % words.length]!.slice(0, 4)} florst` }),
  }
}
