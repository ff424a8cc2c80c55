import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import type { CliIo } from '../../../src/client/cli/context.ts'
import { ProgressLine } from '../../../src/client/cli/progress-line.ts'
import { type RunOptions, openStdin, runCommand, verifiableApi } from '../../support/command-line.ts'
import { type TestGateway, startGateway, until } from '../../support/gateways.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { madeUpVideo, sha256, slowly } from '../../support/videos.ts'

const MiB = 1_048_576

interface Place {
  readonly gateway: TestGateway
  readonly cwd: string
  readonly publish: (args: readonly string[], options?: RunOptions) => ReturnType<typeof runCommand>
}

async function place(): Promise<Place> {
  const gateway = await startGateway(verifiableApi([]))
  const cwd = await tempDir()
  const env = { PLAYKITE_NODE: `127.0.0.1:${gateway.port}` }
  return {
    gateway,
    cwd,
    publish: (args, options) => runCommand(['publish', ...args], { cwd, env, ...options }),
  }
}

describe('publish', () => {
  it('says how safe the video is, and then what it is called', async () => {
    const { cwd, publish } = await place()
    await writeFile(join(cwd, 'film.mp4'), madeUpVideo(2 * MiB))
    expect(await publish(['film.mp4'])).toMatchObject({
      ...{ code: 0, err: 'film.mp4: safe on 2 of 3\nfilm.mp4: 3 of 3\n' },
      out: expect.stringMatching(/^[0-9a-f-]{36} {2}film\.mp4 \(published\)\n$/),
    })
  })

  it('sends words, flags and the exact bytes', async () => {
    const { cwd, publish, gateway } = await place()
    const bytes = madeUpVideo(3 * MiB + 7)
    await writeFile(join(cwd, 'film.mp4'), bytes)
    const words = ['--title', 'Ação', '--description', 'a\nb', '--tag', 'x', '--tag', 'y z']
    await publish(['film.mp4', ...words, '--any', '--again'])
    await publish(['film.mp4'])
    const [first, second] = gateway.api.publishes.all
    expect(first?.request).toMatchObject({
      ...{ title: 'Ação', description: 'a\nb', tags: ['x', 'y z'], any: true, again: true },
      ...{ fileName: 'film.mp4', size: bytes.length },
    })
    expect(second?.request).toMatchObject({ title: undefined, tags: [], any: false, again: false })
    expect([first?.sha256, second?.sha256]).toEqual([sha256(bytes), sha256(bytes)])
  })

  it('takes a pipe of unknown length', async () => {
    const { publish, gateway } = await place()
    const bytes = madeUpVideo(5 * MiB)
    const stdin = Readable.from(slowly(bytes, 100_000, 1), { objectMode: false })
    expect(await publish(['-', '--title', 'Live'], { stdin })).toMatchObject({ code: 0 })
    expect(gateway.api.publishes.all[0]).toMatchObject({ request: { title: 'Live' }, sha256: sha256(bytes) })
    expect(gateway.api.publishes.all[0]?.request.size).toBeUndefined()
  })

  it('keeps odd names whole, and shows them safely', async () => {
    const { cwd, publish, gateway } = await place()
    const long = `${'n'.repeat(251)}.mp4`
    await mkdir(join(cwd, 'ç/ã/"'), { recursive: true })
    const names = ['ç/ã/"/../ "q" & ?#%2F.mp4', 'line\nbreak\u001B[31m.mp4', long, '-dash.mp4']
    for (const name of names) await writeFile(join(cwd, name), 'film')
    const { code, out, err } = await publish(['--', ...names])
    expect({ code, lines: out.trimEnd().split('\n').length }).toEqual({ code: 0, lines: 4 })
    expect(gateway.api.publishes.all.map(({ request }) => request.fileName)).toEqual([
      ...[' "q" & ?#%2F.mp4', 'line\nbreak\u001B[31m.mp4', long, '-dash.mp4'],
    ])
    expect(out + err).not.toContain('\u001B')
    expect(await publish([`${'x'.repeat(300)}.mp4`])).toMatchObject({ code: 1, out: '' })
  })

  it('returns at the acknowledgement with --no-wait, and also when the node goes away after it', async () => {
    const { cwd, publish, gateway } = await place()
    await writeFile(join(cwd, 'film.mp4'), madeUpVideo(MiB))
    const third = Promise.withResolvers<void>()
    gateway.api.publishes.afterSafe = () => third.promise
    const early = await publish(['film.mp4', '--no-wait'])
    expect(early).toMatchObject({ code: 0, err: 'film.mp4: safe on 2 of 3\n' })
    const waiting = publish(['film.mp4', '--json'])
    await until(() => gateway.api.publishes.all[1]?.sha256 !== undefined)
    await gateway.close(AbortSignal.abort())
    const { code, out } = await waiting
    third.resolve()
    expect({ code, ...JSON.parse(out) }).toMatchObject({ code: 0, copies: 2, existed: false })
  })

  it('stops by Ctrl-C with 130, and what was not yet safe is given up', async () => {
    const { publish, gateway } = await place()
    const stop = new AbortController()
    const stdin = openStdin(madeUpVideo(MiB))
    const run = publish(['-'], { stdin, signal: stop.signal })
    await until(() => (gateway.api.publishes.all[0]?.bytes ?? 0) > 0)
    stop.abort()
    expect(await run).toMatchObject({ code: 130, out: '', err: '' })
    await until(() => gateway.api.publishes.all[0]?.outcome === 'failed')
    expect(gateway.api.publishes.all[0]?.outcome).toBe('failed')
  })

  it('shows progress on one line of a terminal, which is gone at the end', async () => {
    const { cwd, publish } = await place()
    const name = `${'n'.repeat(200)}.mp4`
    await writeFile(join(cwd, name), madeUpVideo(4 * MiB))
    const { err } = await publish([name], { isTerminal: true })
    const shown = err.split('\r\u001B[K').filter((text) => /^n+….* %/.test(text))
    expect(shown.length).toBeGreaterThan(0)
    for (const line of shown) expect(line.length).toBeLessThan(80)
    expect(shown.at(-1)).toMatch(/^n{29}…: \d+ % of 4\.2 MB, 1\.0 kB\/s$/)
    expect(err).toContain(`\r\u001B[K${name}: safe on 2 of 3\n`)
  })

  it('writes a line of progress now and then where no person watches', () => {
    const lines: string[] = []
    const stderr = { write: (text: string) => lines.push(text) } as unknown as NodeJS.WritableStream
    const io = { stderr, isTerminal: false } as CliIo
    const [often, seldom] = [new ProgressLine(io, 0), new ProgressLine(io)]
    for (const text of ['10 %', '20 %']) often.show(text)
    seldom.show('30 %')
    often.clear()
    expect(lines).toEqual(['10 %\n', '20 %\n'])
  })
})
