import { PlaykiteError, isPlaykiteError } from '../core/errors.ts'
import type { NodeId } from '../core/ids.ts'
import type { Clock } from '../ports/clock.ts'
import { BULK_MESSAGES, type MessageType, type Messages } from '../ports/messages.ts'
import type { Answer, RequestOptions } from '../ports/network.ts'
import type { Host, LaneKind } from './lane.ts'
import { unlessAborted } from './deadline.ts'
import { RequestLane } from './request-lane.ts'
import { WIRE_VERSION } from './schemas.ts'

const bulkMessages: readonly MessageType[] = BULK_MESSAGES

export interface PeerLinkOptions {
  readonly host: Host
  readonly peer: NodeId
  readonly instance: string
  readonly clock: Clock
  readonly onCloned: () => void
}

/**
 * Our requests to one peer, on two lanes of their own: chunks on one, all else on the other, so that small messages never wait behind
 * chunks. A lane is opened when it is needed, and again after it ended.
 */
export class PeerLink {
  readonly #options: PeerLinkOptions
  readonly #lanes = new Map<LaneKind, Promise<RequestLane>>()

  constructor(options: PeerLinkOptions) {
    this.#options = options
  }

  /**
   * Of two connections that a pair opened at the same moment one is closed a little later, and the lanes on it with it. Every message may
   * be repeated, so one that was lost that way is sent again, once.
   */
  async request<T extends MessageType>(
    type: T,
    header: Messages[T]['request'],
    options: RequestOptions,
  ): Promise<Answer<T>> {
    const kind = bulkMessages.includes(type) ? 'bulk' : 'control'
    const lane = await this.#lane(kind, options.signal)
    try {
      return await lane.request(type, header, options)
    } catch (error) {
      const { host, peer } = this.#options
      const isLost = lane.isClosed && isPlaykiteError(error, 'unreachable')
      if (!isLost || options.signal.aborted || !host.connected().includes(peer)) throw error
      return await (await this.#lane(kind, options.signal)).request(type, header, options)
    }
  }

  /** Everything under way fails at once. */
  close(reason: string): void {
    for (const opening of this.#lanes.values()) {
      opening.then(
        (lane) => lane.abort(reason),
        () => undefined,
      )
    }
    this.#lanes.clear()
  }

  async #lane(kind: LaneKind, signal: AbortSignal): Promise<RequestLane> {
    if (signal.aborted)
      throw new PlaykiteError('aborted', 'given up before it was sent', { cause: signal.reason })
    const known = this.#lanes.get(kind)
    if (known !== undefined) return await unlessAborted(known, signal)
    // Shared by all who ask meanwhile, so it does not end with the first one's signal; the host has a deadline for it.
    const opening = this.#open(kind, new AbortController().signal)
    this.#lanes.set(kind, opening)
    opening.catch(() => this.#forget(kind, opening))
    return await unlessAborted(opening, signal)
  }

  async #open(kind: LaneKind, signal: AbortSignal): Promise<RequestLane> {
    const { host, peer, instance, clock, onCloned } = this.#options
    const lane = await host.openLane(peer, kind, signal)
    const opened: RequestLane = new RequestLane({
      lane,
      clock,
      kind,
      onCloned,
      onClosed: () => this.#forget(kind, this.#lanes.get(kind)),
    })
    if (kind === 'control') opened.hello(WIRE_VERSION, instance)
    return opened
  }

  #forget(kind: LaneKind, lane: Promise<RequestLane> | undefined): void {
    if (this.#lanes.get(kind) === lane) this.#lanes.delete(kind)
  }
}
