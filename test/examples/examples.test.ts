import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Cluster } from '../support/cluster.ts'
import { tempDir } from '../support/temp-dir.ts'
import { madeUpVideo, sha256 } from '../support/videos.ts'

const run = promisify(execFile)
const example = (name: string): string => fileURLToPath(new URL(`../../examples/${name}.ts`, import.meta.url))

describe('the examples', () => {
  let cluster: Cluster
  beforeAll(async () => {
    cluster = await Cluster.start(['a', 'b', 'c'])
  })
  afterAll(async () => {
    await cluster.remove()
  })
  const at = (): string => cluster.node('b').ready.http

  it('publish a file and read it back', async () => {
    const file = join(await tempDir(), 'film.mp4')
    await writeFile(file, madeUpVideo(3_000_000))
    const { stdout } = await run(process.execPath, [example('publish-and-watch'), file, at()])
    expect(JSON.parse(stdout)).toMatchObject({
      title: 'film',
      bytes: 3_000_000,
      sha256: sha256(await readFile(file)),
    })
  })

  it('mirror a folder, and leave alone what is there or is no video', async () => {
    const folder = join(await tempDir(), 'recordings')
    await mkdir(join(folder, 'subfolder'), { recursive: true })
    await writeFile(join(folder, 'one.mp4'), madeUpVideo(10_000))
    await writeFile(join(folder, 'two.mp4'), madeUpVideo(20_000))
    await writeFile(join(folder, 'notes.txt'), 'no video')
    const first = (await run(process.execPath, [example('mirror-folder'), folder, at()])).stdout
    expect(first).toMatch(/notes.txt: left out.*\none.mp4: published, 3 of 3 copies\ntwo.mp4: published/s)
    const second = (await run(process.execPath, [example('mirror-folder'), folder, at()])).stdout
    expect(second).toContain('one.mp4: was there, 3 of 3 copies')
  })

  it('wait until every video is safe', async () => {
    const { stdout } = await run(process.execPath, [example('wait-until-safe'), at()])
    expect(stdout).toContain('Every video is safe.')
  })
})
