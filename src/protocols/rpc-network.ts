import { PlaykiteError } from '../core/errors.ts'
import type { NodeId } from '../core/ids.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { MessageType, Messages } from '../ports/messages.ts'
import type { Answer, MessageHandler, Network, PeerEvent, RequestOptions } from '../ports/network.ts'
import { Instances } from './instances.ts'
import type { Host, Lane } from './lane.ts'
import { PeerLink } from './peer-link.ts'
import { type Serve, ServeLane } from './serve-lane.ts'

export interface RpcNetworkOptions {
  /** Drawn at each start. */
  readonly instance: string
  readonly clock: Clock
  readonly log: Log
}

/** Requests and answers over a host's lanes. */
export function createNetwork(host: Host, options: RpcNetworkOptions): Network {
  return new RpcNetwork(host, options)
}

class RpcNetwork implements Network {
  readonly self: NodeId
  readonly #host: Host
  readonly #options: RpcNetworkOptions
  readonly #handlers = new Map<MessageType, MessageHandler<MessageType>>()
  readonly #links = new Map<NodeId, PeerLink>()
  readonly #listeners = new Set<(event: PeerEvent) => void>()
  readonly #served = new Set<ServeLane>()
  readonly #instances: Instances

  constructor(host: Host, options: RpcNetworkOptions) {
    this.self = host.self
    this.#host = host
    this.#options = options
    this.#instances = new Instances(options.clock, options.log)
    host.onLane((from, _kind, lane) => this.#accept(from, lane))
    host.onPeer((event) => {
      if (event.type === 'disconnected') this.#drop(event.id, 'the connection has ended')
      this.#tell(event)
    })
  }

  connected(): readonly NodeId[] {
    return this.#host.connected()
  }

  addresses(): readonly string[] {
    return this.#host.addresses()
  }

  onPeer(listener: (event: PeerEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  handle<T extends MessageType>(type: T, handler: MessageHandler<T>): void {
    if (this.#handlers.has(type)) throw new PlaykiteError('internal', `${type} has a handler already`)
    this.#handlers.set(type, handler as unknown as MessageHandler<MessageType>)
  }

  async request<T extends MessageType>(
    to: NodeId,
    type: T,
    header: Messages[T]['request'],
    options: RequestOptions,
  ): Promise<Answer<T>> {
    if (to === this.self) return await this.#askSelf(type, header, options)
    return await this.#link(to).request(type, header, options)
  }

  async dial(to: NodeId, addresses: readonly string[], signal: AbortSignal): Promise<void> {
    await this.#host.dial(to, addresses, signal)
  }

  async join(address: string, signal: AbortSignal): Promise<NodeId> {
    return await this.#host.join(address, signal)
  }

  disconnect(id: NodeId, reason: string): void {
    this.#drop(id, reason)
    this.#host.disconnect(id, reason)
  }

  async start(signal: AbortSignal): Promise<void> {
    await this.#host.start(signal)
  }

  async stop(signal: AbortSignal): Promise<void> {
    for (const id of this.#links.keys()) this.#drop(id, 'this node stops')
    for (const lane of this.#served) lane.abort('this node stops')
    await this.#host.stop(signal)
  }

  async #askSelf<T extends MessageType>(
    type: T,
    header: Messages[T]['request'],
    { body, signal }: RequestOptions,
  ): Promise<Answer<T>> {
    const request = { from: this.self, header: header as never, body: body ?? new Uint8Array() }
    const answer = await this.#serve(type, request, signal)
    return { header: answer.header as Messages[T]['response'], body: answer.body ?? new Uint8Array() }
  }

  readonly #serve: Serve = async (type, request, signal) => {
    const handler = this.#handlers.get(type)
    if (handler === undefined) throw new PlaykiteError('bad-request', `this machine does not answer ${type}`)
    return await handler(request, signal)
  }

  #accept(from: NodeId, lane: Lane): void {
    const served: ServeLane = new ServeLane({
      from,
      lane,
      serve: this.#serve,
      log: this.#options.log,
      onHello: (instance, hello) => this.#instances.hello(from, instance, hello),
      onClosed: () => {
        this.#served.delete(served)
        this.#instances.gone(from, served)
      },
    })
    this.#served.add(served)
  }

  #link(to: NodeId): PeerLink {
    const known = this.#links.get(to)
    if (known !== undefined) return known
    if (!this.#host.connected().includes(to)) {
      throw new PlaykiteError('unreachable', `no connection to ${to}`)
    }
    const { instance, clock } = this.#options
    const onCloned = (): void => this.#tell({ type: 'cloned', address: to })
    const link = new PeerLink({ host: this.#host, peer: to, instance, clock, onCloned })
    this.#links.set(to, link)
    return link
  }

  #drop(id: NodeId, reason: string): void {
    this.#links.get(id)?.close(reason)
    this.#links.delete(id)
  }

  #tell(event: PeerEvent): void {
    for (const listener of this.#listeners) listener(event)
  }
}
