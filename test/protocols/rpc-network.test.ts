import { randomBytes, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { PlaykiteError } from '../../src/core/errors.ts'
import { CHUNK_BYTES, MAX_CHUNKS_IN_FLIGHT } from '../../src/core/limits.ts'
import type { Network } from '../../src/ports/network.ts'
import { createHost } from '../../src/protocols/host.ts'
import type { Host } from '../../src/protocols/lane.ts'
import { createNetwork } from '../../src/protocols/rpc-network.ts'
import { MAX_HANDLERS } from '../../src/protocols/serve-lane.ts'
import { forever, keptLog, realClock, realRandom, until } from '../support/hosts.ts'
import { madeUpId } from '../support/made-up.ts'

const video = madeUpId(1)
const status = { now: 0, instance: 'i', connected: [], usedBytes: 0, promisedBytes: 0, freeBytes: 0 }

interface Peer {
  readonly network: Network
  readonly host: Host
  readonly log: ReturnType<typeof keptLog>
  readonly cloned: string[]
}

const running: Network[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((network) => network.stop(forever)))
})

async function peer(
  name: string,
  prepare: (network: Network) => void = () => {},
  seed = randomBytes(32),
  instance: string = randomUUID(),
): Promise<Peer> {
  const log = keptLog()
  const options = { clock: realClock, random: realRandom, log }
  const host = await createHost({
    ...options,
    privateKeySeed: seed,
    network: name,
    listenPort: 0,
    listenHost: '127.0.0.1',
    mdns: false,
  })
  const network = createNetwork(host, { instance, clock: realClock, log })
  const cloned: string[] = []
  network.onPeer((event) => {
    if (event.type === 'cloned') cloned.push(event.address)
  })
  prepare(network)
  await network.start(forever)
  running.push(network)
  return { network, host, log, cloned }
}

/** Two nodes, connected; `prepare` sets the handlers of the second. */
async function pair(prepare: (network: Network) => void): Promise<readonly [Peer, Peer]> {
  const name = randomUUID()
  const [a, b] = [await peer(name), await peer(name, prepare)]
  await a.network.join(b.network.addresses()[0]!, forever)
  await until('both see each other', () => b.network.connected().includes(a.network.self))
  return [a, b]
}

