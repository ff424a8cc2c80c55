import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { PlaykiteError } from '../../../src/core/errors.ts'
import { CHUNK_BYTES } from '../../../src/core/limits.ts'
import { createFakeNodeApi, fakeVideo, fakeVideoId } from '../../support/fake-node-api.ts'
import { patternBytes } from '../../support/fake-reads.ts'
import { rawRequest, startGateway } from '../../support/gateways.ts'

const id = fakeVideoId(1)
const size = 5_000_000
const path = `/stream?id=${id}`
const etag = `"${fakeVideo(1).cid}"`
const lastModified = 'Fri, 02 Jan 2026 03:04:05 GMT'

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const hashOfBody = async (response: Response): Promise<string> =>
  hashOf(new Uint8Array(await response.arrayBuffer()))

describe('GET /stream', () => {
  it('sends the whole with all headers that players look at', async () => {
    const { fetch } = await startGateway()
    const response = await fetch(path)
    expect(response.status).toBe(200)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'accept-ranges': 'bytes',
      'cache-control': 'private, max-age=31536000, immutable',
      'content-length': String(size),
      'content-type': 'video/mp4',
      etag,
      'last-modified': lastModified,
      'x-content-type-options': 'nosniff',
    })
    expect(response.headers.get('content-encoding')).toBeNull()
    expect(response.headers.get('content-disposition')).toMatch(/^inline; filename=/)
    expect(await hashOfBody(response)).toBe(hashOf(patternBytes(0, size)))
  })

  it('sends the same under a path that ends with a name', async () => {
    const { fetch } = await startGateway()
    const response = await fetch(`/stream/${id}/${encodeURIComponent('ação/"x".mp4')}`, {
      headers: { range: 'bytes=10-19' },
    })
    expect(response.status).toBe(206)
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(new Uint8Array(patternBytes(10, 20)))
  })

  const parts: [range: string, start: number, end: number][] = [
    ['bytes=0-', 0, size],
    ['bytes=0-1', 0, 2],
    ['bytes=0-0', 0, 1],
    ['bytes=100-2000000', 100, 2_000_001],
    [`bytes=${CHUNK_BYTES - 1}-${CHUNK_BYTES}`, CHUNK_BYTES - 1, CHUNK_BYTES + 1],
    [`bytes=${size - 1}-`, size - 1, size],
    [`bytes=4999990-9999999999999`, 4_999_990, size],
    ['bytes=-1', size - 1, size],
    [`bytes=-${size}`, 0, size],
    [`bytes=-${size + 1}`, 0, size],
    ['Bytes=5-6', 5, 7],
  ]
  it.each(parts)('answers %s with exactly those bytes', async (range, start, end) => {
    const { fetch } = await startGateway()
    const response = await fetch(path, { headers: { range } })
    expect(response.status).toBe(206)
    expect(response.headers.get('content-range')).toBe(`bytes ${start}-${end - 1}/${size}`)
    expect(response.headers.get('content-length')).toBe(String(end - start))
    expect(response.headers.get('etag')).toBe(etag)
    expect(await hashOfBody(response)).toBe(hashOf(patternBytes(start, end)))
  })

  it.each([`bytes=${size}-`, 'bytes=-0', `bytes=${size + 5}-${size + 9}`])(
    'refuses %s with 416',
    async (range) => {
      const { fetch } = await startGateway()
      const response = await fetch(path, { headers: { range } })
      expect(response.status).toBe(416)
      expect(response.headers.get('content-range')).toBe(`bytes */${size}`)
      expect(response.headers.get('cache-control')).toBe('no-store')
      expect(await response.json()).toMatchObject({ error: { code: 'bad-request' } })
    },
  )

  it.each(['abc', 'bytes=', 'bytes=a-b', 'bytes=5-1', 'seconds=0-1', 'bytes=0-1,5-6', 'bytes=-', '0-5'])(
    'ignores the range %s and sends the whole',
    async (range) => {
      const { port } = await startGateway(createFakeNodeApi([fakeVideo(1, { size: 1000 })]))
      const response = await rawRequest(port, path, { headers: { range } })
      expect(response.status).toBe(200)
      expect(response.headers['content-length']).toBe('1000')
    },
  )

  it('answers HEAD as the GET of the whole, without asking for a byte', async () => {
    const { fetch, api } = await startGateway()
    const response = await fetch(path, { method: 'HEAD', headers: { range: 'bytes=0-1' } })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-length')).toBe(String(size))
    expect(response.headers.get('etag')).toBe(etag)
    expect(response.headers.get('accept-ranges')).toBe('bytes')
    expect(api.reads.all).toEqual([])
  })

  it.each([
    ['if-none-match', etag, 304],
    ['if-none-match', `W/${etag}`, 304],
    ['if-none-match', `"x", ${etag}`, 304],
    ['if-none-match', '*', 304],
    ['if-none-match', '"x"', 206],
    ['if-modified-since', lastModified, 304],
    ['if-modified-since', 'Thu, 01 Jan 2026 00:00:00 GMT', 206],
    ['if-modified-since', 'rubbish', 206],
    ['if-match', etag, 206],
    ['if-match', '*', 206],
    ['if-match', `W/${etag}`, 412],
    ['if-match', '"x"', 412],
    ['if-unmodified-since', lastModified, 206],
    ['if-unmodified-since', 'Thu, 01 Jan 2026 00:00:00 GMT', 412],
    ['if-range', etag, 206],
    ['if-range', lastModified, 206],
    ['if-range', `W/${etag}`, 200],
    ['if-range', '"x"', 200],
    ['if-range', 'Fri, 02 Jan 2026 03:04:06 GMT', 200],
    ['if-range', 'rubbish', 200],
  ])('answers %s: %s with %i', async (name, value, status) => {
    const { port } = await startGateway()
    const response = await rawRequest(port, path, { headers: { range: 'bytes=0-9', [name]: value } })
    expect(response.status).toBe(status)
    if (status === 304) {
      expect(response.headers.etag).toBe(etag)
      expect(response.text).toBe('')
    }
  })

  it('does not send a page with scripts as one of its own', async () => {
    const types = ['text/html', 'image/svg+xml', 'application/xhtml+xml', 'video/mp4\r\nx: y']
    for (const type of types) {
      const { fetch } = await startGateway(createFakeNodeApi([fakeVideo(1, { type, size: 10 })]))
      expect((await fetch(path)).headers.get('content-type')).toBe('application/octet-stream')
    }
  })

  it('names the file after the title, whatever is in it', async () => {
    const title = 'Ação "já"/..\n☃'
    const { fetch } = await startGateway(createFakeNodeApi([fakeVideo(1, { title, size: 10 })]))
    const disposition = (await fetch(path)).headers.get('content-disposition') ?? ''
    expect(disposition).toMatch(/^inline; filename="[^"\\/]*\.mp4"; filename\*=UTF-8''[\w%.!~*'()-]+\.mp4$/)
    expect(decodeURIComponent(disposition)).toContain('Ação')
  })

  it('tells unknown, removed and nonsense ids apart', async () => {
    const { fetch, api } = await startGateway()
    expect((await fetch(`/stream?id=${fakeVideoId(9)}`)).status).toBe(404)
    expect((await fetch('/stream?id=nonsense')).status).toBe(400)
    expect((await fetch('/stream')).status).toBe(400)
    api.removed.add(id)
    expect((await fetch(path)).status).toBe(410)
  })

  it('says no-holder and when to try again, if nothing was sent and the range starts at 0', async () => {
    const { fetch, api } = await startGateway()
    api.reads.failure = new PlaykiteError('no-holder', 'No machine that has it answers.', { remedy: 'Wait.' })
    for (const headers of [{}, { range: 'bytes=0-' }, { range: `bytes=-${size}` }]) {
      const response = await fetch(path, { headers })
      expect(response.status).toBe(503)
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(response.headers.get('cache-control')).toBe('no-store')
      expect(response.headers.get('etag')).toBeNull()
      expect(await response.json()).toEqual({
        error: { code: 'no-holder', message: 'No machine that has it answers.', remedy: 'Wait.' },
      })
    }
  })
})
