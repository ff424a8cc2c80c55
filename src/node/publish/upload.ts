import { hashChunk } from '../../core/content-id.ts'
import { PlaykiteError, isPlaykiteError } from '../../core/errors.ts'
import type { NodeId, VideoId } from '../../core/ids.ts'
import { COPIES_WANTED } from '../../core/limits.ts'
import { chooseHolders, nextHolder } from '../../core/placement.ts'
import type { Log } from '../../ports/log.ts'
import type { Network } from '../../ports/network.ts'
import { Bell, throwIfAborted } from '../bell.ts'
import type { Members } from '../members/members.ts'
import { HashList } from './hash-list.ts'
import { tooFewMachines } from './publish-errors.ts'
import { UploadHolder } from './upload-holder.ts'

/** Chunks of one publish in memory: twice what is in flight to a holder, so that no holder waits for another's last answer. */
const WINDOW_CHUNKS = 16
/** Milliseconds for a holder to take a chunk, check it and write it: 1 MiB at 0.3 Mbit/s. */
const PUT_MS = 30_000
/** Milliseconds for a holder to fetch an earlier chunk from another one. */
const PULL_MS = 60_000
/** Milliseconds for a holder to make room, or to give it up. */
const OPEN_MS = 10_000
/** Earlier chunks that a replaced holder fetches at once. */
const PARALLEL_PULLS = 4

export interface UploadTools {
  readonly network: Network
  readonly members: Members
  readonly log: Log
}

export interface UploadPlan {
  readonly video: VideoId
  readonly size: number | null
  readonly extension: string
}

/**
 * The bytes of one publish on their way to the machines that will keep them. Each chunk goes to all; a machine that fails is replaced by
 * the next of the band, which gets new chunks from here and earlier ones from the others.
 */
export class Upload {
  readonly plan: UploadPlan
  /** Rings when a machine has more, fails or is replaced. */
  readonly bell = new Bell()
  readonly #tools: UploadTools
  readonly #signal: AbortSignal
  readonly #holders = new Map<NodeId, UploadHolder>()
  readonly #tried = new Set<NodeId>()
  readonly #opened = new Set<NodeId>()
  readonly #window = new Map<number, Uint8Array>()
  readonly #hashes = new HashList()
  #size = 0
  #replacing = 0
  #lastError: PlaykiteError | undefined

  /** `signal` ends everything under way; whoever made the upload fires it at the end. */
  constructor(plan: UploadPlan, tools: UploadTools, signal: AbortSignal) {
    this.plan = plan
    this.#tools = tools
    this.#signal = signal
  }

