import { describe, expect, it } from 'vitest'
import { isListable } from '../../src/core/catalogue-view.ts'
import { MAX_CLOCK_AHEAD_MS } from '../../src/core/limits.ts'
import type { StatementOf } from '../../src/core/statement-kinds.ts'
import { Author } from '../../src/node/catalogue/author.ts'
import { Catalogue, type CatalogueChange } from '../../src/node/catalogue/catalogue.ts'
import { OwnClock } from '../../src/node/catalogue/own-clock.ts'
import type { Records } from '../../src/ports/records.ts'
import { memoryRecords } from '../../src/storage/memory-records.ts'
import { forever, keptLog } from '../support/hosts.ts'
import { madeUpId, madeUpSigner, signed } from '../support/made-up.ts'
import { ManualClock } from '../support/manual-clock.ts'

const video = madeUpId(1)
const other = madeUpSigner(2)
const words = (ms: number, title = `At ${ms}`) =>
  signed<StatementOf<'words'>>(other, {
    kind: 'words',
    at: { ms, n: 0 },
    video,
    title,
    description: '',
    tags: [],
  })

interface Opened {
  readonly catalogue: Catalogue
  readonly author: Author
  readonly changes: CatalogueChange[]
  readonly log: ReturnType<typeof keptLog>
}

async function open(
  records: Records,
  clock = new ManualClock(),
  memberClocks: readonly number[] = [],
): Promise<Opened> {
  const log = keptLog()
  const author = new Author(madeUpSigner(1), clock)
  const options = { records, author, clock, log, memberClocks: () => memberClocks, lifetime: forever }
  const catalogue = await Catalogue.open(options, forever)
  const changes: CatalogueChange[] = []
  catalogue.onChange((change) => changes.push(change))
  return { catalogue, author, changes, log }
}

describe('the catalogue of a node', () => {
  it('keeps what it accepted across a restart, and is later than all of it', async () => {
    const records = memoryRecords()
    const { catalogue } = await open(records)
    expect(await catalogue.accept([words(500)], other.id)).toBe(1)
    expect(await catalogue.accept([words(500)], other.id)).toBe(0)
    const again = await open(records)
    expect(again.catalogue.video(video)?.words?.title).toBe('At 500')
    expect(again.catalogue.index('catalogue').size).toBe(1)
    const own = again.author.write('words', { video, title: 'Mine', description: '', tags: [] })
    expect(own.statement.at).toEqual({ ms: 500, n: 1 })
    expect(await again.catalogue.accept([own], undefined)).toBe(1)
    expect(again.catalogue.video(video)?.words?.title).toBe('Mine')
  })

  it('leaves a damaged record out, with a warning, and reads the rest', async () => {
    const records = memoryRecords()
    const { catalogue } = await open(records)
    await catalogue.accept([words(5)], other.id)
    await records.batch(
      [{ type: 'put', key: 's/copy/x', value: new Uint8Array(90) }],
      { sync: true },
      forever,
    )
    const { catalogue: again, log } = await open(records)
    expect(again.video(video)?.words?.title).toBe('At 5')
    expect(log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
  })

  it('leaves out what is dated in the future, by its own clock and the median of the members', async () => {
    const early = await open(memoryRecords())
    const late = words(MAX_CLOCK_AHEAD_MS + 1)
    expect(await early.catalogue.accept([late, words(3)], other.id)).toBe(1)
    expect(early.catalogue.video(video)?.words?.title).toBe('At 3')
    expect(() => early.catalogue.checkTime(late)).toThrow(expect.objectContaining({ code: 'clock-off' }))
    const { catalogue } = await open(memoryRecords(), new ManualClock(), [10, 10, 10])
    expect(await catalogue.accept([late], other.id)).toBe(1)
  })

  it('makes statements true together with something else, and keeps the later of two on disk', async () => {
    const records = memoryRecords()
    const { catalogue, changes } = await open(records)
    const { operations, applied } = catalogue.prepare([words(10)])
    expect(catalogue.video(video)).toBeUndefined()
    // Later words come while the batch is under way; the batch then writes the earlier ones over them.
    await catalogue.accept([words(20)], other.id)
    await records.batch(operations, { sync: true }, forever)
    await applied()
    expect(catalogue.video(video)?.words?.title).toBe('At 20')
    expect((await open(records)).catalogue.video(video)?.words?.title).toBe('At 20')
    expect(changes).toHaveLength(1)
  })

  it('tells what a video was and what it is', async () => {
    const { catalogue, author, changes } = await open(memoryRecords())
    await catalogue.accept([words(1)], other.id)
    const removal = author.write('removal', { video, removal: madeUpId(9) })
    await catalogue.accept([removal], undefined)
    expect(changes.map(({ from }) => from)).toEqual([other.id, undefined])
    const [change] = changes[1]!.videos
    expect(change?.before?.removals.size).toBe(0)
    expect(change?.after.removals.size).toBe(1)
    expect(isListable(change!.after)).toBe(false)
  })

  it('begins its clock anew after it was set back, and says again what was dated in the future', async () => {
    const records = memoryRecords()
    const wrong = new ManualClock()
    await wrong.advance(3 * MAX_CLOCK_AHEAD_MS)
    const before = await open(records, wrong)
    await before.catalogue.accept(
      [before.author.write('copy', { video, state: 'keeps' }), words(7)],
      undefined,
    )
    const { catalogue, author, log } = await open(records, new ManualClock())
    expect(author.last.ms).toBe(3 * MAX_CLOCK_AHEAD_MS)
    const self = madeUpSigner(1).id
    const clock = new ManualClock()
    const work = new OwnClock({ self, catalogue, author, clock, memberClocks: () => [], log })
    expect(await work.run()).toBe('idle')
    expect(catalogue.video(video)?.copies.get(self)?.at.ms).toBeLessThan(MAX_CLOCK_AHEAD_MS)
    expect(author.write('copy', { video, state: 'none' }).statement.at.ms).toBeLessThan(MAX_CLOCK_AHEAD_MS)
    const again = await open(records)
    expect(again.author.last.ms).toBeLessThan(MAX_CLOCK_AHEAD_MS)
    expect(again.catalogue.video(video)?.words?.title).toBe('At 7')
  })
})
