import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { HTTP_ERRORS } from '../../../src/contract/errors.ts'
import { PlaykiteError } from '../../../src/core/errors.ts'
import { runCommand, verifiableApi } from '../../support/command-line.ts'
import { fakeVideo } from '../../support/fake-node-api.ts'
import { startGateway } from '../../support/gateways.ts'
import { tempDir } from '../../support/temp-dir.ts'

const COMMANDS = ['publish', 'fetch', 'list', 'search', 'show', 'edit', 'why', 'watch', 'remove', 'restore']

/** Every command that asks a node something, with enough to be asked. */
const ASKING: readonly (readonly string[])[] = [
  ...[['list'], ['search', 'x'], ['show', 'x'], ['edit', 'x', '--title', 'y'], ['why', 'x'], ['watch', 'x']],
  ...[['remove', 'x'], ['restore', 'x'], ['nodes'], ['status'], ['fetch', 'x'], ['publish', '-']],
]

describe('an error', () => {
  it('leaves stdout empty and ends with 4 where no node answers, whatever was asked', async () => {
    const { port, close } = await startGateway()
    await close(AbortSignal.abort())
    for (const command of ASKING) {
      for (const json of [[], ['--json']]) {
        const { code, out, err } = await runCommand([...command, ...json, '--node', `127.0.0.1:${port}`])
        expect({ command, code, out }).toEqual({ command, code: 4, out: '' })
        expect(err).toMatch(/^playkite: No Playkite node answers at .*\nStart one with `playkite start`/)
      }
    }
  })

  it('has sentence, remedy and the exit code of its code', async () => {
    for (const [code, { exit }] of Object.entries(HTTP_ERRORS)) {
      if (code === 'internal') continue
      const api = verifiableApi([])
      const failure = new PlaykiteError(code as 'empty', `This is ${code}.`, { remedy: 'Do that.' })
      api.publishes.failure = failure
      const fails = (): never => {
        throw failure
      }
      const { port } = await startGateway({ ...api, list: fails })
      const node = ['--node', `127.0.0.1:${port}`]
      for (const command of [['list'], ['publish', '-'], ['publish', '-', '--json']]) {
        expect(await runCommand([...command, ...node])).toMatchObject({
          ...{ code: exit, out: '', err: `playkite: This is ${code}.\nDo that.\n` },
        })
      }
    }
  })

  it('of usage is 2: an option, a command, an argument, a value that is none', async () => {
    const { port } = await startGateway()
    const wrong = [
      ...[[], ['dance'], ['list', '--colour'], ['show'], ['publish'], ['search'], ['show', 'a', 'b']],
      ...[
        ['list', '--limit', '0'],
        ['list', '--limit', '1.5'],
        ['list', '--limit', '501'],
      ],
      ...[
        ['list', '--sort', 'taste'],
        ['list', '--after', 'nonsense'],
        ['edit', '0000'],
      ],
      ...[['publish', '-', '-'], ['publish', 'a', 'b', '--title', 'x'], ['leave'], ['stats']],
    ]
    for (const argv of wrong) {
      const node = argv.length > 0 ? ['--node', `127.0.0.1:${port}`] : []
      const { code, out, err } = await runCommand([...argv, ...node])
      expect({ argv, code, out }).toEqual({ argv, code: 2, out: '' })
      expect(err).not.toBe('')
    }
    expect(await runCommand(['list', '--node', 'ftp://x'])).toMatchObject({ code: 2 })
    expect(await runCommand(['list'], { env: { PLAYKITE_NODE: 'https://x' } })).toMatchObject({ code: 2 })
  })

  it('of a name is 3 where nothing fits and 2 where several do', async () => {
    const { port } = await startGateway(verifiableApi([fakeVideo(1), fakeVideo(2)]))
    const node = ['--node', `127.0.0.1:${port}`]
    for (const command of ['show', 'why', 'remove', 'restore', 'fetch', 'watch']) {
      expect(await runCommand([command, 'nothing', ...node])).toMatchObject({ code: 3, out: '' })
      expect(await runCommand([command, '0000', ...node])).toMatchObject({ code: 2, out: '' })
    }
    await runCommand(['remove', 'Video 1', ...node])
    expect(await runCommand(['show', fakeVideo(1).id, ...node])).toMatchObject({ code: 3, out: '' })
  })

  it('names the local file: none, a folder, not allowed; several files: which one', async () => {
    const { port } = await startGateway(verifiableApi([]))
    const cwd = await tempDir()
    await mkdir(join(cwd, 'folder'))
    await writeFile(join(cwd, 'empty.mp4'), '')
    await writeFile(join(cwd, 'film.mp4'), 'film')
    const publish = (...files: readonly string[]) =>
      runCommand(['publish', ...files, '--node', `127.0.0.1:${port}`], { cwd })
    const outcomes = {
      'none.mp4': /There is no file none\.mp4/,
      'film.mp4/x': /There is no file film\.mp4\/x/,
      folder: /folder is a folder\.\n.*playkite publish folder\/\*/,
      'empty.mp4': /The file has no bytes/,
    }
    for (const [file, sentence] of Object.entries(outcomes))
      expect(await publish(file)).toMatchObject({ code: 1, out: '', err: expect.stringMatching(sentence) })
    expect(await publish('film.mp4', 'empty.mp4')).toMatchObject({
      ...{ code: 1, out: '', err: expect.stringMatching(/^playkite: empty\.mp4: The file has no bytes/m) },
    })
  })

  it('shows no control characters of others', async () => {
    const evil = createServer((_request, response) => {
      response.statusCode = 404
      response.end(
        JSON.stringify({ error: { code: 'not-found', message: '\u001B[2Jhi', remedy: '\u009Bx\n' } }),
      )
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => evil.once('listening', resolve))
    const address = evil.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const { code, err } = await runCommand(['list', '--node', `127.0.0.1:${port}`])
    evil.close()
    expect({ code, err }).toEqual({ code: 3, err: 'playkite: \uFFFD[2Jhi\n\uFFFDx\uFFFD\n' })
  })
})

describe('help', () => {
  it('names every command, and gives examples of each', async () => {
    const { code, out } = await runCommand(['--help'])
    expect(code).toBe(0)
    for (const command of [...COMMANDS, 'nodes', 'status', 'start', 'demo']) {
      expect(out).toMatch(new RegExp(`^  ${command}\\b`, 'm'))
      const help = await runCommand([command, '--help'])
      expect(help).toMatchObject({ code: 0, err: '' })
      expect(help.out).toContain(`  $ playkite ${command}`)
    }
    expect(await runCommand(['--version'])).toMatchObject({ code: 0, out: '1.2.3\n' })
  })
})
