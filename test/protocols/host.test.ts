import { randomBytes, randomUUID } from 'node:crypto'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import type { HostOptions } from '../../src/protocols/host.ts'
import { type InboundLane, type TestHost, forever, startHost, until } from '../support/hosts.ts'

const MIB = 1024 * 1024
const started: TestHost[] = []

afterEach(async () => {
  await Promise.all(started.splice(0).map(({ host }) => host.stop(forever)))
})

async function start(
  network: string,
  changes: Partial<HostOptions> = {},
  onLane?: (inbound: InboundLane) => void,
): Promise<TestHost> {
  const one = await startHost(network, changes, onLane)
  started.push(one)
  return one
}

const total = (inbound: InboundLane): number => inbound.received.reduce((sum, part) => sum + part.length, 0)
const isConnected = (one: TestHost, other: TestHost): boolean =>
  one.host.connected().includes(other.host.self)
const kinds = (one: TestHost): string[] =>
  one.events.map((event) => event.type).filter((type) => type !== 'discovered')

describe('host on loopback', () => {
  it('connects, and tells both sides once', async () => {
    const network = randomUUID()
    const [a, b] = [await start(network), await start(network)]
    await a.host.dial(b.host.self, b.host.addresses(), forever)
    await until('both know', () => isConnected(a, b) && isConnected(b, a))
    expect(kinds(a)).toEqual(['connected'])
    expect(kinds(b)).toEqual(['connected'])
  })

  it('joins an address without an id, and says who is there', async () => {
    const network = randomUUID()
    const [a, b] = [await start(network), await start(network)]
    const address = b.host.addresses()[0]!.replace(/\/p2p\/.*/, '')
    expect(await a.host.join(address, forever)).toBe(b.host.self)
  })

  it('refuses what is no address, its own address, and one where nobody is', async () => {
    const a = await start(randomUUID())
    await expect(a.host.join('192.168.1.2:80', forever)).rejects.toMatchObject({ code: 'bad-request' })
    await expect(a.host.join(a.host.addresses()[0]!, forever)).rejects.toMatchObject({ code: 'bad-request' })
    await expect(a.host.join('/ip4/127.0.0.1/tcp/1', forever)).rejects.toMatchObject({ code: 'unreachable' })
  })

  it('never connects to a node of another network', async () => {
    const [a, b] = [await start('one'), await start('two')]
    await expect(a.host.dial(b.host.self, b.host.addresses(), forever)).rejects.toMatchObject({
      code: 'unreachable',
    })
    await sleep(200)
    expect([...a.host.connected(), ...b.host.connected(), ...kinds(a), ...kinds(b)]).toEqual([])
  })

  it('says which port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await until('the other program listens', () => server.listening)
    const { port } = server.address() as { port: number }
    const failed = startHost(randomUUID(), { listenPort: port })
    await expect(failed).rejects.toMatchObject({
      code: 'port-in-use',
      message: expect.stringContaining(String(port)),
    })
    server.close()
  })

  it('is not shaken by a connection that talks nonsense', async () => {
    const network = randomUUID()
    const [a, b] = [await start(network), await start(network)]
    const port = Number(b.host.addresses()[0]!.split('/')[4])
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write(randomBytes(100_000))
    await sleep(100)
    socket.destroy()
    await a.host.dial(b.host.self, b.host.addresses(), forever)
    expect(b.log.lines.filter(({ level }) => level === 'error')).toEqual([])
  })

  it('dials a node again that was restarted on another port with the same key', async () => {
    const network = randomUUID()
    const privateKeySeed = randomBytes(32)
    const a = await start(network)
    const b = await start(network, { privateKeySeed })
    await a.host.dial(b.host.self, b.host.addresses(), forever)
    await b.host.stop(forever)
    await until('a sees it go', () => !isConnected(a, b))
    const again = await start(network, {
      privateKeySeed,
      remembered: [{ id: a.host.self, addresses: a.host.addresses() }],
    })
    await until('they meet again', () => isConnected(a, again) && isConnected(again, a))
    expect(kinds(a)).toEqual(['connected', 'disconnected', 'connected'])
  })

  it('redials a lost connection by itself', async () => {
    const network = randomUUID()
    const [a, b] = [await start(network), await start(network)]
    await a.host.dial(b.host.self, b.host.addresses(), forever)
    a.host.disconnect(b.host.self, 'test')
    await until('lost', () => kinds(a).includes('disconnected') && kinds(b).includes('disconnected'))
    await until('found again', () => isConnected(a, b) && isConnected(b, a))
  })

  it('finds through the one that all joined the others that joined it', async () => {
    const network = randomUUID()
    const first = await start(network)
    const others = [await start(network), await start(network)]
    for (const { host } of others) await host.join(first.host.addresses()[0]!, forever)
    await until('everybody knows everybody', () =>
      [first, ...others].every(({ host }) => host.connected().length === 2),
    )
  })

  it('keeps one connection of two that were dialled at once, without a word of a loss', async () => {
    const network = randomUUID()
    const [a, b] = [await start(network), await start(network)]
    await Promise.all([
      a.host.dial(b.host.self, b.host.addresses(), forever),
      b.host.dial(a.host.self, a.host.addresses(), forever),
    ])
    const closings = (): number =>
      [a, b].flatMap(({ log }) => log.lines.filter(({ message }) => message.includes('second connection')))
        .length
    await until('the second one is closed', () => closings() > 0)
    await sleep(1_500)
    expect(kinds(a)).toEqual(['connected'])
    expect(kinds(b)).toEqual(['connected'])
    const lane = await a.host.openLane(b.host.self, 'control', forever)
    await lane.write([Buffer.from('still here')], forever)
    await until('it arrives', () => b.lanes.some((inbound) => total(inbound) === 10))
  })

  it('ends the lanes of a node that stopped, and refuses to open others', async () => {
    const network = randomUUID()
    const [a, b] = [await start(network), await start(network)]
    await a.host.dial(b.host.self, b.host.addresses(), forever)
    const lane = await a.host.openLane(b.host.self, 'bulk', forever)
    let closed = 0
    lane.onClose(() => (closed += 1))
    await until('the lane is there', () => b.lanes.length === 1)
    await b.host.stop(forever)
    await until('the lane ends', () => closed === 1)
    await expect(lane.write([new Uint8Array(1)], forever)).rejects.toMatchObject({ code: 'unreachable' })
    await until('lost', () => !isConnected(a, b))
    await expect(a.host.openLane(b.host.self, 'bulk', forever)).rejects.toMatchObject({ code: 'unreachable' })
    expect(closed).toBe(1)
    expect(b.lanes[0]!.closed).toBe(true)
  })
})

