import { type VideoRecord, holdersOf, isListable, isRemoved } from '../../core/catalogue-view.ts'
import { PlaykiteError } from '../../core/errors.ts'
import type { NodeId, VideoId } from '../../core/ids.ts'
import { COPIES_WANTED } from '../../core/limits.ts'
import type { CopyState, StatementOf } from '../../core/statement-kinds.ts'
import type { Holder, Video } from '../../contract/video.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'
import type { Members } from '../members/members.ts'

/** A record of which birth and words are known. */
export interface ListedRecord extends VideoRecord {
  readonly birth: StatementOf<'birth'>
  readonly words: StatementOf<'words'>
}

export function isListed(record: VideoRecord): record is ListedRecord {
  return isListable(record)
}

/** Videos as people see them. */
export class VideoView {
  readonly #catalogue: Catalogue
  readonly #members: Members

  constructor(catalogue: Catalogue, members: Members) {
    this.#catalogue = catalogue
    this.#members = members
  }

  /** @throws PlaykiteError not-found, removed */
  video(id: VideoId): Video {
    return this.show(this.record(id))
  }

  /** @throws PlaykiteError not-found, removed */
  record(id: VideoId): ListedRecord {
    const record = this.#catalogue.video(id)
    if (record !== undefined && isListed(record)) return record
    if (record !== undefined && isRemoved(record)) {
      throw new PlaykiteError('removed', 'This video was removed.', {
        remedy: `Within ten minutes of the removal \`playkite restore ${id}\` brings it back.`,
      })
    }
    throw notFound(id)
  }

  copies(record: VideoRecord): number {
    let copies = 0
    for (const [id, { state }] of record.copies)
      if (state === 'keeps' && this.#members.counts(id)) copies += 1
    return copies
  }

  /** Holders that this node reaches. */
  livingHolders(record: VideoRecord): readonly NodeId[] {
    return holdersOf(record).filter((id) => this.#members.isAlive(id))
  }

  /** Nodes to ask for bytes: holders; if none is reached, members that reach one and pass its bytes on, as from one switch to another. */
  sources(record: VideoRecord): readonly NodeId[] {
    const holders = holdersOf(record)
    const reached = this.livingHolders(record).filter((id) => id !== this.#members.self)
    if (reached.length > 0) return reached
    const others = this.#members
      .list()
      .filter(({ id, state, self }) => state === 'alive' && !self && !holders.includes(id))
    return others
      .map(({ id }) => id)
      .filter((id) => holders.some((holder) => this.#members.areConnected(id, holder)))
  }

  show(record: ListedRecord): Video {
    const { birth, words } = record
    const holders = [...record.copies.values()].flatMap((copy) => this.#holder(copy))
    return {
      id: record.id,
      title: words.title,
      description: words.description,
      tags: [...words.tags],
      size: birth.size,
      type: birth.type,
      duration: birth.duration,
      codecs: birth.codecs,
      cid: birth.cid,
      createdAt: new Date(birth.createdAt).toISOString(),
      publisher: birth.by,
      copies: this.copies(record),
      wanted: COPIES_WANTED,
      holders: holders.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    }
  }

  #holder({ by, state }: StatementOf<'copy'>): readonly Holder[] {
    const replica = replicaState(state)
    if (replica === undefined) return []
    return [{ id: by, name: this.#members.nameOf(by), state: this.#members.stateOf(by), replica }]
  }
}

export function notFound(what: string): PlaykiteError {
  return new PlaykiteError('not-found', `There is no video ${what}.`, {
    remedy: '`playkite list` shows all videos.',
  })
}

function replicaState(state: CopyState): Holder['replica'] | undefined {
  return state === 'none' ? undefined : state
}
