import { type TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { describe, expect, it } from 'vitest'
import { Health, NodeList, Resolved, Status } from '../../../src/contract/nodes.ts'
import { ManifestBody, Removal, Video, VideoPage, WhyBody } from '../../../src/contract/video.ts'
import { createFakeNodeApi, fakeVideo, fakeVideoId } from '../../support/fake-node-api.ts'
import { startGateway } from '../../support/gateways.ts'

const id = fakeVideoId(1)

describe('routes', () => {
  it.each<[string, TSchema, unknown]>([
    ['/videos', VideoPage, { total: 1, next: null }],
    [`/video?id=${id}`, Video, { id, title: 'Video 1', copies: 3 }],
    [`/why?id=${id}`, WhyBody, { id, rank: [{ name: 'here', reason: 'chosen', lastProvenAt: null }] }],
    [
      `/manifest?id=${id}`,
      ManifestBody,
      { chunkSize: 1_048_576, chunks: ['ab'.repeat(32), 'ab'.repeat(32)] },
    ],
    ['/resolve?video=Video%201', Resolved, { id, name: 'Video 1' }],
    ['/resolve?node=here', Resolved, { name: 'here' }],
    ['/nodes', NodeList, [{ name: 'here', self: true }]],
    ['/status', Status, { videos: 1, nodes: 1 }],
    ['/healthz', Health, { ok: true, name: 'here' }],
  ])('GET %s answers what the contract says', async (path, schema, part) => {
    const { fetch } = await startGateway()
    const response = await fetch(path)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toMatch(/^application\/json/)
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    const body: unknown = await response.json()
    expect(Value.Check(schema, body)).toBe(true)
    expect(body).toMatchObject(part as object)
  })

  it('keep unknown values null', async () => {
    const video = fakeVideo(1, { duration: null, codecs: null, tags: ['a', 'b'] })
    const { fetch } = await startGateway(createFakeNodeApi([video]))
    expect(await (await fetch(`/video?id=${id}`)).json()).toEqual(video)
  })

  it('page through the list', async () => {
    const { fetch } = await startGateway(
      createFakeNodeApi(Array.from({ length: 70 }, (_, n) => fakeVideo(n))),
    )
    const first = (await (await fetch('/videos')).json()) as VideoPage
    expect([first.videos.length, first.total]).toEqual([60, 70])
    const second = (await (await fetch(`/videos?limit=500&after=${first.next}`)).json()) as VideoPage
    expect([second.videos.length, second.next]).toEqual([10, null])
  })

  it('change, remove and restore a video', async () => {
    const { fetch, api } = await startGateway()
    const body = JSON.stringify({ title: 'Novo título', tags: ['x'] })
    const headers = { 'content-type': 'application/json' }
    const edited = await fetch(`/video?id=${id}`, { method: 'PATCH', headers, body })
    expect(await edited.json()).toMatchObject({ title: 'Novo título', tags: ['x'], description: '' })
    const removed = await fetch(`/video?id=${id}`, { method: 'DELETE' })
    expect(Value.Check(Removal, await removed.json())).toBe(true)
    expect((await fetch(`/video?id=${id}`)).status).toBe(410)
    const restored = await fetch(`/restore?id=${id}`, { method: 'POST' })
    expect(await restored.json()).toEqual({ id, removedAt: null, restorableUntil: null })
    expect(api.removed.size).toBe(0)
  })

  it('take a body after 100-continue', async () => {
    const { port } = await startGateway()
    const { rawSocket } = await import('../../support/gateways.ts')
    const body = '{"title":"x"}'
    const head = `PATCH /video?id=${id} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n`
    const socket = await rawSocket(port, head)
    let text = ''
    for await (const part of socket) {
      text += String(part)
      if (text === 'HTTP/1.1 100 Continue\r\n\r\n') socket.write(body)
    }
    expect(text).toContain('HTTP/1.1 200 OK')
  })
})
