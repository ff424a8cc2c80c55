import { spawn } from 'node:child_process'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { PublishedVideo, VideoPage } from '../../src/contract/video.ts'
import { Cluster, eventually } from '../support/cluster.ts'
import { madeUpVideo, sha256, sha256Of, slowly } from '../support/videos.ts'

const MiB = 1_048_576
const program = fileURLToPath(new URL('../../bin/playkite.js', import.meta.url))

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs the program to its end; `then` may do something to it meanwhile. */
async function run(
  args: readonly string[],
  then: (child: ReturnType<typeof spawn>) => void = () => {},
): Promise<Ended> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let [out, err] = ['', '']
  child.stdout.on('data', (part: Buffer) => (out += part.toString()))
  child.stderr.on('data', (part: Buffer) => (err += part.toString()))
  then(child)
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, out, err }
}

let folder: string
let cluster: Cluster
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'playkite-bad-days-'))
  cluster = new Cluster()
})
afterEach(async () => {
  await cluster.remove()
  await rm(folder, { recursive: true, force: true })
})

const film = async (name: string, size = 2 * MiB): Promise<string> => {
  const path = join(folder, name)
  await writeFile(path, madeUpVideo(size))
  return path
}

describe('a network of one or two machines', () => {
  it('keeps what it can, says that it is not safe yet, and is safe as soon as a second one is there', async () => {
    const { ready } = await cluster.add('only')
    const at = ['--node', ready.http]
    const alone = await run(['publish', await film('a.mp4'), ...at])
    expect(alone).toMatchObject({ code: 0, err: expect.stringContaining('kept on 1 of 3, not safe yet') })
    await cluster.add('second')
    await cluster.untilAlive(2)
    const both = await run(['publish', await film('b.mp4'), ...at])
    expect(both).toMatchObject({ code: 0, err: expect.stringContaining('safe on 2 of 3') })
    const again = await run(['publish', join(folder, 'a.mp4'), '--json', ...at])
    expect(JSON.parse(again.out)).toMatchObject({ existed: true, copies: 2 })
  })
})

describe('bad input', () => {
  it('gets a sentence, the right exit code, and an empty stdout', async () => {
    const { ready } = await cluster.add('a')
    const at = ['--node', ready.http, '--json']
    await writeFile(join(folder, 'empty.mp4'), '')
    await writeFile(join(folder, 'notes.txt'), 'these are notes, not a film')
    const outcomes: readonly (readonly [args: readonly string[], code: number, sentence: RegExp])[] = [
      [['publish', join(folder, 'nothing.mp4')], 1, /no file/],
      [['publish', folder], 1, /is a folder/],
      [['publish', join(folder, 'empty.mp4')], 1, /no bytes/],
      [['publish', join(folder, 'notes.txt')], 1, /--any/],
      [['publish', await film('a.mp4'), '--title', 'x'.repeat(301)], 2, /301 characters/],
      [['publish'], 2, /missing required argument/],
      [['show', 'nothing like this'], 3, /no video/],
      [['fetch', '0123'], 3, /no video/],
      [['list', '--sort', 'taste'], 2, /sort/],
      [['list', '--limit', 'many'], 2, /number/],
      [['dance'], 2, /unknown command/],
    ]
    for (const [args, code, sentence] of outcomes) {
      const ended = await run([...args, ...at])
      expect({ args, code: ended.code, out: ended.out }).toEqual({ args, code, out: '' })
      expect(ended.err).toMatch(sentence)
    }
    expect((await run(['publish', join(folder, 'notes.txt'), '--any', ...at])).code).toBe(0)
    expect((await run(['list', '--node', 'http://127.0.0.1:9', '--json'])).code).toBe(4)
  })

  it('keeps odd names as they are, and lists two of a title', async () => {
    const { ready } = await cluster.add('a')
    const at = ['--node', ready.http, '--json']
    const odd = await film('ação ã "quoted".mp4')
    const first = JSON.parse((await run(['publish', odd, ...at])).out) as PublishedVideo
    expect(first.title).toBe('ação ã "quoted"')
    const named = await run([
      'publish',
      await film('b.mp4'),
      '--title',
      '../../etc/passwd\nsecond line',
      ...at,
    ])
    expect((JSON.parse(named.out) as PublishedVideo).title).toBe('../../etc/passwd second line')
    await run(['publish', await film('c.mp4'), '--title', 'Same', ...at])
    await run(['publish', await film('d.mp4'), '--title', 'Same', ...at])
    expect(await run(['show', 'Same', ...at])).toMatchObject({
      code: 2,
      err: expect.stringContaining('2 videos'),
    })
    const list = JSON.parse((await run(['list', ...at])).out) as VideoPage
    expect(list.total).toBe(4)
    const fetched = await run([
      'fetch',
      '../../etc/passwd second line',
      '-o',
      join(folder, 'out.mp4'),
      '--range',
      '0-9',
      ...at,
    ])
    expect(JSON.parse(fetched.out)).toMatchObject({ bytes: 10, resumedAt: 0 })
    expect((await run(['fetch', first.id, '--range', '99999999-', '-o', '-', ...at])).code).toBe(2)
  })
})

