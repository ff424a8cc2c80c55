import { hostname } from 'node:os'
import { describe, expect, it } from 'vitest'
import { fakeVideoId } from '../../support/fake-node-api.ts'
import { rawRequest, rawSocket, readAll, startGateway } from '../../support/gateways.ts'

const withPort = (host: string, port: number): string => host.replace('PORT', String(port))

describe('the Host header', () => {
  it.each([
    '127.0.0.1:PORT',
    'localhost:PORT',
    'LOCALHOST',
    'localhost.:PORT',
    '[::1]:PORT',
    '127.0.0.5',
    'localhost:80',
  ])('may be %s', async (host) => {
    const { port } = await startGateway()
    expect((await rawRequest(port, '/status', { headers: { host: withPort(host, port) } })).status).toBe(200)
  })

  it.each([
    'evil.example:PORT',
    'evil.example',
    '127.0.0.1.evil.example',
    'localhost.evil.example:PORT',
    '192.168.1.5:PORT',
    'localhost@evil.example',
    'evil.example/localhost',
    'local host',
    'Localhost:PORT:1',
  ])('may not be "%s", for any route', async (host) => {
    const { port } = await startGateway()
    for (const path of [
      '/',
      '/videos',
      '/docs',
      '/openapi.json',
      `/stream?id=${fakeVideoId(1)}`,
      '/nothing',
    ]) {
      const { status, text } = await rawRequest(port, path, { headers: { host: withPort(host, port) } })
      expect([path, status]).toEqual([path, 403])
      const { error } = JSON.parse(text) as { error: { code: string; remedy: string } }
      expect(error.code).toBe('forbidden')
      expect(error.remedy).toMatch(/localhost/)
    }
  })

  it('may not be absent or empty', async () => {
    const { port } = await startGateway()
    const empty = await rawSocket(port, 'GET /status HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n')
    expect(await readAll(empty)).toMatch(/^HTTP\/1\.1 403/)
    const absent = await rawSocket(port, 'GET /status HTTP/1.0\r\n\r\n')
    expect(await readAll(absent)).toMatch(/^HTTP\/1\.1 403/)
  })

  it('may be the machine itself only where others can reach it', async () => {
    const own = { headers: { host: `${hostname()}:4600` } }
    const loopback = await startGateway()
    expect((await rawRequest(loopback.port, '/status', own)).status).toBe(403)
    const everywhere = await startGateway(undefined, { host: '0.0.0.0' })
    expect((await rawRequest(everywhere.port, '/status', own)).status).toBe(200)
    const evil = { headers: { host: 'evil.example' } }
    expect((await rawRequest(everywhere.port, '/status', evil)).status).toBe(403)
  })

  it('may be a name that the node was told', async () => {
    const { port } = await startGateway(undefined, { allowedHosts: ['videos.home'] })
    expect((await rawRequest(port, '/status', { headers: { host: 'Videos.home:8080' } })).status).toBe(200)
  })
})

const changes: [method: string, path: string][] = [
  ['DELETE', `/video?id=${fakeVideoId(1)}`],
  ['PATCH', `/video?id=${fakeVideoId(1)}`],
  ['POST', `/restore?id=${fakeVideoId(1)}`],
  ['POST', '/upload'],
  ['PUT', '/upload'],
]
const foreign: [what: string, headers: Record<string, string>][] = [
  ['another site', { origin: 'http://evil.example' }],
  ['another port of this machine', { origin: 'http://127.0.0.1:1' }],
  ['no site (a sandboxed frame, a file)', { origin: 'null' }],
  ['a name that looks alike', { origin: 'http://127.0.0.1:PORT.evil.example' }],
  ['another name of this machine', { origin: 'http://localhost:PORT' }],
  ['an extension', { origin: 'chrome-extension://127.0.0.1:PORT' }],
  ['an empty origin', { origin: '' }],
  ['a browser that says cross-site', { 'sec-fetch-site': 'cross-site' }],
  ['a browser that says same-site', { 'sec-fetch-site': 'same-site' }],
]

describe('a request that changes something', () => {
  for (const [method, path] of changes) {
    it.each(foreign)(
      `is refused if ${method} ${path.split('?')[0]} comes from %s`,
      async (_what, headers) => {
        const { port, api } = await startGateway()
        const own = Object.fromEntries(
          Object.entries(headers).map(([name, value]) => [name, withPort(value, port)]),
        )
        const { status, text } = await rawRequest(
          port,
          path,
          { method, headers: { ...own, 'content-type': 'text/plain' } },
          method === 'DELETE' ? '' : '{"title":"stolen"}',
        )
        expect(status).toBe(403)
        expect(JSON.parse(text)).toMatchObject({ error: { code: 'forbidden' } })
        expect(api.publishes.all).toEqual([])
        expect(api.removed.size).toBe(0)
        expect(api.videos.get(fakeVideoId(1))?.title).toBe('Video 1')
      },
    )
  }

  it.each([
    {},
    { origin: 'http://127.0.0.1:PORT', 'sec-fetch-site': 'same-origin' },
    { origin: 'https://127.0.0.1:PORT' },
  ])('is done if it comes from a program or the own page (%o)', async (headers) => {
    const { port, api } = await startGateway()
    const own = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, withPort(value, port)]),
    )
    const { status } = await rawRequest(port, `/video?id=${fakeVideoId(1)}`, {
      method: 'DELETE',
      headers: own,
    })
    expect(status).toBe(200)
    expect(api.removed.size).toBe(1)
  })

  it('may be read by nobody else: no answer has a CORS header', async () => {
    const { port } = await startGateway()
    const headers = { origin: 'http://evil.example', 'access-control-request-method': 'DELETE' }
    for (const [method, path] of [
      ['GET', '/videos'],
      ['GET', '/events-not'],
      ['OPTIONS', '/video'],
      ['GET', `/stream?id=${fakeVideoId(1)}`],
    ] as const) {
      const answer = await rawRequest(port, path, { method, headers })
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([])
    }
  })
})
