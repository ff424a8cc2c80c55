import {
  holdersOf,
  isRemoved,
  openRemovals,
  removedAt,
  restorableUntil,
  type VideoRecord,
} from '../../core/catalogue-view.ts'
import { PlaykiteError, isPlaykiteError } from '../../core/errors.ts'
import type { VideoId } from '../../core/ids.ts'
import { decodeStatement } from '../../core/statement.ts'
import type { Removal } from '../../contract/video.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Log } from '../../ports/log.ts'
import type { Network } from '../../ports/network.ts'
import type { Random } from '../../ports/random.ts'
import type { VideoStore } from '../../ports/video-store.ts'
import type { Author } from '../catalogue/author.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'
import type { Work } from '../loop.ts'
import type { Members } from '../members/members.ts'
import type { KeyedLock } from '../receive/keyed-lock.ts'
import { notFound } from '../views/video-view.ts'

/** Milliseconds for a holder to undo a removal. */
const RESTORE_MS = 10_000

export interface RemovalsTools {
  readonly network: Network
  readonly catalogue: Catalogue
  readonly members: Members
  readonly author: Author
  readonly store: VideoStore
  readonly clock: Clock
  readonly random: Random
  readonly lock: KeyedLock
  readonly log: Log
  readonly lifetime: AbortSignal
}

/** Removes videos, brings them back within the undo window, and deletes the bytes after it. */
export class Removals implements Work {
  readonly name = 'removals'
  readonly #tools: RemovalsTools

  constructor(tools: RemovalsTools) {
    this.#tools = tools
    tools.network.handle('video/restore', async ({ header: { video } }) => ({
      header: {},
      body: await this.#restoreHere(video),
    }))
  }

  /** @throws PlaykiteError not-found */
  async remove(video: VideoId): Promise<Removal> {
    const { catalogue, author, random } = this.#tools
    const record = this.#known(video)
    if (!isRemoved(record)) {
      await catalogue.accept([author.write('removal', { video, removal: random.uuid() })], undefined)
    }
    return this.#removal(video)
  }

  /** @throws PlaykiteError not-found, removed (nobody has the bytes any more, or nobody who has them answers) */
  async restore(video: VideoId, signal: AbortSignal): Promise<Removal> {
    const record = this.#known(video)
    if (!isRemoved(record)) return this.#removal(video)
    if (this.#tools.store.replica(video) === undefined) await this.#restoreElsewhere(record, signal)
    else await this.#restoreHere(video)
    return this.#removal(video)
  }

  /** One replica whose undo window is over: first the record that it is gone, with it the replica's own, then the bytes. */
  async run(signal: AbortSignal): Promise<'busy' | 'idle'> {
    const { store, catalogue, author, clock, lock, log } = this.#tools
    const now = clock.now()
    const due = store.replicas().find(({ video }) => this.#isDue(video, now))
    if (due === undefined) return 'idle'
    const { video } = due
    await lock.run(video, async () => {
      if (!this.#isDue(video, now)) return
      const { operations, applied } = catalogue.prepare([author.write('copy', { video, state: 'none' })])
      await store.deleteReplica(video, operations, signal)
      await applied()
      log.info({ video }, 'The bytes of a removed video were deleted')
    })
    return 'busy'
  }

  #isDue(video: VideoId, now: number): boolean {
    const record = this.#tools.catalogue.video(video)
    const until = record === undefined ? undefined : restorableUntil(record)
    return until !== undefined && until <= now
  }

  /** Undoes all removals, as a holder that has the bytes and thereby keeps them. @returns the restore statement */
  async #restoreHere(video: VideoId): Promise<Uint8Array> {
    const { store, catalogue, author, random, lock } = this.#tools
    return await lock.run(video, async () => {
      const record = this.#known(video)
      if (store.replica(video) === undefined) throw bytesGone()
      const removals = openRemovals(record).map(({ removal }) => removal)
      const restore = author.write('restore', { video, restore: random.uuid(), removals })
      await catalogue.accept([author.write('copy', { video, state: 'keeps' }), restore], undefined)
      return restore.bytes
    })
  }

  async #restoreElsewhere(record: VideoRecord, signal: AbortSignal): Promise<void> {
    const { members, network, catalogue } = this.#tools
    let lastError: unknown
    for (const holder of holdersOf(record).filter((id) => members.isAlive(id))) {
      try {
        const options = { timeoutMs: RESTORE_MS, signal }
        const { body } = await network.request(holder, 'video/restore', { video: record.id }, options)
        await catalogue.accept([decodeStatement(body)], holder)
        if (!isRemoved(this.#known(record.id))) return
      } catch (error) {
        if (!isPlaykiteError(error) || signal.aborted) throw error
        lastError = error
      }
    }
    throw bytesGone(lastError)
  }

  #removal(video: VideoId): Removal {
    const record = this.#known(video)
    const [at, until] = [removedAt(record), restorableUntil(record)]
    return {
      id: video,
      removedAt: at === undefined ? null : new Date(at).toISOString(),
      restorableUntil: until === undefined ? null : new Date(until).toISOString(),
    }
  }

  #known(video: VideoId): VideoRecord {
    const record = this.#tools.catalogue.video(video)
    if (record?.birth === undefined) throw notFound(video)
    return record
  }
}

function bytesGone(cause?: unknown): PlaykiteError {
  return new PlaykiteError('removed', 'No machine that answers has the bytes of this video any more.', {
    remedy: 'Start the machines that had it, if they were off when it was removed; else publish it again.',
    cause,
  })
}
