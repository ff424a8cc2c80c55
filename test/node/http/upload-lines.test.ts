import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { UploadLine } from '../../../src/contract/upload.ts'
import { Value } from 'typebox/value'
import { PlaykiteError } from '../../../src/core/errors.ts'
import { rawRequest, rawSocket, readAll, startGateway, until } from '../../support/gateways.ts'

const head = (accept: string): string =>
  `PUT /upload HTTP/1.1\r\nHost: localhost\r\nAccept: ${accept}\r\nTransfer-Encoding: chunked\r\n\r\n`
const lines = head('application/x-ndjson')
const plain = head('*/*')
const tenBytes = 'a\r\n0123456789\r\n'
const end = '0\r\n\r\n'

describe('an upload that is told line by line', () => {
  it('tells each step at once, while bytes still come', async () => {
    const { port } = await startGateway()
    const socket = await rawSocket(port, lines + tenBytes)
    let text = ''
    socket.on('data', (part) => (text += String(part)))
    await until(() => text.includes('"bytes":10'))
    expect(text).toContain('{"phase":"receiving","bytes":10,"rate":1000,"eta":null,"copies":0}\n')
    socket.write(tenBytes)
    await until(() => text.includes('"bytes":20'))
    expect(text).toContain('"bytes":20')
  })

  it('gives lines that are as the contract says', async () => {
    const { port } = await startGateway()
    const options = { method: 'POST', headers: { accept: 'application/x-ndjson' } }
    const { status, headers, text } = await rawRequest(port, '/upload', options, 'bytes')
    expect(status).toBe(200)
    expect(headers['content-type']).toBe('application/x-ndjson')
    const parsed = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as UploadLine)
    expect(parsed.map(({ phase }) => phase)).toEqual(['receiving', 'safe', 'done'])
    for (const line of parsed) expect(Value.Check(UploadLine, line)).toBe(true)
    expect(parsed.at(-1)).toMatchObject({ bytes: 5, copies: 3, eta: 0, safe: true })
  })

  it('says in the last line why it failed', async () => {
    const { port, api } = await startGateway()
    api.publishes.failure = new PlaykiteError('not-media', 'This is no video.', { remedy: 'Use any.' })
    const options = { method: 'POST', headers: { accept: 'application/x-ndjson' } }
    const { text } = await rawRequest(port, '/upload', options, 'bytes')
    const last = JSON.parse(text.trim()) as UploadLine
    expect(last).toMatchObject({ phase: 'failed', error: { code: 'not-media', remedy: 'Use any.' } })
    expect(Value.Check(UploadLine, last)).toBe(true)
  })

  it('does not tell what broke inside', async () => {
    const { port, api, lines: logged } = await startGateway()
    api.publish = () => Promise.reject(new Error('ENOENT /home/somebody/secret'))
    const options = { method: 'POST', headers: { accept: 'application/x-ndjson' } }
    const { text } = await rawRequest(port, '/upload', options, 'bytes')
    expect(text).toContain('"internal"')
    expect(text).not.toContain('somebody')
    expect(logged.some(({ level, message }) => level === 'error' && message.includes('ENOENT'))).toBe(true)
  })
})

describe('an uploader who goes away', () => {
  it.each([
    ['lines', lines],
    ['one answer', plain],
  ])('gives up before the acknowledgement (%s)', async (_what, request) => {
    const { port, api } = await startGateway()
    const socket = await rawSocket(port, request + tenBytes)
    await until(() => api.publishes.all[0]?.bytes === 10)
    socket.destroy()
    await until(() => api.publishes.all[0]?.outcome === 'failed')
    expect(api.publishes.all[0]?.outcome).toBe('failed')
    expect(api.publishes.all[0]?.signal.aborted).toBe(true)
  })

  it.each([
    ['lines', lines],
    ['one answer', plain],
  ])('changes nothing after it (%s)', async (_what, request) => {
    const { port, api, lines: logged } = await startGateway()
    const gate = Promise.withResolvers<void>()
    const safe = Promise.withResolvers<void>()
    api.publishes.afterSafe = () => {
      safe.resolve()
      return gate.promise
    }
    const socket = await rawSocket(port, request + tenBytes + end)
    await safe.promise
    socket.destroy()
    await once(socket, 'close')
    await sleep(100)
    gate.resolve()
    await until(() => api.publishes.all[0]?.outcome !== 'running')
    expect(api.publishes.all[0]?.outcome).toBe('done')
    expect(logged.filter(({ level }) => level === 'error')).toEqual([])
  })

  it('gives up while the holders are slow, not only between two pieces', async () => {
    const { port, api } = await startGateway()
    api.publishes.beforeEach = ({ signal, bytes }) =>
      bytes === 0
        ? Promise.resolve()
        : new Promise((_resolve, reject) =>
            signal.addEventListener('abort', () => reject(new Error('stopped'))),
          )
    const socket = await rawSocket(port, lines + tenBytes)
    await until(() => api.publishes.all[0]?.bytes === 10)
    socket.destroy()
    await until(() => api.publishes.all[0]?.outcome === 'failed')
    expect(api.publishes.all[0]?.outcome).toBe('failed')
  })

  it('says 200 instead of 201 when the bytes were there already', async () => {
    const { port, api } = await startGateway()
    api.publishes.existed = true
    const { status, headers, text } = await rawRequest(port, '/upload?name=a.mp4', { method: 'PUT' }, 'bytes')
    expect(status).toBe(200)
    expect(JSON.parse(text)).toMatchObject({ existed: true, title: 'a.mp4' })
    expect(headers.location).toMatch(/^\/video\?id=/)
  })

  it('refuses an empty body', async () => {
    const { port } = await startGateway()
    expect((await rawRequest(port, '/upload', { method: 'POST' })).status).toBe(422)
    expect(
      await readAll(await rawSocket(port, plain.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n') + end)),
    ).toMatch(/^HTTP\/1.1 422/)
  })
})
