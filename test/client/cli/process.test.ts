import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { verifiableApi } from '../../support/command-line.ts'
import { fakeVideo, fakeVideoId } from '../../support/fake-node-api.ts'
import { startGateway, until } from '../../support/gateways.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { madeUpVideo } from '../../support/videos.ts'

const program = fileURLToPath(new URL('../../../bin/playkite.js', import.meta.url))

/** The program as a process, so that its pipes and signals are real. */
function start(port: number, args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...process.env, PLAYKITE_NODE: `127.0.0.1:${port}`, ...env },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

async function codeOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return child.exitCode
}

describe('the program', () => {
  it('ends quietly when whoever reads its output has enough', async () => {
    const many = Array.from({ length: 500 }, (_, n) => fakeVideo(n, { description: 'x'.repeat(1000) }))
    const { port } = await startGateway(verifiableApi([...many, fakeVideo(501, { size: 50_000_000 })]))
    for (const args of [
      ['list', '--limit', '500', '--json'],
      ['fetch', fakeVideoId(501), '-o', '-'],
    ]) {
      const child = start(port, args)
      child.stdout?.once('data', () => child.stdout?.destroy())
      const said = text(child.stderr!)
      expect({ args, code: await codeOf(child), err: await said }).toEqual({ args, code: 0, err: '' })
    }
  })

  it('goes on with a publish when nobody reads what it says', async () => {
    const { port, api } = await startGateway(verifiableApi([]))
    const child = start(port, ['publish', '-'])
    child.stderr?.destroy()
    const out = text(child.stdout!)
    child.stdin?.write(madeUpVideo(1_000_000))
    await until(() => (api.publishes.all[0]?.bytes ?? 0) > 0)
    child.stdin?.end(madeUpVideo(1_000_000))
    expect(await codeOf(child)).toBe(0)
    expect(await out).toContain('(published)')
    expect(api.publishes.all[0]).toMatchObject({ bytes: 2_000_000, outcome: 'done' })
  })

  it('stops by SIGINT and by SIGTERM with 130, whatever it waits for', async () => {
    const { port, api } = await startGateway(verifiableApi([fakeVideo(1)]))
    api.reads.stallAfter = 1
    const file = join(await tempDir(), 'film.mp4')
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const publishing = start(port, ['publish', '-'])
      const before = api.publishes.all.length
      publishing.stdin?.write(madeUpVideo(100_000))
      await until(() => (api.publishes.all[before]?.bytes ?? 0) > 0)
      publishing.kill(signal)
      expect(await codeOf(publishing)).toBe(130)

      const fetching = start(port, ['fetch', fakeVideoId(1), '-o', file, '--force'])
      const reads = api.reads.all.length
      await until(() => api.reads.all.length > reads)
      fetching.kill(signal)
      expect(await codeOf(fetching)).toBe(130)
    }
    await until(() => api.publishes.all.every(({ outcome }) => outcome === 'failed'))
    expect(api.publishes.all.map(({ outcome }) => outcome)).toEqual(['failed', 'failed'])
    expect(api.publishes.all.every(({ signal }) => signal.aborted)).toBe(true)
  })

  it('opens the browser to watch, or says what to open where there is none', async () => {
    const { port } = await startGateway(verifiableApi([fakeVideo(1)]))
    const folder = await tempDir()
    const url = `http://127.0.0.1:${port}/?video=${fakeVideoId(1)}`
    const none = start(port, ['watch', 'Video 1'], { PATH: folder })
    expect(await text(none.stdout!)).toBe(`Open ${url}\n`)
    expect(await codeOf(none)).toBe(0)
    for (const name of ['xdg-open', 'open']) {
      await writeFile(join(folder, name), `#!/bin/sh\necho "$1" > '${folder}/opened'\n`)
      await chmod(join(folder, name), 0o755)
    }
    const child = start(port, ['watch', 'Video 1', '--json'], { PATH: folder })
    expect(JSON.parse(await text(child.stdout!))).toEqual({ id: fakeVideoId(1), url })
    expect(await codeOf(child)).toBe(0)
    let opened = ''
    await until(() => {
      void readFile(join(folder, 'opened'), 'utf8').then(
        (found) => (opened = found),
        () => undefined,
      )
      return opened !== ''
    })
    expect(opened).toBe(`${url}\n`)
  })
})
