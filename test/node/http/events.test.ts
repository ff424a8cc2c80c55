import { once } from 'node:events'
import type { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { EVENTS_KEPT } from '../../../src/contract/events.ts'
import { fakeVideoId } from '../../support/fake-node-api.ts'
import { rawSocket, startGateway, type TestGateway, until } from '../../support/gateways.ts'

const id = fakeVideoId(1)
const emit = ({ api }: TestGateway, copies: number): void =>
  api.events.emit('copies', { id, copies, wanted: 3 })

/** An event stream as it comes. */
async function follow(
  gateway: TestGateway,
  ...headers: string[]
): Promise<{ socket: Socket; text: () => string }> {
  const before = gateway.api.events.followers()
  const lines = ['GET /events HTTP/1.1', 'Host: localhost', ...headers, '', '']
  const socket = await rawSocket(gateway.port, lines.join('\r\n'))
  let text = ''
  socket.on('data', (part) => (text += String(part)))
  await until(() => gateway.api.events.followers() > before && text.includes('retry:'))
  return { socket, text: () => text }
}

describe('GET /events', () => {
  it('sends each event with its id, its name and its data', async () => {
    const gateway = await startGateway()
    const { text } = await follow(gateway)
    expect(text()).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(text()).toContain('content-type: text/event-stream')
    emit(gateway, 2)
    await until(() => text().includes('event: copies'))
    const data = JSON.stringify({ at: '2026-01-01T00:00:00.000Z', id, copies: 2, wanted: 3 })
    expect(text()).toContain(`id: 1\nevent: copies\ndata: ${data}\n\n`)
  })

  it('replays what came after Last-Event-ID, and goes on from there', async () => {
    const gateway = await startGateway()
    for (let copies = 0; copies < 4; copies += 1) emit(gateway, copies)
    const { text } = await follow(gateway, 'Last-Event-ID: 2')
    await until(() => text().includes('id: 4\n'))
    emit(gateway, 9)
    await until(() => text().includes('id: 5\n'))
    expect([...text().matchAll(/^id: (\d+)$/gm)].map(([, n]) => n)).toEqual(['3', '4', '5'])
  })

  it('says reset when what was asked for is gone', async () => {
    const gateway = await startGateway()
    for (let copies = 0; copies < EVENTS_KEPT + 5; copies += 1) emit(gateway, copies)
    const { text } = await follow(gateway, 'Last-Event-ID: 2')
    await until(() => text().includes('event: '))
    expect(text()).toContain('event: reset\ndata: {"at":')
  })

  it('keeps a quiet connection alive with comments', async () => {
    const gateway = await startGateway(undefined, { heartbeatMs: 20 })
    const { text } = await follow(gateway)
    await until(() => (text().match(/^:$/gm) ?? []).length > 2)
    expect((text().match(/^:$/gm) ?? []).length).toBeGreaterThan(2)
    expect(text()).not.toContain('event:')
  })

  it('stops following when the client goes', async () => {
    const gateway = await startGateway()
    const { socket } = await follow(gateway)
    expect(gateway.api.events.followers()).toBe(1)
    socket.destroy()
    await until(() => gateway.api.events.followers() === 0)
    expect(gateway.api.events.followers()).toBe(0)
    expect(gateway.lines.filter(({ level }) => level === 'error')).toEqual([])
  })

  it('holds nothing for a client that does not read: the log tells it to reset', async () => {
    const gateway = await startGateway()
    const { socket, text } = await follow(gateway)
    socket.pause()
    const words = 'x'.repeat(4000)
    for (let n = 0; n < 20 * EVENTS_KEPT; n += 1) {
      gateway.api.events.emit('source', { id, holder: words, name: 'n', chunk: n })
      if (n % 100 === 0) await new Promise(setImmediate)
    }
    socket.resume()
    await until(() => text().includes('event: reset'))
    expect(text()).toContain('event: reset')
    expect(text().length).toBeLessThan(20 * EVENTS_KEPT * words.length)
  })

  it('ends at close', async () => {
    const gateway = await startGateway()
    const { socket } = await follow(gateway)
    const ended = once(socket, 'end')
    await gateway.close(new AbortController().signal)
    await ended
    expect(gateway.api.events.followers()).toBe(0)
  })
})
