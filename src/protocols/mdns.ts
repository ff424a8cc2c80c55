import { messageOf } from '../core/errors.ts'
import type { NodeId } from '../core/ids.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Random } from '../ports/random.ts'
import type { FullPacket } from 'multicast-dns'
import { type LanInterface, isOnLink } from './interfaces.ts'
import { type Announcement, announcementsIn, asksFor } from './mdns-packets.ts'
import { MdnsSocket } from './mdns-socket.ts'

/** Milliseconds between the questions after a start or a new interface: a lost packet costs a second or two, not a period. */
const QUESTION_PAUSES_MS = [1_000, 2_000, 4_000]
/** Milliseconds between announcements afterwards, and how much chance adds: 100 machines say 4 packets a second between them. */
const PERIOD_MS = 20_000
const PERIOD_JITTER_MS = 8_000
/** Milliseconds between two announcements on one interface at least, however many ask (RFC 6762, 6: one second). */
const MIN_ANNOUNCE_MS = 1_000
/** Milliseconds by which chance delays an answer, so that a hundred machines do not answer at once (RFC 6762, 6: 20–120 ms). */
const MIN_ANSWER_DELAY_MS = 20
const ANSWER_SPREAD_MS = 100
/** Milliseconds between looks at the machine's interfaces. */
const INTERFACES_MS = 2_000
/** Milliseconds that a stop waits for the goodbye packets to leave. */
const GOODBYE_MS = 500
/** Interfaces used at once. Beyond, somebody runs containers by the dozen; those have the host's network as well. */
const MAX_INTERFACES = 16

export interface MdnsOptions {
  readonly service: string
  readonly self: NodeId
  /** Sorts by the time of the start. */
  readonly run: string
  readonly interfaces: () => readonly LanInterface[]
  /** This node's addresses to announce on an interface. */
  readonly addressesOn: (link: LanInterface) => readonly string[]
  readonly onFound: (id: NodeId, addresses: readonly string[]) => void
  /** Another living process, which started earlier, announces our own id. */
  readonly onCloned: (address: string) => void
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/**
 * Finds the nodes of this network on the LAN by multicast DNS: asks at the start and on each new interface, announces itself every 20 s.
 * One socket an interface (docs/decisions/0001-own-mdns.md). Keeps no list of nodes.
 */
export class MdnsDiscovery {
  readonly #options: MdnsOptions
  readonly #sockets = new Map<string, MdnsSocket>()
  #questions = 0
  #signal = AbortSignal.abort()

  constructor(options: MdnsOptions) {
    this.#options = options
  }

  /** Runs until `signal` fires; then says goodbye and closes its sockets. */
  async run(signal: AbortSignal): Promise<void> {
    this.#signal = signal
    const { clock } = this.#options
    let nextAt = clock.monotonic()
    while (!signal.aborted) {
      if (this.#followInterfaces()) nextAt = clock.monotonic()
      if (clock.monotonic() >= nextAt) nextAt = clock.monotonic() + this.#speak()
      await this.#sleep(Math.min(INTERFACES_MS, Math.max(0, nextAt - clock.monotonic())))
    }
    await this.#close()
  }

  /** @returns whether there is a new interface, on which to start asking */
  #followInterfaces(): boolean {
    const links = new Map(
      this.#options
        .interfaces()
        .slice(0, MAX_INTERFACES)
        .map((link) => [`${link.name} ${link.address}`, link]),
    )
    for (const [key, socket] of this.#sockets) {
      if (links.has(key)) continue
      this.#sockets.delete(key)
      void socket.close()
    }
    const fresh = [...links].filter(([key]) => !this.#sockets.has(key))
    for (const [key, link] of fresh) {
      this.#sockets.set(key, new MdnsSocket(link, this.#options.service, this.#options.log, this.#onPacket))
    }
    if (fresh.length > 0) this.#questions = 0
    return fresh.length > 0
  }

  /** @returns milliseconds until it should speak again */
  #speak(): number {
    const asking = this.#questions <= QUESTION_PAUSES_MS.length
    for (const socket of this.#sockets.values()) {
      if (asking) socket.ask(this.#said(socket.link))
      else socket.announce(this.#said(socket.link))
      socket.announcedAt = this.#options.clock.monotonic()
    }
    const pause = QUESTION_PAUSES_MS[this.#questions]
    this.#questions += 1
    return pause ?? PERIOD_MS + PERIOD_JITTER_MS * this.#options.random.unit()
  }

  readonly #onPacket = (packet: FullPacket, from: string, socket: MdnsSocket): void => {
    const { service, self, run } = this.#options
    const said = announcementsIn(service, packet)
    const own = said.some((one) => one.id === self && one.run === run)
    if (own) return
    for (const { id, addresses, run: theirs } of said) {
      // Of two living starts of one node the later one stops; the earlier one answers it, so that it knows.
      if (id === self) {
        if (theirs < run) this.#options.onCloned(from)
      } else if (addresses.length > 0) this.#options.onFound(id, addresses)
    }
    if (asksFor(service, packet) && this.#isFor(socket, from)) void this.#answer(socket)
  }

  /** Every socket hears every packet; the one on the sender's wire answers, or all of them if it is on none. */
  #isFor(socket: MdnsSocket, from: string): boolean {
    const onWire = [...this.#sockets.values()].filter((candidate) => isOnLink(from, candidate.link))
    return onWire.length === 0 || onWire.includes(socket)
  }

  async #answer(socket: MdnsSocket): Promise<void> {
    if (socket.answering) return
    socket.answering = true
    const { clock, random } = this.#options
    const allowedIn = Math.max(0, socket.announcedAt + MIN_ANNOUNCE_MS - clock.monotonic())
    await this.#sleep(allowedIn + MIN_ANSWER_DELAY_MS + ANSWER_SPREAD_MS * random.unit())
    socket.answering = false
    if (this.#signal.aborted || !this.#isOpen(socket)) return
    socket.announcedAt = clock.monotonic()
    socket.announce(this.#said(socket.link))
  }

  #isOpen(socket: MdnsSocket): boolean {
    return [...this.#sockets.values()].includes(socket)
  }

  #said(link: LanInterface): Announcement {
    const { self, run, addressesOn } = this.#options
    return { id: self, run, addresses: addressesOn(link) }
  }

  /** A socket whose interface has just gone may never say that a packet left; nobody waits for it longer than the deadline. */
  async #close(): Promise<void> {
    const sockets = [...this.#sockets.values()]
    this.#sockets.clear()
    const deadline = AbortSignal.timeout(GOODBYE_MS)
    const expired = new Promise<void>((resolve) =>
      deadline.addEventListener('abort', () => resolve(), { once: true }),
    )
    const goodbyes = sockets.map((socket) => socket.goodbye(this.#said(socket.link)))
    await Promise.race([Promise.all(goodbyes), expired])
    await Promise.race([Promise.all(sockets.map((socket) => socket.close())), expired])
  }

  async #sleep(ms: number): Promise<void> {
    try {
      await this.#options.clock.sleep(ms, this.#signal)
    } catch (error) {
      if (!this.#signal.aborted) throw error
      this.#options.log.debug({ reason: messageOf(error) }, 'Stops looking for other machines')
    }
  }
}
