import { PlaykiteError, isPlaykiteError } from '../../core/errors.ts'
import type { NodeId } from '../../core/ids.ts'
import {
  type SourcePlan,
  emptyPlan,
  hedgeAfterMs,
  noteCancelled,
  noteDone,
  noteFailed,
  noteStart,
  pickSource,
} from '../../core/source-plan.ts'
import type { Clock } from '../../ports/clock.ts'
import { throwIfAborted } from '../bell.ts'

/** Holders asked for the same thing at once: a second one hides a slow first, a third one two. */
const MAX_ASKED_AT_ONCE = 3
/** Milliseconds between two rounds when every holder has failed: holders come back within seconds or not soon. */
const RETRY_MS = 400

/** What this node knows about the holders that it asks, shared by all its readers. */
export class Sources {
  readonly clock: Clock
  #plan: SourcePlan = emptyPlan

  constructor(clock: Clock) {
    this.clock = clock
  }

  get plan(): SourcePlan {
    return this.#plan
  }

  pick(candidates: readonly NodeId[], exclude: ReadonlySet<NodeId>): NodeId | undefined {
    return pickSource(this.#plan, candidates, this.clock.monotonic(), exclude)
  }

  /** @returns when it was asked, monotonic ms */
  started(holder: NodeId): number {
    this.#plan = noteStart(this.#plan, holder)
    return this.clock.monotonic()
  }

  done(holder: NodeId, startedAt: number): void {
    this.#plan = noteDone(this.#plan, holder, this.clock.monotonic() - startedAt)
  }

  failed(holder: NodeId): void {
    this.#plan = noteFailed(this.#plan, holder, this.clock.monotonic())
  }

  cancelled(holder: NodeId, startedAt: number): void {
    const now = this.clock.monotonic()
    this.#plan = noteCancelled(this.#plan, holder, now - startedAt, now)
  }
}

export interface HedgedRequest<T> {
  /** Nodes that should have it, as of now. */
  readonly candidates: () => readonly NodeId[]
  /** Asks one; rejects with a PlaykiteError when that fails, also if what came is wrong. */
  readonly ask: (holder: NodeId, signal: AbortSignal) => Promise<T>
  /** Milliseconds without an answer from anybody after which it gives up. */
  readonly stallMs: number
  /** Told of each failure, for the log. */
  readonly onFailed: (holder: NodeId, error: PlaykiteError) => void
}

type Outcome<T> =
  | { readonly holder: NodeId; readonly value: T }
  | { readonly holder: NodeId; readonly value?: never }

/**
 * Asks the best holder; another one as soon as that is slower than it should be, or fails. The first answer wins and the others are
 * cancelled. When all have failed it begins anew, until `stallMs` are over. @throws PlaykiteError no-holder, aborted
 */
export async function hedged<T>(
  sources: Sources,
  request: HedgedRequest<T>,
  signal: AbortSignal,
): Promise<{ readonly value: T; readonly from: NodeId }> {
  const race = new Race(sources, request, signal)
  try {
    return await race.run()
  } finally {
    race.end()
  }
}

class Race<T> {
  readonly #sources: Sources
  readonly #request: HedgedRequest<T>
  readonly #signal: AbortSignal
  readonly #over = new AbortController()
  readonly #asked = new Map<NodeId, Promise<Outcome<T>>>()
  readonly #failed = new Set<NodeId>()
  #lastError: PlaykiteError | undefined

  constructor(sources: Sources, request: HedgedRequest<T>, signal: AbortSignal) {
    this.#sources = sources
    this.#request = request
    this.#signal = signal
  }

  async run(): Promise<{ value: T; from: NodeId }> {
    const { clock } = this.#sources
    const giveUpAt = clock.monotonic() + this.#request.stallMs
    for (;;) {
      throwIfAborted(this.#signal)
      const patience = this.#askAnother()
      const left = giveUpAt - clock.monotonic()
      if (left <= 0) throw this.#noHolder()
      const outcome = await this.#outcomeWithin(Math.min(left, patience))
      if (outcome !== undefined && 'value' in outcome) {
        return { value: outcome.value, from: outcome.holder }
      }
      if (outcome === undefined && this.#asked.size === 0) this.#failed.clear()
    }
  }

  /** Cancels whoever is still being asked. */
  end(): void {
    this.#over.abort(new PlaykiteError('aborted', 'another answer came first'))
  }

  /** @returns milliseconds to wait for an answer before asking one more */
  #askAnother(): number {
    const { plan } = this.#sources
    const busy = new Set([...this.#asked.keys(), ...this.#failed])
    const next =
      this.#asked.size < MAX_ASKED_AT_ONCE ? this.#sources.pick(this.#request.candidates(), busy) : undefined
    if (next !== undefined) {
      this.#asked.set(next, this.#ask(next))
      return hedgeAfterMs(plan, next)
    }
    return RETRY_MS
  }

  async #ask(holder: NodeId): Promise<Outcome<T>> {
    const startedAt = this.#sources.started(holder)
    const signal = AbortSignal.any([this.#signal, this.#over.signal])
    try {
      const value = await this.#request.ask(holder, signal)
      if (this.#over.signal.aborted) this.#sources.cancelled(holder, startedAt)
      else this.#sources.done(holder, startedAt)
      return { holder, value }
    } catch (error) {
      if (signal.aborted) this.#sources.cancelled(holder, startedAt)
      else {
        this.#sources.failed(holder)
        if (!isPlaykiteError(error)) throw error
        this.#lastError = error
        this.#request.onFailed(holder, error)
      }
      this.#asked.delete(holder)
      this.#failed.add(holder)
      return { holder }
    }
  }

  async #outcomeWithin(ms: number): Promise<Outcome<T> | undefined> {
    const timer = new AbortController()
    const signal = AbortSignal.any([timer.signal, this.#signal])
    // Aborted by us when an answer came, or with the whole request, which the loop sees next.
    const timeout = this.#sources.clock.sleep(ms, signal).catch(() => undefined)
    try {
      return await Promise.race([...this.#asked.values(), timeout.then(() => undefined)])
    } finally {
      timer.abort()
    }
  }

  #noHolder(): PlaykiteError {
    return new PlaykiteError('no-holder', 'No machine that keeps this video answers now.', {
      remedy: 'Start one of the machines that keep it; `playkite show` names them.',
      cause: this.#lastError,
    })
  }
}