describe('requests to another node', () => {
  it('bring header and body, and bring them back', async () => {
    const [a, b] = await pair((network) =>
      network.handle('chunk/put', async ({ from, header, body }) => {
        expect(from).not.toBe(network.self)
        expect(header).toMatchObject({ video, index: 7 })
        expect(body).toHaveLength(CHUNK_BYTES)
        return { header: {} }
      }),
    )
    const header = { video, index: 7, hash: 'a'.repeat(64) }
    const options = { body: new Uint8Array(CHUNK_BYTES), timeoutMs: 20_000, signal: forever }
    expect((await a.network.request(b.network.self, 'chunk/put', header, options)).header).toEqual({})
  })

  it('to the node itself reach its own handlers', async () => {
    const { network } = await peer(randomUUID(), (made) =>
      made.handle('chunk/get', async ({ header }) => ({ header: {}, body: Uint8Array.of(header.index) })),
    )
    const answer = await network.request(
      network.self,
      'chunk/get',
      { video, index: 9 },
      { timeoutMs: 1, signal: forever },
    )
    expect([...answer.body]).toEqual([9])
  })

  it('fail with the code, sentence and remedy of the other side', async () => {
    const [a, b] = await pair((network) => {
      network.handle('upload/abort', async () => {
        throw new PlaykiteError('no-space', 'Full.', { remedy: 'Remove videos.' })
      })
      network.handle('goodbye', async () => {
        throw new TypeError('a secret of the inside')
      })
    })
    const ask = (type: 'upload/abort' | 'goodbye' | 'video/restore') =>
      a.network.request(b.network.self, type, { video }, { timeoutMs: 20_000, signal: forever })
    await expect(ask('upload/abort')).rejects.toMatchObject({
      code: 'no-space',
      message: 'Full.',
      remedy: 'Remove videos.',
    })
    await expect(ask('goodbye')).rejects.toMatchObject({ code: 'internal' })
    await expect(ask('video/restore')).rejects.toMatchObject({ code: 'bad-request' })
    expect(b.log.lines.some(({ level }) => level === 'error')).toBe(true)
  })

  it('have a deadline, can be given up, and then stop the work on the other side', async () => {
    const stopped: string[] = []
    const [a, b] = await pair((network) =>
      network.handle('chunk/get', async ({ header }, signal) => {
        await new Promise<void>((resolve) =>
          signal.addEventListener('abort', () => resolve(), { once: true }),
        )
        stopped.push(String(header.index))
        return { header: {} }
      }),
    )
    const ask = (index: number, timeoutMs: number, signal: AbortSignal) =>
      a.network.request(b.network.self, 'chunk/get', { video, index }, { timeoutMs, signal })
    await expect(ask(1, 200, forever)).rejects.toMatchObject({ code: 'timeout' })
    const giveUp = new AbortController()
    const asked = ask(2, 60_000, giveUp.signal)
    setTimeout(() => giveUp.abort(), 100)
    await expect(asked).rejects.toMatchObject({ code: 'aborted' })
    await until('both handlers were stopped', () => stopped.length === 2)
    await expect(ask(3, 60_000, AbortSignal.abort())).rejects.toMatchObject({ code: 'aborted' })
  })

  it('fail at once when the connection ends, and when there is none', async () => {
    const [a, b] = await pair((network) => network.handle('chunk/get', () => new Promise(() => undefined)))
    const asked = a.network.request(
      b.network.self,
      'chunk/get',
      { video, index: 0 },
      { timeoutMs: 60_000, signal: forever },
    )
    await sleep(200)
    void b.network.stop(forever)
    await expect(asked).rejects.toMatchObject({ code: 'unreachable' })
    await until('it is gone', () => a.network.connected().length === 0)
    const again = a.network.request(b.network.self, 'status', status, { timeoutMs: 60_000, signal: forever })
    await expect(again).rejects.toMatchObject({ code: 'unreachable' })
  })

  it('for chunks are never more at once than the window, and those that wait come in order', async () => {
    let [now, most] = [0, 0]
    const order: number[] = []
    const [a, b] = await pair((network) =>
      network.handle('chunk/get', async ({ header }) => {
        now += 1
        most = Math.max(most, now)
        order.push(header.index)
        await sleep(5)
        now -= 1
        return { header: {}, body: new Uint8Array(CHUNK_BYTES).fill(header.index) }
      }),
    )
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        a.network.request(
          b.network.self,
          'chunk/get',
          { video, index },
          { timeoutMs: 60_000, signal: forever },
        ),
      ),
    )
    expect(answers.every(({ body }, index) => body.length === CHUNK_BYTES && body[17] === index)).toBe(true)
    expect(most).toBeLessThanOrEqual(MAX_CHUNKS_IN_FLIGHT)
    expect(order).toEqual(order.toSorted((x, y) => x - y))
  })

  it('lose nothing when the reader stalls for a second with the most chunks on their way', async () => {
    const bodies = Array.from({ length: MAX_CHUNKS_IN_FLIGHT }, () => randomBytes(CHUNK_BYTES))
    const [a, b] = await pair((network) =>
      network.handle('chunk/get', async ({ header }) => ({ header: {}, body: bodies[header.index]! })),
    )
    const asked = bodies.map((_, index) =>
      a.network.request(
        b.network.self,
        'chunk/get',
        { video, index },
        { timeoutMs: 60_000, signal: forever },
      ),
    )
    // The whole process of the reader stands still, as under a long garbage collection.
    await sleep(5)
    const end = performance.now() + 1_000
    while (performance.now() < end) Math.sqrt(end)
    const answers = await Promise.all(asked)
    for (const [index, { body }] of answers.entries()) expect(Buffer.compare(body, bodies[index]!)).toBe(0)
  })
})