describe('lanes between hosts', () => {
  async function pair(onLane?: (inbound: InboundLane) => void): Promise<{ a: TestHost; b: TestHost }> {
    const network = randomUUID()
    const [a, b] = [await start(network), await start(network, {}, onLane)]
    await a.host.dial(b.host.self, b.host.addresses(), forever)
    return { a, b }
  }

  it('carry bursts of 8 MiB both ways, in order', async () => {
    const { a, b } = await pair()
    const lane = await a.host.openLane(b.host.self, 'bulk', forever)
    const back: Uint8Array[] = []
    lane.onBytes((bytes) => back.push(bytes))
    const chunks = Array.from({ length: 8 }, () => randomBytes(MIB))
    const answers = Array.from({ length: 8 }, () => randomBytes(MIB))
    await Promise.all(chunks.map((chunk, index) => lane.write([Buffer.from([index]), chunk], forever)))
    await until('the lane is there', () => b.lanes.length === 1)
    const inbound = b.lanes[0]!
    await Promise.all(answers.map((chunk) => inbound.lane.write([chunk], forever)))
    await until('all of it arrives', () => total(inbound) === 8 * (MIB + 1))
    await until('the answers too', () => back.reduce((sum, part) => sum + part.length, 0) === 8 * MIB)
    const expected = Buffer.concat(chunks.flatMap((chunk, index) => [Buffer.from([index]), chunk]))
    expect(Buffer.concat(inbound.received).equals(expected)).toBe(true)
    expect(Buffer.concat(back).equals(Buffer.concat(answers))).toBe(true)
    expect(inbound).toMatchObject({ from: a.host.self, kind: 'bulk' })
  })

  it('lose nothing when the reader stalls for a second with the most chunks in flight', async () => {
    const { a, b } = await pair((inbound) => inbound.lane.pause())
    const lane = await a.host.openLane(b.host.self, 'bulk', forever)
    const chunks = Array.from({ length: 8 }, () => randomBytes(MIB))
    const header = randomBytes(8192)
    const written = Promise.all(chunks.map((chunk) => lane.write([header, chunk], forever)))
    await until('the lane is there', () => b.lanes.length === 1)
    await sleep(1_000)
    const inbound = b.lanes[0]!
    expect(inbound.closed).toBe(false)
    expect(total(inbound)).toBe(0)
    inbound.lane.resume()
    await written
    await until('all of it arrives', () => total(inbound) === 8 * (MIB + header.length))
    expect(Buffer.concat(inbound.received).equals(Buffer.concat(chunks.flatMap((c) => [header, c])))).toBe(
      true,
    )
  })

  it('hold the writer when a stalled reader has a window full, and go on afterwards', async () => {
    const { a, b } = await pair((inbound) => inbound.lane.pause())
    const lane = await a.host.openLane(b.host.self, 'bulk', forever)
    let written = 0
    const chunk = randomBytes(MIB)
    const writes = Array.from({ length: 16 }, () => lane.write([chunk], forever).then(() => (written += 1)))
    await until('the lane is there', () => b.lanes.length === 1)
    await sleep(1_000)
    expect(written).toBeLessThanOrEqual(9)
    b.lanes[0]!.lane.resume()
    await Promise.all(writes)
    await until('all of it arrives', () => total(b.lanes[0]!) === 16 * MIB)
  })

  it('give up a write by its signal, and send nothing of one that had not begun', async () => {
    const { a, b } = await pair((inbound) => inbound.lane.pause())
    const lane = await a.host.openLane(b.host.self, 'bulk', forever)
    const filling = Array.from({ length: 10 }, () => lane.write([new Uint8Array(MIB)], forever))
    const giveUp = new AbortController()
    const late = lane.write([Buffer.from('never')], giveUp.signal)
    giveUp.abort()
    await expect(late).rejects.toMatchObject({ code: 'aborted' })
    await until('the lane is there', () => b.lanes.length === 1)
    b.lanes[0]!.lane.resume()
    await Promise.all(filling)
    await lane.write([Buffer.from('end')], forever)
    await until('the end arrives', () => Buffer.from(b.lanes[0]!.received.at(-1) ?? []).includes('end'))
    expect(total(b.lanes[0]!)).toBe(10 * MIB + 3)
  })

  it('end on both sides when one aborts, and fail the writes that wait', async () => {
    const { a, b } = await pair((inbound) => inbound.lane.pause())
    const lane = await a.host.openLane(b.host.self, 'control', forever)
    const writes = Array.from({ length: 12 }, () => lane.write([new Uint8Array(MIB)], forever))
    const failed = Promise.allSettled(writes)
    await until('the lane is there', () => b.lanes.length === 1)
    b.lanes[0]!.lane.abort('enough')
    expect((await failed).at(-1)).toMatchObject({ status: 'rejected', reason: { code: 'unreachable' } })
    expect(b.lanes[0]!.closed).toBe(true)
    expect(isConnected(a, b)).toBe(true)
  })
})
