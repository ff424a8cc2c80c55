import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, readdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { runCommand } from '../../support/command-line.ts'
import { eventually } from '../../support/cluster.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { sha256 } from '../../support/videos.ts'

const program = fileURLToPath(new URL('../../../bin/playkite.js', import.meta.url))
const clip = new URL('../../../assets/big-buck-bunny.mp4', import.meta.url)

describe('demo', () => {
  it('runs five nodes, each plays the sample, one may die, and Ctrl-C leaves nothing behind', async () => {
    const temp = await tempDir()
    // A person's own settings must not reach the five.
    const env = { ...process.env, TMPDIR: temp, PLAYKITE_PORT: '1', PLAYKITE_CAPACITY: '0' }
    const child = spawn(process.execPath, [program, 'demo'], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    onTestFinished(() => void child.kill('SIGKILL'))
    let [out, err] = ['', '']
    child.stdout.on('data', (part: Buffer) => (out += part.toString()))
    child.stderr.on('data', (part: Buffer) => (err += part.toString()))
    await eventually('it is ready', () => out.includes('Ctrl-C') || child.exitCode !== null, 90_000)
    const rows = [...out.matchAll(/^(\w+) +(http:\S+) +keeps (the video|none) +kill (\d+)$/gm)]
    expect({ rows: rows.length, err }).toMatchObject({ rows: 5 })
    expect(rows.filter(([, , , what]) => what === 'the video')).toHaveLength(3)
    const sample = sha256(await readFile(clip))
    const [, , bystander] = rows.find(([, , , what]) => what === 'none')!
    const [, , , , holder] = rows.find(([, , , what]) => what === 'the video')!
    process.kill(Number(holder), 'SIGKILL')
    const { videos } = (await (await fetch(`${bystander}/videos`)).json()) as { videos: { id: string }[] }
    const body = await fetch(`${bystander}/stream?id=${videos[0]?.id}`)
    expect(sha256(new Uint8Array(await body.arrayBuffer()))).toBe(sample)
    child.kill('SIGINT')
    const [code] = (await once(child, 'exit')) as [number | null]
    expect({ code, left: await readdir(temp) }).toEqual({ code: 0, left: [] })
    for (const [, , , , pid] of rows) expect(() => process.kill(Number(pid), 0)).toThrow()
  })

  it('says that a file is none, or a folder, before it starts anything', async () => {
    const cwd = await tempDir()
    expect(await runCommand(['demo', 'none.mp4'], { cwd })).toMatchObject({
      ...{ code: 1, out: '', err: expect.stringMatching(/^playkite: There is no file .*none\.mp4/) },
    })
    expect(await runCommand(['demo', '.'], { cwd })).toMatchObject({
      ...{ code: 1, out: '', err: expect.stringMatching(/^playkite: .* is a folder/) },
    })
  })
})
