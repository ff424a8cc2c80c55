import type { QueryOutgoingPacket, ResponseOutgoingPacket } from 'multicast-dns'
import { type NodeId, parseNodeId } from '../core/ids.ts'
import { MAX_NODE_ADDRESSES } from './addresses.ts'

/** What a node says of itself on the LAN. */
export interface Announcement {
  readonly id: NodeId
  /** Drawn at each start: the same id with another run is a cloned data folder. */
  readonly run: string
  /** Multiaddrs without the id. */
  readonly addresses: readonly string[]
}

/** Seconds that others may remember an announcement: six of our periods. */
const TTL_SECONDS = 120
/** Bytes of one string in a TXT record (RFC 1035). */
const MAX_TXT_BYTES = 255
/** Records looked at in one packet; ours have two. */
const MAX_RECORDS = 32

type Answers = ResponseOutgoingPacket['answers']
type Answer = Answers[number]

/** As DNS-SD has it (RFC 6763): a pointer from the service to this node, and a text record with what it says. */
export function announcementPacket(service: string, said: Announcement): ResponseOutgoingPacket {
  return { answers: records(service, said, TTL_SECONDS) }
}

/** Takes the announcement back. */
export function goodbyePacket(service: string, said: Announcement): ResponseOutgoingPacket {
  return { answers: records(service, said, 0) }
}

/** Asks who is there, and says who asks: one packet makes both sides known. */
export function questionPacket(service: string, said: Announcement): QueryOutgoingPacket {
  return { questions: [{ name: service, type: 'PTR' }], answers: records(service, said, TTL_SECONDS) }
}

function records(service: string, said: Announcement, ttl: number): Answers {
  const name = `${said.id}.${service}`
  const texts = [`id=${said.id}`, `run=${said.run}`, ...said.addresses.map((address) => `a=${address}`)]
  const data = texts
    .filter((text) => Buffer.byteLength(text) <= MAX_TXT_BYTES)
    .slice(0, MAX_NODE_ADDRESSES + 2)
  return [
    { name: service, type: 'PTR', ttl, data: name },
    { name, type: 'TXT', ttl, flush: true, data },
  ]
}

/** A packet as it came; anything may be in it. */
interface Packet {
  readonly questions?: readonly { readonly name: string; readonly type?: string | undefined }[] | undefined
  readonly answers?: readonly Answer[] | undefined
}

/** Whether the packet asks for our service. */
export function asksFor(service: string, packet: Packet): boolean {
  return (packet.questions ?? [])
    .slice(0, MAX_RECORDS)
    .some(({ name, type }) => sameName(name, service) && (type === 'PTR' || type === 'ANY'))
}

/** The announcements of our service in the packet, without those taken back; whatever is malformed is passed over. */
export function announcementsIn(service: string, packet: Packet): readonly Announcement[] {
  return (packet.answers ?? []).slice(0, MAX_RECORDS).flatMap((answer) => {
    if (answer.type !== 'TXT' || answer.ttl === 0) return []
    if (!answer.name.toLowerCase().endsWith(`.${service.toLowerCase()}`)) return []
    return announcementOf(textsOf(answer.data)) ?? []
  })
}

function announcementOf(texts: readonly string[]): Announcement | undefined {
  const valueOf = (key: string): string | undefined =>
    texts.find((text) => text.startsWith(`${key}=`))?.slice(key.length + 1)
  const id = parseNodeId(valueOf('id') ?? '')
  const run = valueOf('run')
  if (id === undefined || run === undefined) return undefined
  const addresses = texts.filter((text) => text.startsWith('a=/')).map((text) => text.slice(2))
  return { id, run, addresses: addresses.slice(0, MAX_NODE_ADDRESSES) }
}

function textsOf(data: unknown): readonly string[] {
  const parts: readonly unknown[] = Array.isArray(data) ? data : [data]
  return parts.map((part) => (Buffer.isBuffer(part) ? part.toString('utf8') : String(part)))
}

function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}
