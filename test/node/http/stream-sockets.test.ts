import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { PlaykiteError } from '../../../src/core/errors.ts'
import { CHUNK_BYTES } from '../../../src/core/limits.ts'
import { createFakeNodeApi, fakeVideo, fakeVideoId } from '../../support/fake-node-api.ts'
import { rawSocket, readAll, startGateway, until } from '../../support/gateways.ts'

const id = fakeVideoId(1)
const noHolder = new PlaykiteError('no-holder', 'No machine that has it answers.')

const get = (port: number, range?: string): string =>
  [
    `GET /stream?id=${id} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    ...(range === undefined ? [] : [`Range: ${range}`]),
    '',
    '',
  ].join('\r\n')

describe('a stream and its socket', () => {
  it('drops the connection without a word when a resumed range finds no holder', async () => {
    const { port, api } = await startGateway()
    api.reads.failure = noHolder
    expect(await readAll(await rawSocket(port, get(port, 'bytes=100-')))).toBe('')
    expect(await readAll(await rawSocket(port, get(port, 'bytes=-100')))).toBe('')
  })

  it('drops the connection for any other failure of a resumed range, too', async () => {
    const { port, api, lines } = await startGateway()
    api.reads.failure = new PlaykiteError('internal', 'Something in /home/somebody broke')
    expect(await readAll(await rawSocket(port, get(port, 'bytes=100-')))).toBe('')
    expect(lines.some(({ level }) => level === 'error')).toBe(true)
  })

  it('drops the connection when it runs dry in mid-body, never ending the body as if it were whole', async () => {
    const { port, api } = await startGateway()
    api.reads.failure = noHolder
    api.reads.failAfter = 2
    const socket = await rawSocket(port, get(port))
    const answer = await readAll(socket)
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(answer.length).toBeLessThan(2 * CHUNK_BYTES + 2000)
    expect(answer).not.toContain('HTTP/1.1 503')
  })

  it('sends the head only with the first bytes', async () => {
    const { port, api } = await startGateway()
    api.reads.stallAfter = 0
    const socket = await rawSocket(port, get(port))
    const first = once(socket, 'data') as Promise<[Buffer]>
    const early = await Promise.race([first.then(() => 'data'), sleep(200, 'nothing')])
    expect(early).toBe('nothing')
    api.reads.release()
    expect(String((await first)[0].subarray(0, 15))).toBe('HTTP/1.1 200 OK')
  })

  it('stalls in mid-body and goes on', async () => {
    const { fetch, api } = await startGateway()
    api.reads.stallAfter = 2
    const response = await fetch(`/stream?id=${id}`)
    await until(() => api.reads.all[0]?.pulled === 2)
    api.reads.release()
    expect((await response.arrayBuffer()).byteLength).toBe(5_000_000)
  })

  it.each([
    ['before the first byte', 0],
    ['in mid-body', 2],
  ])('tells the reader at once when the viewer closes %s', async (_when, stallAfter) => {
    const { port, api, lines } = await startGateway()
    api.reads.stallAfter = stallAfter
    const socket = await rawSocket(port, get(port))
    socket.resume()
    await until(() => api.reads.all[0]?.pulled === stallAfter)
    const read = api.reads.all[0]
    expect(read?.signal.aborted).toBe(false)
    socket.destroy()
    await until(() => read?.ended === true)
    expect(read?.signal.aborted).toBe(true)
    expect(lines.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([])
  })

  it('closes the reader when a viewer closes who reads slowly', async () => {
    const { port, api } = await startGateway(createFakeNodeApi([fakeVideo(1, { size: 400 * CHUNK_BYTES })]))
    const socket = await rawSocket(port, get(port))
    await until(() => (api.reads.all[0]?.pulled ?? 0) > 1)
    socket.destroy()
    await until(() => api.reads.all[0]?.ended === true)
    expect(api.reads.all[0]).toMatchObject({ ended: true })
  })

  it('does not run ahead of a viewer who does not read', async () => {
    const { port, api } = await startGateway(createFakeNodeApi([fakeVideo(1, { size: 400 * CHUNK_BYTES })]))
    const socket = await rawSocket(port, get(port))
    socket.pause()
    let before = -1
    await until(() => {
      const still = api.reads.all[0]?.pulled === before
      before = api.reads.all[0]?.pulled ?? 0
      return still && before > 0
    })
    await sleep(300)
    const pulled = api.reads.all[0]?.pulled ?? 0
    // What the two kernel buffers of a loopback connection hold, and the chunk that waits for them.
    expect(pulled).toBeLessThanOrEqual(12)
    await sleep(300)
    expect(api.reads.all[0]?.pulled).toBe(pulled)
    socket.resume()
    await until(() => (api.reads.all[0]?.pulled ?? 0) > pulled + 20)
    expect(api.reads.all[0]?.pulled).toBeGreaterThan(pulled + 20)
  })

  it('keeps the connection for the next range when a range was read to its end', async () => {
    const { port, api } = await startGateway()
    const socket = await rawSocket(port, get(port, 'bytes=0-9'))
    await once(socket, 'data')
    socket.write(get(port, 'bytes=10-19'))
    await once(socket, 'data')
    expect(api.reads.all.map(({ start, signal }) => [start, signal.aborted])).toEqual([
      [0, false],
      [10, false],
    ])
  })
})
