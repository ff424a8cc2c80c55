import { spawn } from 'node:child_process'
import { cp, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { decodeStatement } from '../../src/core/statement.ts'
import type { StatementOf } from '../../src/core/statement-kinds.ts'
import { openDataFolder } from '../../src/storage/data-folder.ts'
import { signed } from '../support/made-up.ts'
import { tempDir } from '../support/temp-dir.ts'

const code = (value: string): unknown => expect.objectContaining({ code: value })

async function made(): Promise<string> {
  const path = join(await tempDir(), 'data')
  const folder = await openDataFolder(path)
  await folder.close()
  return path
}

describe('a data folder', () => {
  it('has a key of its own that stays, for its owner alone', async () => {
    const path = await made()
    const first = await openDataFolder(path)
    expect((await stat(path)).mode & 0o777).toBe(0o700)
    expect((await stat(join(path, 'node.key'))).mode & 0o777).toBe(0o600)
    const { id } = first.signer
    await first.close()
    const again = await openDataFolder(path)
    expect(again.signer.id).toBe(id)
    await again.close()
  })

  it('signs what others can verify by the id', async () => {
    const folder = await openDataFolder(await made())
    const removal = {
      kind: 'removal',
      at: { ms: 1, n: 0 },
      video: '00000000-0000-4000-8000-000000000000',
      removal: '00000000-0000-4000-8000-000000000001',
    }
    const { bytes } = signed<StatementOf<'removal'>>(folder.signer, removal as never)
    expect(decodeStatement(bytes).statement.by).toBe(folder.signer.id)
    await folder.close()
  })

  it('is for one process, and says which one has it', async () => {
    const path = await made()
    const folder = await openDataFolder(path)
    await expect(openDataFolder(path)).rejects.toEqual(code('folder-in-use'))
    await expect(openDataFolder(path)).rejects.toThrow(String(process.pid))
    await folder.close()
  })

  it('takes over the lock of a process that is gone, or whose number another process has', async () => {
    const path = await made()
    const child = spawn(process.execPath, ['-e', ''])
    await new Promise((resolve) => child.once('exit', resolve))
    for (const lock of [
      { pid: child.pid, startedAt: '1' },
      { pid: 1, startedAt: 'long ago' },
    ]) {
      await writeFile(join(path, 'lock'), JSON.stringify(lock))
      await (await openDataFolder(path)).close()
    }
    await writeFile(join(path, 'lock'), '{"pid":')
    await (await openDataFolder(path)).close()
  })

  it('is refused when half of it is missing, or of another node', async () => {
    const path = await made()
    const other = await made()
    await rename(join(path, 'videos'), join(path, 'away'))
    await expect(openDataFolder(path)).rejects.toEqual(code('folder-foreign'))
    await cp(join(other, 'videos'), join(path, 'videos'), { recursive: true })
    await expect(openDataFolder(path)).rejects.toEqual(code('folder-foreign'))
    await rm(join(path, 'videos'), { recursive: true })
    await rename(join(path, 'away'), join(path, 'videos'))
    await rename(join(path, 'node.key'), join(path, 'key'))
    await expect(openDataFolder(path)).rejects.toEqual(code('folder-foreign'))
    await rename(join(path, 'key'), join(path, 'node.key'))
    await (await openDataFolder(path)).close()
  })

  it("is not made in a folder with somebody's files", async () => {
    const path = await tempDir()
    await writeFile(join(path, 'thesis.doc'), 'precious')
    await expect(openDataFolder(path)).rejects.toEqual(code('folder-foreign'))
    expect(await readFile(join(path, 'thesis.doc'), 'utf8')).toBe('precious')
  })

  it('is begun again when a first start was cut off', async () => {
    const path = await tempDir()
    await mkdir(join(path, 'videos'))
    await writeFile(
      join(path, 'videos', '.playkite'),
      '{"v":1,"node":"12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp"}',
    )
    await (await openDataFolder(path)).close()
  })

  it('is not a file', async () => {
    const path = join(await tempDir(), 'file')
    await writeFile(path, '')
    await expect(openDataFolder(path)).rejects.toEqual(code('folder-unwritable'))
  })

  it('is refused with a sentence where nothing can be written, even by root', async () => {
    await expect(openDataFolder('/sys/playkite-test')).rejects.toMatchObject({
      code: 'folder-unwritable',
      remedy: expect.stringContaining('--data'),
    })
  })
})