describe('a hostile peer', () => {
  /** A raw lane to a node, as somebody would open it who does not keep to the rules. */
  async function raw(send: Uint8Array): Promise<{ readonly victim: Peer; readonly closed: () => boolean }> {
    const name = randomUUID()
    const victim = await peer(name, (network) => network.handle('status', async () => ({ header: status })))
    const attacker = await peer(name)
    await attacker.network.join(victim.network.addresses()[0]!, forever)
    const lane = await attacker.host.openLane(victim.network.self, 'control', forever)
    let closed = false
    lane.onBytes(() => {})
    lane.onClose(() => (closed = true))
    await lane.write([send], forever).catch(() => undefined)
    return { victim, closed: () => closed }
  }
  const frame = (header: string, claimed = header.length): Buffer => {
    const prefix = Buffer.alloc(8)
    prefix.writeUInt32BE(claimed)
    return Buffer.concat([prefix, Buffer.from(header)])
  }

  it.each([
    ['garbage', Buffer.alloc(4_096, 0xa5)],
    ['an oversize frame', frame('{}', 2 ** 31)],
    ['a header that is not JSON', frame('{"t":')],
    ['a header that no message has', frame('{"t":"launch","id":1}')],
    ['an answer to nothing asked', frame('{"t":"error","id":1,"code":"x","message":"","remedy":null}')],
  ])('that sends %s loses its lane, and harms nobody else', async (_, bytes) => {
    const { victim, closed } = await raw(bytes)
    await until('the lane is closed', closed)
    const friend = await peer('other', () => {})
    expect(friend.network.connected()).toEqual([])
    const own = await victim.network.request(victim.network.self, 'status', status, {
      timeoutMs: 1_000,
      signal: forever,
    })
    expect(own.header).toEqual(status)
  })

  it('that sends half a frame costs nothing but the half', async () => {
    const { victim, closed } = await raw(frame('{"t":"request"', 100))
    await sleep(200)
    expect(closed()).toBe(false)
    expect(victim.log.lines.filter(({ level }) => level === 'error')).toEqual([])
  })

  it('that asks without end is refused beyond a limit, and answered below it', async () => {
    const name = randomUUID()
    let now = 0
    const victim = await peer(name, (network) =>
      network.handle('goodbye', async (_, signal) => {
        now += 1
        await new Promise<void>((resolve) =>
          signal.addEventListener('abort', () => resolve(), { once: true }),
        )
        return { header: {} }
      }),
    )
    const attacker = await peer(name)
    await attacker.network.join(victim.network.addresses()[0]!, forever)
    const outcomes = Array.from({ length: MAX_HANDLERS + 10 }, () =>
      attacker.network
        .request(victim.network.self, 'goodbye', {}, { timeoutMs: 2_000, signal: forever })
        .catch((error: unknown) => (error instanceof PlaykiteError ? error.code : 'other')),
    )
    const codes = await Promise.all(outcomes)
    expect(codes.filter((outcome) => outcome === 'refused')).toHaveLength(10)
    expect(now).toBe(MAX_HANDLERS)
  })
})

describe('two machines with one key', () => {
  it('are noticed by a third, which tells the second one', async () => {
    const name = randomUUID()
    const seed = randomBytes(32)
    const answers = (network: Network): void => network.handle('status', async () => ({ header: status }))
    const third = await peer(name, answers)
    const original = await peer(name, answers, seed)
    await original.network.join(third.network.addresses()[0]!, forever)
    await original.network.request(third.network.self, 'status', status, {
      timeoutMs: 20_000,
      signal: forever,
    })
    const clone = await peer(name, answers, seed)
    await clone.network.join(third.network.addresses()[0]!, forever)
    await clone.network.request(third.network.self, 'status', status, { timeoutMs: 20_000, signal: forever })
    await until('the clone knows', () => clone.cloned.length > 0 || original.cloned.length > 0)
    expect(original.cloned).toEqual([])
  })
})
