import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { Cluster } from '../support/cluster.ts'
import { tempDir } from '../support/temp-dir.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))

describe('the package', () => {
  it('runs from built JavaScript, library, page, clip and all', async () => {
    const folder = await tempDir()
    const packed = await run('npm', ['pack', '--json', '--pack-destination', folder], {
      cwd: root,
      maxBuffer: 16 * 1024 * 1024,
    })
    // Before npm 11 an array, since then an object by name; what its scripts print comes before it.
    const tarball = /playkite-[\w.-]+\.tgz/.exec(packed.stdout)![0]
    await run('tar', ['xzf', tarball], { cwd: folder })
    const installed = join(folder, 'package')
    expect(existsSync(join(installed, 'src'))).toBe(false)
    for (const file of [
      'dist/main.js',
      'dist/index.d.ts',
      'dist/client/web/index.html',
      'assets/big-buck-bunny.mp4',
    ]) {
      expect({ file, isThere: existsSync(join(installed, file)) }).toEqual({ file, isThere: true })
    }
    await symlink(join(root, 'node_modules'), join(installed, 'node_modules'))
    const program = join(installed, 'bin/playkite.js')
    expect((await run(process.execPath, [program, '--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
    const app = join(folder, 'app')
    await mkdir(join(app, 'node_modules'), { recursive: true })
    await symlink(installed, join(app, 'node_modules/playkite'))
    const script = "import { connect } from 'playkite'; console.log(typeof connect)"
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: app })
    expect(stdout).toBe('function\n')
    const cluster = new Cluster(program)
    try {
      const { ready } = await cluster.add('packed')
      expect(await (await fetch(ready.http)).text()).toContain('<title>Playkite</title>')
    } finally {
      await cluster.remove()
    }
  })

  it('tells an old Node in one line what it needs', async () => {
    const launcher = join(root, 'bin/playkite.js')
    const pretend = `Object.defineProperty(process.versions, 'node', { value: '20.1.0' }); await import(${JSON.stringify(launcher)})`
    const ended = await run(process.execPath, ['--input-type=module', '-e', pretend, 'list']).catch(
      (error: unknown) => error,
    )
    expect(ended).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^Playkite needs Node 24 or newer[^\n]*\n$/),
    })
  })
})
