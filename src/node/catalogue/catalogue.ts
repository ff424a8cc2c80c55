import { isTooFarAhead } from '../../core/clock-guard.ts'
import { type VideoRecord, applyStatement } from '../../core/catalogue-view.ts'
import { sectionOfKey } from '../../core/catalogue-key.ts'
import { DigestTree } from '../../core/digest-tree.ts'
import { PlaykiteError, messageOf } from '../../core/errors.ts'
import type { NodeId, VideoId } from '../../core/ids.ts'
import { MAX_MEMBERS } from '../../core/limits.ts'
import { statementVersion, wins } from '../../core/merge.ts'
import type { Signed, StatementOf } from '../../core/statement-kinds.ts'
import { readStatement } from '../../core/statement.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Log } from '../../ports/log.ts'
import type { Section } from '../../ports/messages.ts'
import type { RecordOperation, Records } from '../../ports/records.ts'
import type { Author } from './author.ts'

/** Where statements stand among the node's records. */
const PREFIX = 's/'
/** Statements of the whole catalogue: 100 000 videos with all they have; about 300 MiB of memory, more than a LAN's library needs. */
const MAX_STATEMENTS = 1_000_000

export interface CatalogueChange {
  /** The node that it came from; undefined if this node wrote or committed it. */
  readonly from: NodeId | undefined
  readonly statements: readonly Signed[]
  readonly videos: readonly { readonly before: VideoRecord | undefined; readonly after: VideoRecord }[]
}

export interface CatalogueOptions {
  readonly records: Records
  readonly author: Author
  readonly clock: Clock
  readonly log: Log
  /** Wall clocks of the living members, as of now. */
  readonly memberClocks: () => readonly number[]
  /** The node's lifetime: what is merged gets written even if whoever brought it gives up. */
  readonly lifetime: AbortSignal
}

