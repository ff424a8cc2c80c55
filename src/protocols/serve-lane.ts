import { PlaykiteError, isPlaykiteError, messageOf } from '../core/errors.ts'
import type { NodeId } from '../core/ids.ts'
import type { Log } from '../ports/log.ts'
import type { MessageType } from '../ports/messages.ts'
import { type Frame, FrameParser, encodeFrame } from './framing.ts'
import type { Lane } from './lane.ts'
import { type FrameHeader, WIRE_VERSION, isMessageType, parseFrameHeader, parseRequest } from './schemas.ts'

/** Requests of one peer answered at once on one lane: twice what a peer of ours has under way. A peer that asks more is refused. */
export const MAX_HANDLERS = 64

/** Answers a request that has been checked. */
export type Serve = (
  type: MessageType,
  request: { readonly from: NodeId; readonly header: never; readonly body: Uint8Array },
  signal: AbortSignal,
) => Promise<{ readonly header: object; readonly body?: Uint8Array }>

export interface ServeLaneOptions {
  readonly from: NodeId
  readonly lane: Lane
  readonly serve: Serve
  readonly log: Log
  readonly onHello: (instance: string, lane: ServeLane) => void
  readonly onClosed: () => void
}

/** A lane that a peer opened: its requests come in on it, and their answers go back. */
export class ServeLane {
  readonly #options: ServeLaneOptions
  readonly #running = new Map<number, AbortController>()
  readonly #ended = new AbortController()
  #probed: (() => void) | undefined

  constructor(options: ServeLaneOptions) {
    this.#options = options
    const parser = new FrameParser((frame) => this.#onFrame(frame))
    options.lane.onBytes((bytes) => this.#parse(parser, bytes))
    options.lane.onClose(() => this.#end())
  }

  get isClosed(): boolean {
    return this.#ended.signal.aborted
  }

  /** Asks the peer whether it still lives; `onAlive` is called if it does. */
  probe(onAlive: () => void): void {
    this.#probed = onAlive
    this.#write({ t: 'probe', id: 0 })
  }

  tellCloned(): void {
    this.#write({ t: 'cloned' })
  }

  abort(reason: string): void {
    this.#options.lane.abort(reason)
    this.#end()
  }

  #parse(parser: FrameParser, bytes: Uint8Array): void {
    if (this.isClosed) return
    try {
      parser.push(bytes)
    } catch (error) {
      const { from, log } = this.#options
      log.warn(
        { peer: from, reason: messageOf(error) },
        'A machine sent what is no message: its lane is closed',
      )
      this.abort('it sent what is no frame')
    }
  }

  #onFrame({ header, body }: Frame): void {
    const said = parseFrameHeader(header)
    switch (said.t) {
      case 'hello':
        if (said.version !== WIRE_VERSION) {
          throw new PlaykiteError(
            'bad-request',
            `it speaks version ${said.version} of the messages, not ${WIRE_VERSION}`,
          )
        }
        this.#options.onHello(said.instance, this)
        return
      case 'request':
        void this.#answer(said, body)
        return
      case 'cancel':
        this.#running.get(said.id)?.abort(new PlaykiteError('aborted', 'whoever asked gave up'))
        return
      case 'answer':
        this.#probed?.()
        return
      case 'cloned':
      case 'error':
      case 'probe':
        throw new PlaykiteError('bad-request', `no ${said.t} is expected here`)
    }
  }

  async #answer(
    { id, type, header }: Extract<FrameHeader, { t: 'request' }>,
    body: Uint8Array,
  ): Promise<void> {
    const { from, serve, lane } = this.#options
    const running = new AbortController()
    try {
      if (this.#running.has(id)) throw new PlaykiteError('bad-request', `request ${id} is under way already`)
      if (this.#running.size >= MAX_HANDLERS) {
        throw new PlaykiteError('refused', `this machine answers ${MAX_HANDLERS} requests of yours already`)
      }
      this.#running.set(id, running)
      if (!isMessageType(type))
        throw new PlaykiteError('bad-request', `this version knows no message ${type}`)
      const request = { from, header: parseRequest(type, header) as never, body }
      const signal = AbortSignal.any([running.signal, this.#ended.signal])
      const answer = await serve(type, request, signal)
      if (!signal.aborted) {
        await lane.write(encodeFrame({ t: 'answer', id, header: answer.header }, answer.body), signal)
      }
    } catch (error) {
      this.#refuse(id, type, error, running.signal)
    } finally {
      if (this.#running.get(id) === running) this.#running.delete(id)
    }
  }

  #refuse(id: number, type: string, error: unknown, cancelled: AbortSignal): void {
    if (cancelled.aborted || this.isClosed) return
    if (!isPlaykiteError(error)) {
      this.#options.log.error(
        { peer: this.#options.from, type, err: error },
        'A request could not be answered',
      )
    }
    const { code, remedy } = isPlaykiteError(error) ? error : { code: 'internal', remedy: undefined }
    this.#write({ t: 'error', id, code, message: messageOf(error).slice(0, 1_000), remedy: remedy ?? null })
  }

  #write(header: FrameHeader): void {
    // A lane that has ended tells everybody who waits on it by `onClose`.
    this.#options.lane.write(encodeFrame(header), this.#ended.signal).catch(() => undefined)
  }

  #end(): void {
    if (this.isClosed) return
    this.#ended.abort(new PlaykiteError('aborted', 'the connection has ended'))
    this.#options.onClosed()
  }
}