describe('starting', () => {
  it('says what is in the way: a folder in use, a port in use, a setting that is none, a copied folder', async () => {
    const { data, ready } = await cluster.add('a')
    const start = (...args: string[]) => run(['start', '--http', '0', '--network', cluster.network, ...args])
    const inUse = await start('--data', data)
    expect(inUse).toMatchObject({ code: 1, err: expect.stringMatching(/in use by process \d+/) })
    const port = await start('--data', join(folder, 'b'), '--http', new URL(ready.http).port)
    expect(port).toMatchObject({ code: 1, err: expect.stringContaining('--http') })
    for (const bad of [
      ['--capacity', 'much'],
      ['--http', 'x:y'],
      ['--port', '70000'],
      ['--join', 'my-other-machine'],
    ]) {
      expect(await start('--data', join(folder, 'c'), ...bad)).toMatchObject({ code: 2, out: '' })
    }
    expect(await start('--data', '/sys/playkite')).toMatchObject({
      code: 1,
      err: expect.stringContaining('--data'),
    })
    await cp(data, join(folder, 'clone'), {
      recursive: true,
      filter: (path) => !path.endsWith('lock') && !path.endsWith('LOCK'),
    })
    const clone = await start('--data', join(folder, 'clone'), '--join', ready.p2p[0]!)
    expect(clone).toMatchObject({ code: 1, err: expect.stringContaining('was copied') })
    expect((await cluster.node('a').client.health()).ok).toBe(true)
  })

  it('stops with 0 at SIGTERM and at SIGINT, and tells the others', async () => {
    await cluster.add('a')
    await cluster.add('b')
    await cluster.add('c')
    await cluster.untilAlive(3)
    expect(await cluster.kill('b', 'SIGTERM')).toBe(0)
    expect(await cluster.kill('c', 'SIGINT')).toBe(0)
    await eventually('both are away', async () => {
      const states = (await cluster.node('a').client.nodes()).map(({ state }) => state)
      return states.filter((state) => state === 'away').length === 2
    })
  })
})

describe('no space', () => {
  it('refuses what fits nowhere with exit code 5, also when that shows only half-way', async () => {
    const { ready, client } = await cluster.add('a', ['--capacity', '3MiB'])
    const big = await film('big.mp4', 5 * MiB)
    expect(await run(['publish', big, '--node', ready.http])).toMatchObject({
      code: 5,
      err: expect.stringContaining('room'),
    })
    const pipe = client.store(slowly(madeUpVideo(5 * MiB), MiB, 1), { title: 'Pipe' })
    await expect(pipe).rejects.toMatchObject({ code: 'no-space' })
    expect((await client.list()).total).toBe(0)
    await eventually('the room is free again', async () => (await client.nodes())[0]!.usedBytes === 0)
    expect((await run(['publish', await film('small.mp4'), '--node', ready.http])).code).toBe(0)
  })
})

describe('giving up in mid-publish', () => {
  it('by Ctrl-C leaves nothing behind', async () => {
    for (const name of ['a', 'b', 'c']) await cluster.add(name)
    await cluster.untilAlive(3)
    const { ready, client } = cluster.node('a')
    const child = spawn(process.execPath, [program, 'publish', '-', '--node', ready.http], {
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    child.stdin.write(madeUpVideo(3 * MiB))
    await eventually('bytes have arrived', async () =>
      (await client.nodes()).some(({ usedBytes }) => (usedBytes ?? 0) >= MiB),
    )
    child.kill('SIGINT')
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(130)
    await eventually('nothing is left', async () =>
      (await client.nodes()).every(({ usedBytes }) => usedBytes === 0),
    )
    expect((await client.list()).total).toBe(0)
  })
})

describe('a machine that was away', () => {
  it('hears of what was published and obeys a removal when it returns', async () => {
    for (const name of ['a', 'b', 'c', 'd']) await cluster.add(name)
    await cluster.untilAlive(4)
    const { client } = cluster.node('a')
    const hashes = new Map<string, string>()
    const store = async (title: string): Promise<PublishedVideo> => {
      const bytes = madeUpVideo(2 * MiB)
      hashes.set(title, sha256(bytes))
      return (await client.store(slowly(bytes, MiB, 0), { title, size: bytes.length })).video
    }
    const removed = await store('Removed')
    await cluster.kill('d')
    await client.delete(removed.id)
    const news = await store('News')
    const { client: returned } = await cluster.add('d')
    await eventually('it has heard', async () => {
      const titles = (await returned.list()).videos.map(({ title }) => title)
      return titles.length === 1 && titles[0] === 'News'
    })
    expect((await sha256Of(returned.stream(news.id))).hash).toBe(hashes.get('News'))
  })
})