  /** Finds the machines. @throws PlaykiteError no-space, unreachable, aborted */
  async open(): Promise<void> {
    const { members } = this.#tools
    const chosen = chooseHolders(this.plan.video, alive(members), { size: this.plan.size })
    await Promise.all(chosen.map(({ id }) => this.#join(id)))
    while (this.#holders.size < COPIES_WANTED && (await this.replace())) throwIfAborted(this.#signal)
    if (this.#holders.size === 0) throw this.failure()
  }

  get holders(): readonly UploadHolder[] {
    return [...this.#holders.values()]
  }

  get size(): number {
    return this.#size
  }

  get hashes(): Uint8Array {
    return this.#hashes.bytes
  }

  /** Machines that have all bytes so far. */
  get complete(): readonly UploadHolder[] {
    return this.holders.filter((holder) => holder.hasAll(this.#hashes.count))
  }

  /** Whether another machine is being found, or catches up. */
  get isMoving(): boolean {
    return this.#replacing > 0 || this.complete.length < this.#holders.size
  }

  /** Sends a chunk to all; waits while too many are under way. @throws PlaykiteError the upload cannot go on, aborted */
  async add(bytes: Uint8Array): Promise<void> {
    while (this.#window.size >= WINDOW_CHUNKS) {
      this.#checkAlive()
      await this.bell.wait(this.#signal)
    }
    this.#checkAlive()
    const index = this.#hashes.add(hashChunk(bytes))
    this.#window.set(index, bytes)
    this.#size += bytes.length
    for (const holder of this.holders) void this.#deliver(holder, index)
  }

  /** A machine that failed, also while committing, is out; the next one takes its place. */
  fail(holder: UploadHolder, error: PlaykiteError): void {
    if (!this.#holders.delete(holder.id)) return
    this.#lastError = error
    const { code, message: reason } = error
    this.#tools.log.warn(
      { peer: holder.id, video: this.plan.video, code, reason },
      'A machine failed while it took a video',
    )
    this.#forgetDelivered()
    this.bell.ring()
    this.replace().catch((cause: unknown) => {
      this.#tools.log.error({ video: this.plan.video, err: cause }, 'No other machine could be asked')
    })
  }

  /** One more machine, by rank. @returns whether there was one */
  async replace(): Promise<boolean> {
    this.#replacing += 1
    try {
      for (;;) {
        const next = nextHolder(this.plan.video, alive(this.#tools.members), {
          size: this.plan.size ?? this.#size,
          holders: new Set(this.#holders.keys()),
          tried: this.#tried,
        })
        if (next === undefined || this.#signal.aborted) return false
        if (await this.#join(next.id)) return true
      }
    } finally {
      this.#replacing -= 1
      this.bell.ring()
    }
  }

  /** Lets machines be asked again that failed before: they may have recovered. */
  forgive(): void {
    this.#tried.clear()
    for (const id of this.#holders.keys()) this.#tried.add(id)
  }

  /** Why it cannot go on. */
  failure(): PlaykiteError {
    const isFull = this.#lastError === undefined && this.#tools.members.keepers() > 0
    return tooFewMachines(this.#lastError, isFull)
  }

  /** Tells all machines that took bytes, also those that failed, to forget what they have not committed. Who does not hear it sweeps them. */
  async abort(signal: AbortSignal): Promise<void> {
    const { video } = this.plan
    const options = { timeoutMs: OPEN_MS, signal }
    const open = [...this.#opened].filter((id) => this.#holders.get(id)?.commit !== 'done')
    await Promise.allSettled(
      open.map((id) => this.#tools.network.request(id, 'upload/abort', { video }, options)),
    )
  }

  async #join(id: NodeId): Promise<boolean> {
    this.#tried.add(id)
    this.#opened.add(id)
    try {
      const options = { timeoutMs: OPEN_MS, signal: this.#signal }
      await this.#tools.network.request(id, 'upload/open', this.plan, options)
    } catch (error) {
      if (!isPlaykiteError(error)) throw error
      this.#lastError = error
      return false
    }
    const holder = new UploadHolder(id)
    this.#holders.set(id, holder)
    void this.#catchUp(holder, this.#hashes.count)
    this.bell.ring()
    return true
  }

  /** Brings what came before a machine joined. */
  async #catchUp(holder: UploadHolder, count: number): Promise<void> {
    let next = 0
    const worker = async (): Promise<void> => {
      while (next < count && this.#holders.has(holder.id)) await this.#deliver(holder, next++)
    }
    await Promise.all(Array.from({ length: PARALLEL_PULLS }, worker))
  }

  /** Never rejects: a failure is the holder's end. */
  async #deliver(holder: UploadHolder, index: number): Promise<void> {
    try {
      await this.#send(holder.id, index)
      holder.add(index)
      this.#forgetDelivered()
      this.bell.ring()
    } catch (error) {
      if (this.#signal.aborted) return
      const failure = isPlaykiteError(error)
        ? error
        : new PlaykiteError('internal', `chunk ${index} could not be sent`, { cause: error })
      this.fail(holder, failure)
    }
  }

  async #send(to: NodeId, index: number): Promise<void> {
    const { video } = this.plan
    const signal = this.#signal
    const hash = Buffer.from(this.#hashes.at(index)).toString('hex')
    const body = this.#window.get(index)
    if (body !== undefined) {
      await this.#tools.network.request(
        to,
        'chunk/put',
        { video, index, hash },
        { body, timeoutMs: PUT_MS, signal },
      )
      return
    }
    const sources = this.holders.filter((holder) => holder.has(index)).map(({ id }) => id)
    if (sources.length === 0) {
      throw new PlaykiteError('unreachable', 'the machines that had taken earlier parts are gone')
    }
    const header = { video, index, hash, sources }
    await this.#tools.network.request(to, 'upload/pull', header, { timeoutMs: PULL_MS, signal })
  }

  #forgetDelivered(): void {
    if (this.#holders.size === 0) return
    for (const index of this.#window.keys()) {
      if (this.holders.every((holder) => holder.has(index))) this.#window.delete(index)
    }
  }

  /** With nobody left it can only begin anew from memory, if all is still there. */
  #checkAlive(): void {
    throwIfAborted(this.#signal)
    if (this.#holders.size > 0 || this.#replacing > 0) return
    throw this.failure()
  }
}

function alive(members: Members): ReturnType<Members['candidates']> {
  return members.candidates().filter((candidate) => candidate.alive)
}
