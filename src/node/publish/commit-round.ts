import { copiesForSafe } from '../../core/acknowledgement.ts'
import { PlaykiteError, isPlaykiteError } from '../../core/errors.ts'
import type { NodeId, VideoId } from '../../core/ids.ts'
import { COPIES_WANTED } from '../../core/limits.ts'
import { packStatements } from '../../core/statement-list.ts'
import type { Signed, StatementOf } from '../../core/statement-kinds.ts'
import { decodeStatement } from '../../core/statement.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Network } from '../../ports/network.ts'
import { throwIfAborted } from '../bell.ts'
import type { Members } from '../members/members.ts'
import type { UploadHolder } from './upload-holder.ts'
import type { Upload } from './upload.ts'

/** Milliseconds for a holder to commit: it writes what its disk still has in memory, gigabytes on a slow disk. */
const COMMIT_MS = 120_000
/** Milliseconds without any progress after which a publish that lacks machines gives up: a lost member is dead by then. */
const PATIENCE_MS = 20_000
/** Milliseconds between two looks at whether members or machines have changed. */
const LOOK_EVERY_MS = 250

export interface CommitTools {
  readonly network: Network
  readonly members: Members
  readonly clock: Clock
}

/** What is committed. */
export interface Entry {
  /** The id under which it is kept: its own, or that of the same bytes published before. */
  readonly video: VideoId
  /** Birth and words. */
  readonly statements: readonly Signed[]
  readonly existed: boolean
  /** Machines that keep it already. */
  readonly kept: readonly NodeId[]
}

type Copy = Signed<StatementOf<'copy'>>

/** Asks the machines that have all bytes to commit, until enough have; machines that fail are replaced meanwhile. */
export class CommitRound {
  /** Called when a machine has committed. */
  onCopy: () => void = () => undefined
  readonly #upload: Upload
  readonly #entry: Entry
  readonly #tools: CommitTools
  readonly #signal: AbortSignal
  readonly #copies = new Map<NodeId, Copy>()

  constructor(upload: Upload, entry: Entry, tools: CommitTools, signal: AbortSignal) {
    this.#upload = upload
    this.#entry = entry
    this.#tools = tools
    this.#signal = signal
  }

  /** What the holders signed when they committed. */
  get copies(): readonly Copy[] {
    return [...this.#copies.values()]
  }

  /** Resolves when the video is safe by the rule of acknowledgement. @throws PlaykiteError no-space, unreachable, bad-request, aborted */
  async untilSafe(): Promise<void> {
    let patientUntil = this.#now() + PATIENCE_MS
    let progress = this.#progress()
    while (!this.#isSafe()) {
      throwIfAborted(this.#signal)
      this.#ask()
      if (this.#progress() !== progress || this.#upload.isMoving || this.#isAsking()) {
        progress = this.#progress()
        patientUntil = this.#now() + PATIENCE_MS
      } else if (this.#now() > patientUntil) throw this.#upload.failure()
      else if (!(await this.#upload.replace())) this.#upload.forgive()
      await this.#look()
    }
  }

  /** After the acknowledgement: whether machines of this publish may still commit. Those that are ready are asked. */
  isComing(): boolean {
    this.#ask()
    return this.#missing() > 0 && this.#upload.holders.some(({ commit }) => commit !== 'done')
  }

  /** Asks those that have all bytes and were not asked yet, as far as more copies are wanted. */
  #ask(): void {
    const { kept } = this.#entry
    const asked = this.#upload.holders.filter(({ commit }) => commit === 'asked').length
    const ready = this.#upload.complete.filter(({ id, commit }) => commit === 'no' && !kept.includes(id))
    for (const holder of ready.slice(0, Math.max(0, this.#missing() - asked))) void this.#commit(holder)
  }

  #missing(): number {
    return COPIES_WANTED - this.#entry.kept.length - this.#copies.size
  }

  #isSafe(): boolean {
    const kept = this.#entry.kept.filter((id) => this.#tools.members.counts(id))
    return kept.length + this.#copies.size >= copiesForSafe(this.#tools.members.keepers())
  }

  #isAsking(): boolean {
    return this.#upload.holders.some(({ commit }) => commit === 'asked')
  }

  #progress(): number {
    return this.#copies.size + this.#upload.complete.length
  }

  /** Never rejects: a machine that does not commit is replaced. */
  async #commit(holder: UploadHolder): Promise<void> {
    holder.commit = 'asked'
    const { video: as, statements } = this.#entry
    const { body } = packStatements(statements.map(({ bytes }) => bytes))
    const options = { body, timeoutMs: COMMIT_MS, signal: this.#signal }
    const header = { video: this.#upload.plan.video, as }
    try {
      const answer = await this.#tools.network.request(holder.id, 'upload/commit', header, options)
      const copy = decodeStatement(answer.body)
      if (!isCopyOf(copy, holder.id, as)) {
        throw new PlaykiteError('corrupt', `${holder.id} answered a commit with another statement`)
      }
      this.#copies.set(holder.id, copy)
      holder.commit = 'done'
      this.onCopy()
      this.#upload.bell.ring()
    } catch (error) {
      holder.commit = 'no'
      if (this.#signal.aborted) return
      this.#upload.fail(
        holder,
        isPlaykiteError(error) ? error : new PlaykiteError('internal', 'a commit failed', { cause: error }),
      )
    }
  }

  async #look(): Promise<void> {
    const timer = new AbortController()
    const signal = AbortSignal.any([this.#signal, timer.signal])
    // Whichever comes first; the other is cancelled, and its rejection means just that.
    const quiet = (): undefined => undefined
    await Promise.race([
      this.#upload.bell.wait(signal).catch(quiet),
      this.#tools.clock.sleep(LOOK_EVERY_MS, signal).catch(quiet),
    ])
    timer.abort()
  }

  #now(): number {
    return this.#tools.clock.monotonic()
  }
}

function isCopyOf(signed: Signed, by: NodeId, video: VideoId): signed is Copy {
  const { statement } = signed
  return statement.kind === 'copy' && statement.by === by && statement.video === video
}
