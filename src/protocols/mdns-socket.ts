import type { RemoteInfo } from 'node:dgram'
import makeMdns, { type FullPacket, type MulticastDNS } from 'multicast-dns'
import type { Log } from '../ports/log.ts'
import type { LanInterface } from './interfaces.ts'
import { type Announcement, announcementPacket, goodbyePacket, questionPacket } from './mdns-packets.ts'

/**
 * The mDNS socket of one interface. Bound to all addresses, because packets to a group arrive at no other; but it joins the group and
 * sends on this interface only, so that no route is needed. Every such socket of the machine hears every packet, whichever interface it
 * came in by: the sender's address tells.
 */
export class MdnsSocket {
  readonly link: LanInterface
  /** Monotonic ms of the last announcement on this interface. */
  announcedAt = Number.NEGATIVE_INFINITY
  /** An answer is waiting for its time. */
  answering = false
  readonly #service: string
  readonly #mdns: MulticastDNS
  readonly #log: Log
  readonly #failures = new Set<string>()

  constructor(
    link: LanInterface,
    service: string,
    log: Log,
    onPacket: (packet: FullPacket, from: string, socket: MdnsSocket) => void,
  ) {
    this.link = link
    this.#service = service
    this.#log = log
    this.#mdns = makeMdns({ interface: link.address, bind: '0.0.0.0', reuseAddr: true })
    this.#mdns.on('packet', (packet: FullPacket, from: RemoteInfo) => onPacket(packet, from.address, this))
    this.#mdns.on('error', (error: Error) => this.#failed(error))
    this.#mdns.on('warning', (error: Error) => {
      // Errors of the operating system name its call; the others are of packets that cannot be read.
      if ('syscall' in error) this.#failed(error)
      else
        log.debug({ interface: link.name, reason: error.message }, 'Passed over a packet that makes no sense')
    })
  }

  announce(said: Announcement): void {
    this.#mdns.respond(announcementPacket(this.#service, said), this.#sent)
  }

  ask(said: Announcement): void {
    this.#mdns.query(questionPacket(this.#service, said), this.#sent)
  }

  /** Takes the announcement back. @returns when the packet has left, or could not */
  goodbye(said: Announcement): Promise<void> {
    const sent = Promise.withResolvers<void>()
    this.#mdns.respond(goodbyePacket(this.#service, said), (error) => {
      this.#sent(error)
      sent.resolve()
    })
    return sent.promise
  }

  close(): Promise<void> {
    const closed = Promise.withResolvers<void>()
    this.#mdns.destroy(() => closed.resolve())
    return closed.promise
  }

  readonly #sent = (error: Error | null | undefined): void => {
    if (error !== null && error !== undefined) this.#failed(error)
  }

  /** Each reason once for as long as the interface stays: a cable that is out would fill the log. */
  #failed(error: Error): void {
    if (this.#failures.has(error.message)) return
    this.#failures.add(error.message)
    const fields = { interface: this.link.name, address: this.link.address, reason: error.message }
    this.#log.warn(fields, 'Cannot look for other machines on this network interface')
  }
}
