import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import makeMdns from 'multicast-dns'
import { afterEach, describe, expect, it } from 'vitest'
import type { NodeId } from '../../src/core/ids.ts'
import { lanInterfaces } from '../../src/protocols/interfaces.ts'
import {
  announcementPacket,
  announcementsIn,
  asksFor,
  goodbyePacket,
  questionPacket,
} from '../../src/protocols/mdns-packets.ts'
import { MdnsDiscovery } from '../../src/protocols/mdns.ts'
import { networkNames } from '../../src/protocols/network-names.ts'
import { type KeptLog, keptLog, realClock, realRandom, startHost, until } from '../support/hosts.ts'

const id = '12D3KooWC54AkscFzZbr7RoQ3Pb4ZFiREqtSL52fUnPLsujPuDPb' as NodeId
const other = '12D3KooWRy7i64PHEcGkdVwmAoTTbkGHszxEGjmXMPYVYBJZpSTB' as NodeId
const { service } = networkNames('a network')
const said = { id, run: 'run-1', addresses: ['/ip4/192.168.1.4/tcp/4601', '/ip4/10.0.0.4/tcp/4601'] }

/** What a packet is after the wire: texts are buffers then. */
function received(packet: { answers?: unknown }): Parameters<typeof announcementsIn>[1] {
  const answers = (packet.answers ?? []) as { type: string; data: unknown }[]
  const buffers = (data: unknown): unknown => (data as string[]).map((text) => Buffer.from(text))
  const after = answers.map((one) => (one.type === 'TXT' ? { ...one, data: buffers(one.data) } : one))
  return { answers: after } as never
}

describe('mDNS packets', () => {
  it('carry id, run and addresses', () => {
    expect(announcementsIn(service, received(announcementPacket(service, said)))).toEqual([said])
    expect(announcementsIn(service, received(questionPacket(service, said)))).toEqual([said])
  })

  it('ask for the service, in any case of letters, and for no other', () => {
    const packet = questionPacket(service, said)
    expect(asksFor(service, packet)).toBe(true)
    expect(asksFor(service.toUpperCase(), packet)).toBe(true)
    expect(asksFor(networkNames('another').service, packet)).toBe(false)
    expect(asksFor(service, announcementPacket(service, said))).toBe(false)
  })

  it('of another network, or taken back, announce nobody', () => {
    expect(
      announcementsIn(networkNames('another').service, received(announcementPacket(service, said))),
    ).toEqual([])
    expect(announcementsIn(service, received(goodbyePacket(service, said)))).toEqual([])
  })

  it('hold a bounded number of addresses, none longer than a text may be', () => {
    const addresses = Array.from({ length: 100 }, (_, i) => `/ip4/10.0.0.${String(i)}/tcp/4601`)
    const long = `/dns4/${'x'.repeat(300)}/tcp/1`
    const packet = received(announcementPacket(service, { ...said, addresses: [long, ...addresses] }))
    expect(announcementsIn(service, packet)[0]?.addresses).toEqual(addresses.slice(0, 12))
  })

  it('that make no sense announce nobody', () => {
    const name = `${id}.${service}`
    const texts = [[], ['id=nobody', 'run=1'], [`id=${id}`], ['run=1'], 'text', null, [null, 7]]
    for (const data of texts) {
      const packet = { answers: [{ name, type: 'TXT', data }] } as never
      expect(announcementsIn(service, packet)).toEqual([])
    }
    expect(announcementsIn(service, {})).toEqual([])
  })

  it('name any network within the limits of DNS', () => {
    for (const network of ['playkite', '', 'ação/..', 'x'.repeat(1000), '\u0000\n']) {
      const [label] = networkNames(network).service.split('.')
      expect(label).toMatch(/^_[a-z0-9-]{1,15}$/)
    }
    expect(networkNames('a').service).not.toBe(networkNames('b').service)
  })
})

interface Finder {
  readonly found: Map<string, readonly string[]>
  readonly cloned: string[]
  readonly log: KeptLog
}

