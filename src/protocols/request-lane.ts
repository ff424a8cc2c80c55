import { PlaykiteError } from '../core/errors.ts'
import { type FlowWindow, delivered, emptyWindow, resumed, windowChunks } from '../core/flow-window.ts'
import type { Clock } from '../ports/clock.ts'
import type { MessageType, Messages } from '../ports/messages.ts'
import type { Answer, RequestOptions } from '../ports/network.ts'
import { type Frame, FrameParser, encodeFrame } from './framing.ts'
import type { Lane } from './lane.ts'
import { type FrameHeader, parseAnswer, parseError, parseFrameHeader } from './schemas.ts'

/** Requests of a lane that wait for an answer, or to be sent: more is a fault on this side, and must not fill memory. */
export const MAX_PENDING = 512

interface Pending {
  readonly type: MessageType
  readonly settle: PromiseWithResolvers<{ readonly header: unknown; readonly body: Uint8Array }>
}

export interface RequestLaneOptions {
  readonly lane: Lane
  readonly clock: Clock
  /** Whether the number under way follows the peer's rate: on the lane for chunks. */
  readonly paced: boolean
  /** The peer says that this node's key lives elsewhere too. */
  readonly onCloned: () => void
  readonly onClosed: () => void
}

/** The lane that this node opened to a peer: its requests go out on it, and their answers come back. */
export class RequestLane {
  readonly #lane: Lane
  readonly #clock: Clock
  readonly #paced: boolean
  readonly #onCloned: () => void
  readonly #pending = new Map<number, Pending>()
  readonly #waiting: PromiseWithResolvers<void>[] = []
  #window: FlowWindow
  #underWay = 0
  #nextId = 1
  #closed: PlaykiteError | undefined

  constructor({ lane, clock, paced, onCloned, onClosed }: RequestLaneOptions) {
    this.#lane = lane
    this.#onCloned = onCloned
    this.#clock = clock
    this.#paced = paced
    this.#window = emptyWindow(clock.monotonic())
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
    { body, timeoutMs, signal }: RequestOptions,
  ): Promise<Answer<T>> {
    await this.#turn(signal)
    try {
      const answer = await this.#ask(type, header, { ...(body && { body }), timeoutMs, signal })
      const bytes = (body?.length ?? 0) + answer.body.length
      this.#window = delivered(this.#window, bytes, this.#clock.monotonic())
      return { header: parseAnswer(type, answer.header), body: answer.body }
    } finally {
      this.#underWay -= 1
      this.#waiting.shift()?.resolve()
    }
  }

  /** Says who opened the lane, before the first request. */
  hello(version: number, instance: string): void {
    this.#write({ t: 'hello', version, instance })
  }

  abort(reason: string): void {
    this.#lane.abort(reason)
    this.#close(new PlaykiteError('unreachable', reason))
  }

  /** Waits until one more may be under way, in the order of the calls. */
  async #turn(signal: AbortSignal): Promise<void> {
    this.#checkOpen()
    if (this.#pending.size + this.#waiting.length >= MAX_PENDING) {
      throw new PlaykiteError('refused', `${MAX_PENDING} requests to one machine are under way already`)
    }
    if (this.#underWay === 0) this.#window = resumed(this.#window, this.#clock.monotonic())
    if (this.#paced && this.#underWay >= windowChunks(this.#window)) await this.#queue(signal)
    this.#checkOpen()
    this.#underWay += 1
  }

  #checkOpen(): void {
    if (this.#closed !== undefined) throw this.#closed
  }

  async #queue(signal: AbortSignal): Promise<void> {
    const place = Promise.withResolvers<void>()
    this.#waiting.push(place)
    const onAbort = (): void => {
      this.#waiting.splice(this.#waiting.indexOf(place), 1)
      place.reject(new PlaykiteError('aborted', 'given up before it was sent', { cause: signal.reason }))
    }
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      await place.promise
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  async #ask(
    type: MessageType,
    header: object,
    { body, timeoutMs, signal }: RequestOptions,
  ): Promise<{ readonly header: unknown; readonly body: Uint8Array }> {
    const id = this.#nextId++
    const settle = Promise.withResolvers<{ header: unknown; body: Uint8Array }>()
    this.#pending.set(id, { type, settle })
    const timer = new AbortController()
    const onAbort = (): void =>
      this.#giveUp(id, new PlaykiteError('aborted', 'the request was given up', { cause: signal.reason }))
    signal.addEventListener('abort', onAbort, { once: true })
    void this.#expire(id, type, timeoutMs, timer.signal)
    try {
      if (signal.aborted) onAbort()
      else
        this.#lane.write(encodeFrame({ t: 'request', id, type, header }, body), signal).catch(settle.reject)
      return await settle.promise
    } finally {
      timer.abort()
      signal.removeEventListener('abort', onAbort)
      this.#pending.delete(id)
    }
  }

  async #expire(id: number, type: MessageType, ms: number, answered: AbortSignal): Promise<void> {
    try {
      await this.#clock.sleep(ms, answered)
    } catch {
      // Answered in time: the only way in which this sleep fails.
      return
    }
    this.#giveUp(id, new PlaykiteError('timeout', `no answer to ${type} within ${ms} ms`))
  }

  #giveUp(id: number, error: PlaykiteError): void {
    const pending = this.#pending.get(id)
    if (pending === undefined) return
    pending.settle.reject(error)
    // Without it the other side works in vain, and its answer is dropped here.
    this.#write({ t: 'cancel', id })
  }

  #write(header: FrameHeader): void {
    // A lane that has ended tells everybody who waits on it by `onClose`.
    this.#lane.write(encodeFrame(header), new AbortController().signal).catch(() => undefined)
  }

  #parse(parser: FrameParser, bytes: Uint8Array): void {
    if (this.#closed !== undefined) return
    try {
      parser.push(bytes)
    } catch (error) {
      this.#lane.abort('it sent what is no frame')
      this.#close(
        new PlaykiteError('unreachable', 'the other machine sent what is no frame', { cause: error }),
      )
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
    if (said.t === 'answer') pending.settle.resolve({ header: said.header, body })
    else pending.settle.reject(parseError(said))
  }

  #close(error: PlaykiteError): void {
    if (this.#closed !== undefined) return
    this.#closed = error
    for (const { settle } of this.#pending.values()) settle.reject(error)
    for (const place of this.#waiting.splice(0)) place.reject(error)
  }
}
