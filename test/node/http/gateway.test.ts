import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { CHUNK_BYTES } from '../../../src/core/limits.ts'
import { CLOSE_GRACE_MS, createGateway } from '../../../src/node/http/gateway.ts'
import { createServer } from '../../../src/node/http/server.ts'
import { createFakeNodeApi, fakeVideo, fakeVideoId } from '../../support/fake-node-api.ts'
import { rawSocket, readAll, startGateway, until } from '../../support/gateways.ts'

const request = `GET /stream?id=${fakeVideoId(1)} HTTP/1.1\r\nHost: localhost\r\n\r\n`
const never = (): AbortSignal => new AbortController().signal

describe('a gateway', () => {
  it('says where it is', async () => {
    const gateway = await startGateway()
    expect(gateway.url).toBe(`http://127.0.0.1:${gateway.port}`)
    expect((await startGateway(undefined, { host: '::1' })).url).toMatch(/^http:\/\/\[::1\]:\d+$/)
    expect((await startGateway(undefined, { host: '0.0.0.0' })).url).toMatch(
      /^http:\/\/(?!0\.0\.0\.0)[\d.]+:\d+$/,
    )
  })

  it('refuses a port that is in use, and an address that is not here, with a remedy', async () => {
    const { port } = await startGateway()
    const log = {
      debug: () => undefined,
      info: () => undefined,
      warn: () => undefined,
      error: () => undefined,
    }
    const taken = createGateway(createFakeNodeApi(), { host: '127.0.0.1', port, log })
    await expect(taken).rejects.toMatchObject({
      code: 'port-in-use',
      remedy: expect.stringContaining('--http') as string,
    })
    const elsewhere = createGateway(createFakeNodeApi(), { host: '192.0.2.1', port: 0, log })
    await expect(elsewhere).rejects.toMatchObject({ code: 'bad-config' })
  })

  it('has no limit of time that would cut a long upload or a long stream', () => {
    const log = {
      debug: () => undefined,
      info: () => undefined,
      warn: () => undefined,
      error: () => undefined,
    }
    const { server } = createServer(new Set(), log)
    expect([server.requestTimeout, server.timeout]).toEqual([0, 0])
    expect(server.headersTimeout).toBeGreaterThan(0)
    expect(server.maxConnections).toBeGreaterThan(20)
  })

  it('lets a running stream end by itself within the grace', async () => {
    const gateway = await startGateway()
    gateway.api.reads.stallAfter = 1
    const socket = await rawSocket(gateway.port, request)
    const answer = readAll(socket)
    await until(() => gateway.api.reads.all[0]?.pulled === 1)
    const closed = gateway.close(never())
    gateway.api.reads.release()
    expect((await answer).length).toBeGreaterThan(5_000_000)
    await closed
  })

  it('cuts a stream that goes on after the grace, and tells its reader', async () => {
    const gateway = await startGateway(createFakeNodeApi([fakeVideo(1, { size: 400 * CHUNK_BYTES })]))
    gateway.api.reads.stallAfter = 1
    const socket = await rawSocket(gateway.port, request)
    const answer = readAll(socket)
    await until(() => gateway.api.reads.all[0]?.pulled === 1)
    const before = performance.now()
    await gateway.close(never())
    expect(performance.now() - before).toBeGreaterThan(CLOSE_GRACE_MS * 0.9)
    expect((await answer).length).toBeLessThan(2 * CHUNK_BYTES)
    await until(() => gateway.api.reads.all[0]?.ended === true)
    expect(gateway.api.reads.all[0]?.signal.aborted).toBe(true)
  })

  it('cuts at once when its own signal fires, and listens no more', async () => {
    const gateway = await startGateway()
    gateway.api.reads.stallAfter = 1
    const socket = await rawSocket(gateway.port, request)
    const answer = readAll(socket)
    await until(() => gateway.api.reads.all[0]?.pulled === 1)
    const second = new AbortController()
    const closed = gateway.close(second.signal)
    second.abort()
    await closed
    await answer
    const late = connect(gateway.port, '127.0.0.1')
    await expect(once(late, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('closes an idle connection at once', async () => {
    const gateway = await startGateway()
    await (await gateway.fetch('/status')).json()
    const before = performance.now()
    await gateway.close(never())
    expect(performance.now() - before).toBeLessThan(CLOSE_GRACE_MS)
  })
})