describe('mDNS on this machine', () => {
  const stops: (() => Promise<void>)[] = []
  let starts = 0
  afterEach(async () => {
    await Promise.all(stops.splice(0).map((stop) => stop()))
  })

  function find(network: string, self: NodeId, interfaces = lanInterfaces): Finder {
    const [found, cloned, log] = [new Map<string, readonly string[]>(), [] as string[], keptLog()]
    const discovery = new MdnsDiscovery({
      service: networkNames(network).service,
      self,
      run: `${(starts += 1)}-${randomUUID()}`,
      interfaces,
      addressesOn: (link) => [`/ip4/${link.address}/tcp/4601`],
      onFound: (who, addresses) => found.set(who, addresses),
      onCloned: (address) => cloned.push(address),
      clock: realClock,
      random: realRandom,
      log,
    })
    const controller = new AbortController()
    const running = discovery.run(controller.signal)
    stops.push(async () => {
      controller.abort()
      await running
    })
    return { found, cloned, log }
  }

  it('two nodes find each other, also when loopback is all there is', async () => {
    const onlyLoopback = (): ReturnType<typeof lanInterfaces> =>
      lanInterfaces().filter((link) => link.loopback)
    for (const interfaces of [lanInterfaces, onlyLoopback]) {
      const network = randomUUID()
      const first = find(network, id, interfaces)
      const stranger = find(randomUUID(), other, interfaces)
      const second = find(network, other, interfaces)
      await until('both are found', () => first.found.has(other) && second.found.has(id))
      expect([...first.found.keys(), ...second.found.keys()].toSorted()).toEqual([id, other])
      expect(stranger.found.size).toBe(0)
      expect([...first.cloned, ...second.cloned]).toEqual([])
    }
  })

  it('of two nodes with one key, the later one notices it', async () => {
    const network = randomUUID()
    const [first, second] = [find(network, id), find(network, id)]
    await until('the clone is noticed', () => second.cloned.length > 0)
    expect(first.cloned).toEqual([])
    expect(first.found.size + second.found.size).toBe(0)
  })

  it('follows interfaces that come and go', async () => {
    const network = randomUUID()
    let links: ReturnType<typeof lanInterfaces> = []
    const first = find(network, id, () => links)
    const second = find(network, other)
    await sleep(300)
    expect(second.found.size).toBe(0)
    links = lanInterfaces()
    await until('found after the cable is in', () => second.found.has(id) && first.found.has(other))
  })

  it('goes on after garbage and says a broken interface once', async () => {
    const network = randomUUID()
    const broken = { name: 'gone0', address: '203.0.113.77', prefix: 24, loopback: false, virtual: false }
    const first = find(network, id, () => [broken, ...lanInterfaces()])
    const port = makeMdns({ interface: '127.0.0.1', bind: '0.0.0.0' })
    stops.push(() => new Promise((resolve) => port.destroy(resolve)))
    port.respond([
      { name: `x.${networkNames(network).service}`, type: 'TXT', data: ['id=12D3KooWx', 'run='] },
    ])
    const second = find(network, other)
    await until('found all the same', () => first.found.has(other) && second.found.has(id))
    await sleep(1_500)
    expect(first.log.lines.filter(({ level }) => level === 'warn').length).toBe(1)
  })

  it('answers a crowd of questions at most once a second on an interface', async () => {
    const network = randomUUID()
    const loopback = lanInterfaces().filter((link) => link.loopback)
    find(network, id, () => loopback)
    const port = makeMdns({ interface: '127.0.0.1', bind: '0.0.0.0' })
    stops.push(() => new Promise((resolve) => port.destroy(resolve)))
    let announcements = 0
    port.on(
      'response',
      (packet) => (announcements += announcementsIn(networkNames(network).service, packet).length),
    )
    await sleep(500)
    for (let i = 0; i < 100; i += 1) {
      port.query([{ name: networkNames(network).service, type: 'PTR' }])
      await sleep(20)
    }
    await sleep(1_500)
    expect(announcements).toBeGreaterThan(0)
    expect(announcements).toBeLessThanOrEqual(5)
  })

  it('hosts find each other and connect, once', async () => {
    const network = randomUUID()
    const hosts = await Promise.all(
      [1, 2, 3].map(() => startHost(network, { mdns: true, listenHost: '0.0.0.0' })),
    )
    for (const { host } of hosts) stops.push(() => host.stop(new AbortController().signal))
    await until('all are connected', () => hosts.every(({ host }) => host.connected().length === 2))
    await sleep(2_000)
    for (const { events, log } of hosts) {
      expect(events.filter(({ type }) => type === 'disconnected')).toEqual([])
      expect(log.lines.filter(({ level }) => level === 'error')).toEqual([])
    }
  })
})
