import { PlaykiteError } from '../core/errors.ts'
import { type FlowWindow, delivered, emptyWindow, resumed, windowChunks } from '../core/flow-window.ts'
import type { Clock } from '../ports/clock.ts'
import type { MessageType, Messages } from '../ports/messages.ts'
import type { Answer, RequestOptions } from '../ports/network.ts'
import { withDeadline } from './deadline.ts'
import { type Frame, FrameParser, encodeFrame } from './framing.ts'
import type { Lane, LaneKind } from './lane.ts'
import { type FrameHeader, parseAnswer, parseError, parseFrameHeader } from './schemas.ts'
import { Turns } from './turns.ts'

/** Requests of a lane that wait for an answer, or to be sent: more is a fault on this side, and must not fill memory. */
const MAX_PENDING = 512
/** Small requests under way on a lane: half of what the other side answers at once, which may not have heard yet what was given up. */
const MAX_SMALL_UNDER_WAY = 32

/** They say whether a node lives, so they wait behind nothing. */
const urgentMessages: readonly MessageType[] = ['status', 'goodbye']

interface Raw {
  readonly header: unknown
  readonly body: Uint8Array
}

export interface RequestLaneOptions {
  readonly lane: Lane
  /** On the lane for chunks the number under way follows the peer's rate. */
  readonly kind: LaneKind
  readonly clock: Clock
  /** The peer says that this node's key lives elsewhere too. */
  readonly onCloned: () => void
  readonly onClosed: () => void
}

/** The lane that this node opened to a peer: its requests go out on it, and their answers come back. */
export class RequestLane {
  readonly #lane: Lane
  readonly #clock: Clock
  readonly #onCloned: () => void
  readonly #pending = new Map<number, PromiseWithResolvers<Raw>>()
  readonly #turns: Turns
  #window: FlowWindow
  #nextId = 1
  #closed: PlaykiteError | undefined

  constructor({ lane, kind, clock, onCloned, onClosed }: RequestLaneOptions) {
    this.#lane = lane
    this.#onCloned = onCloned
    this.#clock = clock
    this.#window = emptyWindow(clock.monotonic())
    this.#turns = new Turns(kind === 'bulk' ? () => windowChunks(this.#window) : () => MAX_SMALL_UNDER_WAY)
    const parser = new FrameParser((frame) => this.#onFrame(frame))
    lane.onBytes((bytes) => this.#parse(parser, bytes))
    lane.onClose((error) => {
      this.#close(
        new PlaykiteError('unreachable', 'the connection to the other machine has ended', { cause: error }),
      )
      onClosed()
    })
  }

  get isClosed(): boolean {
    return this.#closed !== undefined
  }

  /** @throws PlaykiteError as `Network.request` */
  async request<T extends MessageType>(
    type: T,
    header: Messages[T]['request'],
    options: RequestOptions,
  ): Promise<Answer<T>> {
    await this.#turn(type, options.signal)
    try {
      const answer = await this.#ask(type, header, options)
      const bytes = (options.body?.length ?? 0) + answer.body.length
      this.#window = delivered(this.#window, bytes, this.#clock.monotonic())
      return { header: parseAnswer(type, answer.header), body: answer.body }
    } finally {
      this.#turns.giveBack()
    }
  }

  /** Says who opened the lane, before the first request. */
  hello(version: number, instance: string): void {
    this.#write({ t: 'hello', version, instance })
  }

  abort(reason: string): void {
    this.#close(new PlaykiteError('unreachable', reason))
    this.#lane.abort(reason)
  }

  async #turn(type: MessageType, signal: AbortSignal): Promise<void> {
    if (this.#closed !== undefined) throw this.#closed
    if (this.#turns.taken + this.#turns.waiting >= MAX_PENDING) {
      throw new PlaykiteError('refused', `${MAX_PENDING} requests to one machine are under way already`)
    }
    if (this.#turns.taken === 0) this.#window = resumed(this.#window, this.#clock.monotonic())
    if (urgentMessages.includes(type)) this.#turns.takeAtOnce()
    else await this.#turns.take(signal)
  }

  async #ask(type: MessageType, header: object, { body, timeoutMs, signal }: RequestOptions): Promise<Raw> {
    const id = this.#nextId++
    const settle = Promise.withResolvers<Raw>()
    this.#pending.set(id, settle)
    try {
      const deadline = { clock: this.#clock, ms: timeoutMs, signal, what: type }
      return await withDeadline(deadline, (ended) => {
        this.#lane.write(encodeFrame({ t: 'request', id, type, header }, body), ended).catch(settle.reject)
        return settle.promise
      })
    } finally {
      // Given up: without it the other side works in vain, and its answer is dropped here.
      if (this.#pending.delete(id)) this.#write({ t: 'cancel', id })
    }
  }

  #write(header: FrameHeader): void {
    if (this.isClosed) return
    // A lane that has ended tells everybody who waits on it by `onClose`.
    this.#lane.write(encodeFrame(header), new AbortController().signal).catch(() => undefined)
  }

  #parse(parser: FrameParser, bytes: Uint8Array): void {
    if (this.isClosed) return
    try {
      parser.push(bytes)
    } catch (error) {
      this.#close(
        new PlaykiteError('unreachable', 'the other machine sent what is no frame', { cause: error }),
      )
      this.#lane.abort('it sent what is no frame')
    }
  }

  #onFrame({ header, body }: Frame): void {
    const said = parseFrameHeader(header)
    if (said.t === 'cloned') return this.#onCloned()
    if (said.t === 'probe') return this.#write({ t: 'answer', id: said.id, header: {} })
    if (said.t !== 'answer' && said.t !== 'error') {
      throw new PlaykiteError('bad-request', `no ${said.t} is expected here`)
    }
    const pending = this.#pending.get(said.id)
    // An answer to a request that was given up.
    if (pending === undefined) return
    this.#pending.delete(said.id)
    if (said.t === 'answer') pending.resolve({ header: said.header, body })
    else pending.reject(parseError(said))
  }

  #close(error: PlaykiteError): void {
    if (this.#closed !== undefined) return
    this.#closed = error
    for (const { reject } of this.#pending.values()) reject(error)
    this.#pending.clear()
    this.#turns.end(error)
  }
}