/** The replicated list of all videos and members: in memory to answer at once, in records to survive, in digests to compare. */
export class Catalogue {
  readonly #options: CatalogueOptions
  readonly #statements = new Map<string, Signed>()
  readonly #videos = new Map<VideoId, VideoRecord>()
  readonly #members = new Map<NodeId, StatementOf<'member'>>()
  readonly #indexes: Readonly<Record<Section, DigestTree>> = {
    catalogue: new DigestTree(),
    removals: new DigestTree(),
    members: new DigestTree(),
  }
  readonly #listeners = new Set<(change: CatalogueChange) => void>()
  #writes: Promise<void> = Promise.resolve()

  private constructor(options: CatalogueOptions) {
    this.#options = options
  }

  /** Reads what is kept. A damaged record is left out and told; the other members still have that statement. */
  static async open(options: CatalogueOptions, signal: AbortSignal): Promise<Catalogue> {
    const catalogue = new Catalogue(options)
    for await (const [key, bytes] of options.records.entries(PREFIX, signal)) {
      try {
        catalogue.#keep(readStatement(bytes))
      } catch (error) {
        options.log.warn({ key, reason: messageOf(error) }, 'A damaged catalogue record is left out')
      }
    }
    return catalogue
  }

  video(id: VideoId): VideoRecord | undefined {
    return this.#videos.get(id)
  }

  videos(): Iterable<VideoRecord> {
    return this.#videos.values()
  }

  members(): ReadonlyMap<NodeId, StatementOf<'member'>> {
    return this.#members
  }

  statement(key: string): Signed | undefined {
    return this.#statements.get(key)
  }

  statements(): Iterable<Signed> {
    return this.#statements.values()
  }

  index(section: Section): DigestTree {
    return this.#indexes[section]
  }

  onChange(listener: (change: CatalogueChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** @throws PlaykiteError clock-off when it is further ahead than clocks on this network may be */
  checkTime(signed: Signed): void {
    const { ms } = signed.statement.at
    if (!isTooFarAhead(ms, this.#options.clock.now(), this.#options.memberClocks())) return
    throw new PlaykiteError('clock-off', `A record is dated ${new Date(ms).toISOString()}, in the future.`, {
      remedy: `Set the clock of the machine that wrote it (${signed.statement.by}).`,
    })
  }

  /** Merges statements, and resolves when they are on disk. Those too far in the future are left out. @returns how many were news */
  async accept(statements: readonly Signed[], from: NodeId | undefined): Promise<number> {
    const news = statements.filter((signed) => this.#isNews(signed))
    if (news.length === 0) return 0
    const videos = this.#merge(news)
    await this.#persist(news)
    this.#tell({ from, statements: news, videos })
    return news.length
  }

  /** Puts own statements in the place of those of the same keys, whatever their times: for a clock that was set back. */
  async replace(own: readonly Signed[]): Promise<void> {
    const videos = this.#merge(own)
    await this.#persist(own)
    if (own.length > 0) this.#tell({ from: undefined, statements: own, videos })
  }

  /**
   * Statements that are to become true together with something else: `operations` belong into that batch, `applied` is called after it.
   */
  prepare(statements: readonly Signed[]): {
    readonly operations: readonly RecordOperation[]
    readonly applied: () => Promise<void>
  } {
    const news = statements.filter((signed) => this.#isNews(signed))
    return { operations: news.map(put), applied: () => this.#applied(news) }
  }

  async #applied(written: readonly Signed[]): Promise<void> {
    const news = written.filter((signed) => this.#isNews(signed))
    const videos = this.#merge(news)
    // While the batch was under way a later statement may have come, and been overwritten on disk by this one.
    const later = written
      .flatMap((signed) => this.#statements.get(signed.key) ?? [])
      .filter((now) => !written.includes(now))
    if (later.length > 0) await this.#persist(later)
    if (news.length > 0) this.#tell({ from: undefined, statements: news, videos })
  }

  #isNews(signed: Signed): boolean {
    const known = this.#statements.get(signed.key)
    if (known !== undefined && !wins(signed, known)) return false
    if (known === undefined && this.#isFull(signed)) return false
    try {
      this.checkTime(signed)
      return true
    } catch (error) {
      this.#options.log.debug({ key: signed.key, reason: messageOf(error) }, 'A statement is left out')
      return false
    }
  }

  #isFull(signed: Signed): boolean {
    const full =
      this.#statements.size >= MAX_STATEMENTS ||
      (signed.statement.kind === 'member' && this.#members.size >= MAX_MEMBERS)
    if (full) this.#options.log.warn({ key: signed.key }, 'The catalogue is full: a statement is left out')
    return full
  }

  #merge(news: readonly Signed[]): CatalogueChange['videos'] {
    const before = new Map<VideoId, VideoRecord | undefined>()
    for (const signed of news) {
      if ('video' in signed.statement && !before.has(signed.statement.video)) {
        before.set(signed.statement.video, this.#videos.get(signed.statement.video))
      }
      this.#keep(signed)
    }
    return [...before].flatMap(([id, was]) => {
      const after = this.#videos.get(id)
      return after === undefined ? [] : [{ before: was, after }]
    })
  }

  #keep(signed: Signed): void {
    const { statement } = signed
    this.#statements.set(signed.key, signed)
    this.#indexes[sectionOfKey(signed.key)].set(signed.key, statementVersion(signed.bytes))
    this.#options.author.seen(statement.at)
    if (statement.kind === 'member') this.#members.set(statement.by, statement)
    else this.#videos.set(statement.video, applyStatement(this.#videos.get(statement.video), statement))
  }

  /** One batch after the other, so that the later of two statements is the one that stays. */
  async #persist(statements: readonly Signed[]): Promise<void> {
    const write = this.#writes.then(() =>
      this.#options.records.batch(statements.map(put), { sync: true }, this.#options.lifetime),
    )
    // The next batch does not depend on this one; whoever asked for this one hears of its failure.
    this.#writes = write.catch(() => undefined)
    await write
  }

  #tell(change: CatalogueChange): void {
    for (const listener of this.#listeners) listener(change)
  }
}

function put(signed: Signed): RecordOperation {
  return { type: 'put', key: PREFIX + signed.key, value: signed.bytes }
}
