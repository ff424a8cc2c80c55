import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runCommand, verifiableApi } from '../../support/command-line.ts'
import { fakeVideo, fakeVideoId } from '../../support/fake-node-api.ts'
import { startGateway } from '../../support/gateways.ts'
import { tempDir } from '../../support/temp-dir.ts'

const VIDEO_KEYS = [
  'id',
  'title',
  'description',
  'tags',
  'size',
  'type',
  'duration',
  'codecs',
  'cid',
  'createdAt',
  'publisher',
  'copies',
  'wanted',
  'holders',
]

/** Runs a command with --json: what it answers is one document on one line, and nothing else. */
async function json(port: number, ...argv: readonly string[]): Promise<unknown> {
  const { code, out, err } = await runCommand([...argv, '--json', '--node', `http://127.0.0.1:${port}`])
  expect({ code, err, lines: out.trimEnd().split('\n').length }).toEqual({ code: 0, err: '', lines: 1 })
  return JSON.parse(out)
}

describe('--json prints one document of the agreed shape', () => {
  it('list and search: a page', async () => {
    const { port } = await startGateway(verifiableApi([fakeVideo(1), fakeVideo(2)]))
    const page = (await json(port, 'list', '--limit', '1')) as { videos: object[] }
    expect(page).toEqual({ videos: [fakeVideo(1)], total: 2, next: '1' })
    expect(Object.keys(page.videos[0]!)).toEqual(VIDEO_KEYS)
    expect(await json(port, 'list', '--after', '1')).toMatchObject({ videos: [fakeVideo(2)], next: null })
    expect(await json(port, 'search', 'Video', '2')).toMatchObject({ total: 1 })
    expect(await json(port, 'search', 'nothing')).toEqual({ videos: [], total: 0, next: null })
  })

  it('show and edit: the video, named by id, prefix or title', async () => {
    const { port, api } = await startGateway(verifiableApi([fakeVideo(1, { tags: ['old'] })]))
    for (const name of [fakeVideoId(1), '0000', 'Video 1'])
      expect(await json(port, 'show', name)).toEqual(fakeVideo(1, { tags: ['old'] }))
    expect(await json(port, 'edit', '0000', '--title', 'New', '--tag', 'a', '--tag', 'b')).toMatchObject({
      title: 'New',
      tags: ['a', 'b'],
    })
    expect(await json(port, 'edit', '0000', '--description', '', '--no-tags')).toMatchObject({ tags: [] })
    expect(api.videos.get(fakeVideoId(1))).toMatchObject({ title: 'New', description: '', tags: [] })
  })

  it('why: the rank', async () => {
    const { port } = await startGateway()
    const why = (await json(port, 'why', '0000')) as { id: string; rank: object[] }
    expect(why.id).toBe(fakeVideoId(1))
    expect(Object.keys(why.rank[0]!)).toEqual([
      ...['id', 'name', 'position', 'score', 'inBand', 'holder', 'state', 'fill', 'lastProvenAt', 'reason'],
    ])
  })

  it('remove and restore: the undo window', async () => {
    const { port, api } = await startGateway()
    expect(await json(port, 'remove', 'Video 1')).toEqual({
      id: fakeVideoId(1),
      removedAt: '2026-01-02T03:04:05.678Z',
      restorableUntil: '2026-01-02T03:14:05.678Z',
    })
    expect(api.removed.size).toBe(1)
    expect(await json(port, 'restore', fakeVideoId(1))).toEqual({
      id: fakeVideoId(1),
      removedAt: null,
      restorableUntil: null,
    })
    expect(api.removed.size).toBe(0)
  })

  it('nodes and status', async () => {
    const { port } = await startGateway()
    const [node] = (await json(port, 'nodes')) as object[]
    expect(Object.keys(node!)).toEqual([
      ...['id', 'name', 'state', 'self', 'videos', 'usedBytes', 'capacityBytes', 'http', 'lastSeenAt'],
      'version',
    ])
    const status = (await json(port, 'status')) as object
    expect(Object.keys(status)).toEqual([
      ...['videos', 'copiesWanted', 'underReplicated', 'lost', 'repairing', 'nodesAlive', 'nodes'],
    ])
    expect(Object.values(status).every((value) => typeof value === 'number')).toBe(true)
  })

  it('publish: the video and whether it existed; several files give an array', async () => {
    const { port, api } = await startGateway(verifiableApi([]))
    const folder = await tempDir()
    const files = ['one.mp4', 'two.mp4'].map((name) => join(folder, name))
    for (const file of files) await writeFile(file, file)
    const one = (await json(port, 'publish', files[0]!)) as object
    expect(Object.keys(one)).toEqual([...VIDEO_KEYS, 'existed'])
    expect(one).toMatchObject({ title: 'one.mp4', copies: 3, existed: false })
    expect(await json(port, 'publish', ...files)).toMatchObject([{ title: 'one.mp4' }, { title: 'two.mp4' }])
    expect(await json(port, 'publish', files[0]!, '--no-wait')).toMatchObject({ copies: 2 })
    api.publishes.existed = true
    expect(await json(port, 'publish', files[0]!)).toMatchObject({ existed: true })
  })

  it('fetch: file, bytes, and where it went on', async () => {
    const { port } = await startGateway(verifiableApi())
    const file = join(await tempDir(), 'film.mp4')
    const result = { id: fakeVideoId(1), file, bytes: 5_000_000, resumedAt: 0 }
    expect(await json(port, 'fetch', '0000', '-o', file)).toEqual(result)
    expect(await json(port, 'fetch', '0000', '-o', file)).toEqual({ ...result, resumedAt: 5_000_000 })
  })
})
