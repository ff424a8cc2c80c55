import { once } from 'node:events'
import { mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { describe, expect, it, onTestFinished } from 'vitest'
import { PlaykiteError } from '../../../src/core/errors.ts'
import { runCommand, verifiableApi } from '../../support/command-line.ts'
import { fakeVideo } from '../../support/fake-node-api.ts'
import { patternBytes } from '../../support/fake-reads.ts'
import { type TestGateway, startGateway, until } from '../../support/gateways.ts'
import { tempDir } from '../../support/temp-dir.ts'

const MiB = 1_048_576
const SIZE = 5_000_000
const whole = new Uint8Array(patternBytes(0, SIZE))

interface Place {
  readonly gateway: TestGateway
  readonly cwd: string
  readonly fetch: (...args: readonly string[]) => ReturnType<typeof runCommand>
}

async function place(video = fakeVideo(1, { size: SIZE, title: 'Film' })): Promise<Place> {
  const gateway = await startGateway(verifiableApi([video]))
  const cwd = await tempDir()
  const node = ['--node', `127.0.0.1:${gateway.port}`]
  return { gateway, cwd, fetch: (...args) => runCommand(['fetch', '0000', ...args, ...node], { cwd }) }
}

/** Passes connections on, and cuts each after so many bytes of answers. */
async function cuttingProxy(to: number, bytes: number): Promise<{ port: number; count: () => number }> {
  let cuts = 0
  const server = createServer((near) => {
    const far = connect(to, '127.0.0.1')
    onTestFinished(() => void far.destroy())
    let passed = 0
    near.on('error', () => undefined).on('close', () => far.destroy())
    far.on('error', () => undefined).on('close', () => near.destroy())
    near.pipe(far)
    far.on('data', (part: Buffer) => {
      if (passed === bytes) return
      near.write(part.subarray(0, bytes - passed))
      passed += Math.min(part.length, bytes - passed)
      if (passed < bytes) return
      cuts += 1
      near.end()
    })
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, count: () => cuts }
}

const isWhole = async (file: string): Promise<boolean> => Buffer.compare(await readFile(file), whole) === 0

describe('fetch', () => {
  it('writes the whole video under its title, and says so', async () => {
    const { cwd, fetch } = await place()
    expect(await fetch()).toMatchObject({ code: 0, out: 'Film.mp4: 5.0 MB, verified\n', err: '' })
    expect(await isWhole(join(cwd, 'Film.mp4'))).toBe(true)
  })

  it('goes on with a partial file at the chunk where it stopped, whatever its length', async () => {
    const { cwd, fetch, gateway } = await place()
    const file = join(cwd, 'film.mp4')
    for (const length of [1, MiB, 3 * MiB + 5, SIZE - 1, SIZE]) {
      await writeFile(file, whole.subarray(0, length))
      const { code, out } = await fetch('-o', 'film.mp4', '--json')
      const resumedAt = length === SIZE ? SIZE : Math.floor(length / MiB) * MiB
      expect({ code, ...JSON.parse(out) }).toMatchObject({ code: 0, file, bytes: SIZE, resumedAt })
      expect(await isWhole(file)).toBe(true)
    }
    expect(gateway.api.reads.all.map(({ start }) => start)).toEqual([0, MiB, 3 * MiB, 4 * MiB])
  })

  it('leaves a file of other content alone, wherever it differs, unless it is told to overwrite it', async () => {
    const { cwd, fetch } = await place()
    const file = join(cwd, 'film.mp4')
    const flipped = (at: number, length: number): Uint8Array => {
      const bytes = whole.slice(0, length)
      bytes[at]! ^= 1
      return bytes
    }
    const longer = Buffer.concat([whole, Buffer.from('x')])
    for (const other of [flipped(0, 100), flipped(MiB, 2 * MiB), flipped(2 * MiB, 2 * MiB + 1), longer]) {
      await writeFile(file, other)
      expect(await fetch('-o', 'film.mp4')).toMatchObject({
        ...{ code: 2, out: '', err: expect.stringContaining('--force') },
      })
      expect(Buffer.compare(await readFile(file), other)).toBe(0)
    }
    expect(await fetch('-o', 'film.mp4', '--force')).toMatchObject({ code: 0 })
    expect(await isWhole(file)).toBe(true)
  })

  it('gives a range, the last byte included', async () => {
    const { cwd, fetch } = await place()
    const ranges = { '0-0': [0, 1], '100-2000000': [100, 2_000_001], '4999990-': [4_999_990, SIZE] }
    for (const [range, [start, end]] of Object.entries(ranges)) {
      expect(JSON.parse((await fetch('-o', range, '--range', range, '--json')).out)).toMatchObject({
        ...{ bytes: end! - start!, resumedAt: 0 },
      })
      expect(Buffer.compare(await readFile(join(cwd, range)), whole.subarray(start, end))).toBe(0)
    }
    expect((await fetch('-o', '-', '--range=-7')).bytes).toEqual(Buffer.from(whole.subarray(-7)))
    expect(await fetch('-o', '0-0', '--range', '0-0')).toMatchObject({
      ...{ code: 2, err: expect.stringContaining('exists already') },
    })
    for (const nonsense of ['', '-', 'a-b', '1-2-3', '5-4', '5000000-', '-0'])
      expect(await fetch('-o', 'x', `--range=${nonsense}`)).toMatchObject({ code: 2, out: '' })
    expect((await readdir(cwd)).toSorted()).toEqual(Object.keys(ranges).toSorted())
  })

  it('writes bytes alone to standard output, as fast as they are taken', async () => {
    const { fetch, gateway } = await place()
    const { bytes, err } = await fetch('-o', '-')
    expect(Buffer.compare(bytes, whole)).toBe(0)
    expect(err).toBe('')
    expect(await fetch('-o', '-', '--json')).toMatchObject({ code: 2, out: '' })
    const stop = new AbortController()
    const stdout = new Writable({ highWaterMark: 1, write: () => undefined })
    const node = ['--node', `127.0.0.1:${gateway.port}`]
    const run = runCommand(['fetch', '0000', '-o', '-', ...node], { stdout, signal: stop.signal })
    await until(() => stdout.writableLength > 0)
    stop.abort()
    expect(await run).toMatchObject({ code: 130, err: '' })
  })

  it('takes a body that breaks off up again at the verified chunk', async () => {
    for (const output of ['film.mp4', '-']) {
      const { cwd, fetch, gateway } = await place()
      const { reads } = gateway.api
      reads.failure = new PlaykiteError('unreachable', 'The holder is gone.')
      reads.failAfter = 2
      const { code, bytes } = await fetch('-o', output)
      expect(code).toBe(0)
      expect(output === '-' ? Buffer.compare(bytes, whole) === 0 : await isWhole(join(cwd, output))).toBe(
        true,
      )
      expect(reads.all.map(({ start }) => start)).toEqual([0, 2 * MiB, 4 * MiB])
    }
  })

  it('survives a connection that is cut in the middle of chunks, again and again', async () => {
    const { cwd, gateway } = await place()
    const cuts = await cuttingProxy(gateway.port, 1_700_000)
    const node = ['--node', `127.0.0.1:${cuts.port}`]
    const { code, out } = await runCommand(['fetch', '0000', ...node], { cwd })
    expect({ code, out }).toEqual({ code: 0, out: 'Film.mp4: 5.0 MB, verified\n' })
    expect(cuts.count()).toBe(4)
    expect(await isWhole(join(cwd, 'Film.mp4'))).toBe(true)
  })

  it('gives up after some tries without progress, keeps what it has, and goes on the next time', async () => {
    const { cwd, fetch, gateway } = await place()
    const { reads } = gateway.api
    reads.failure = new PlaykiteError('no-holder', 'Nobody has it.')
    const none = await fetch()
    expect(none).toMatchObject({ code: 1, out: '', err: expect.stringContaining('Nobody has it.') })
    expect(reads.all).toHaveLength(5)
    // No empty file is left where nothing came.
    expect(await readdir(cwd)).toEqual([])
    await writeFile(join(cwd, 'Film.mp4'), whole.subarray(0, 2 * MiB))
    expect((await fetch()).code).not.toBe(0)
    expect((await stat(join(cwd, 'Film.mp4'))).size).toBe(2 * MiB)
    reads.failure = undefined
    expect(await fetch()).toMatchObject({ code: 0, out: expect.stringContaining('resumed at 2.1 MB') })
    expect(await isWhole(join(cwd, 'Film.mp4'))).toBe(true)
  })

  it('stops by Ctrl-C with 130, and what came can be gone on with', async () => {
    const { cwd, fetch, gateway } = await place()
    gateway.api.reads.stallAfter = 2
    const stop = new AbortController()
    const node = ['--node', `127.0.0.1:${gateway.port}`]
    const run = runCommand(['fetch', '0000', ...node], { cwd, signal: stop.signal })
    const size = async (): Promise<number> =>
      (await stat(join(cwd, 'Film.mp4')).catch(() => ({ size: 0 }))).size
    while ((await size()) < 2 * MiB) await new Promise((again) => setTimeout(again, 10))
    stop.abort()
    expect(await run).toMatchObject({ code: 130, out: '', err: '' })
    gateway.api.reads.release()
    expect(JSON.parse((await fetch('--json')).out)).toMatchObject({ resumedAt: 2 * MiB })
  })

  it('names what is in the way of its file', async () => {
    const { cwd, fetch } = await place()
    await mkdir(join(cwd, 'folder'))
    await writeFile(join(cwd, 'file'), 'x')
    const outcomes = {
      folder: /it is a folder/,
      'no/where': /folder does not exist/,
      'file/x': /cannot be written/,
    }
    for (const [output, sentence] of Object.entries(outcomes))
      expect(await fetch('-o', output)).toMatchObject({
        code: 1,
        out: '',
        err: expect.stringMatching(sentence),
      })
    expect(await fetch('-o', '/dev/null')).toMatchObject({ code: 0 })
    expect(await fetch('-o', '/dev/full')).toMatchObject({
      code: 5,
      err: expect.stringContaining('No space'),
    })
  })

  it('finds a name for a title that is none for a file', async () => {
    const titles = {
      'ç/ã/"/../': 'ç_ã_.._',
      '../../etc/passwd': '_.._etc_passwd',
      '-rf': 'rf',
      '...': fakeVideo(1).id,
      'evil\u202Egpj': 'evil_gpj',
      'film.mp4': 'film',
      ['é'.repeat(150)]: 'é'.repeat(100),
    }
    for (const [title, name] of Object.entries(titles)) {
      const { cwd, fetch } = await place(fakeVideo(1, { size: 10, title }))
      expect(await fetch()).toMatchObject({ code: 0 })
      expect(await readdir(cwd)).toEqual([`${name}.mp4`])
    }
  })
})
