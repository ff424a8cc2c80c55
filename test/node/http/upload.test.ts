import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PlaykiteError } from '../../../src/core/errors.ts'
import { patternBytes } from '../../support/fake-reads.ts'
import { startGateway, type TestGateway } from '../../support/gateways.ts'

const run = promisify(execFile)
const size = 25 * 1024 * 1024
let folder = ''
let file = ''
let sha256 = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'playkite-upload-'))
  file = join(folder, 'film número "1".mp4')
  const bytes = patternBytes(0, size)
  sha256 = createHash('sha256').update(bytes).digest('hex')
  await writeFile(file, bytes)
})
afterAll(() => rm(folder, { recursive: true }))

/** Runs curl against the gateway's /upload; what it prints is the answer and then its status. */
async function curl(
  gateway: TestGateway,
  args: string[],
  path = '/upload',
): Promise<{ status: number; body: unknown }> {
  const url = `http://127.0.0.1:${gateway.port}${path}`
  const { stdout } = await run('curl', ['-sS', '--max-time', '60', '-w', '\n%{http_code}', ...args, url])
  const end = stdout.lastIndexOf('\n')
  return { status: Number(stdout.slice(end + 1)), body: JSON.parse(stdout.slice(0, end)) as unknown }
}

describe('curl and /upload', () => {
  const ways: [way: string, args: () => string[], name: string | undefined, length: number | undefined][] = [
    ['a form', () => ['-F', `file=@"${file.replaceAll('"', '\\"')}"`], 'film número "1".mp4', undefined],
    ['-T', () => ['-T', file], undefined, size],
    ['-T from a pipe', () => ['-T', '-', '-H', 'Transfer-Encoding: chunked'], undefined, undefined],
    ['--data-binary', () => ['--data-binary', `@${file}`], undefined, size],
    [
      '--data-binary with a type of its own',
      () => ['-H', 'Content-Type: video/mp4', '--data-binary', `@${file}`],
      undefined,
      size,
    ],
    ['a PUT without expecting 100', () => ['-T', file, '-H', 'Expect:'], undefined, size],
    [
      'a POST that expects 100',
      () => ['--data-binary', `@${file}`, '-H', 'Expect: 100-continue'],
      undefined,
      size,
    ],
  ]
  it.each(ways)('takes 25 MiB by %s byte for byte', async (_way, args, name, length) => {
    const gateway = await startGateway()
    const given = args()
    const command = given[1] === '-' ? ['-T', file, ...given.slice(2)] : given
    const { status, body } = await curl(gateway, command)
    expect(status).toBe(201)
    const [publish] = gateway.api.publishes.all
    expect(publish).toMatchObject({ bytes: size, sha256, outcome: 'done' })
    expect(publish?.request).toMatchObject({ fileName: name, size: length, any: false, again: false })
    expect(body).toMatchObject({ size, existed: false })
  })

  it('answers a refused upload and does not leave curl hanging', async () => {
    const gateway = await startGateway()
    const ways = [
      ['-T', file],
      ['--data-binary', `@${file}`],
      ['-F', `a=@"${file.replaceAll('"', '\\"')}"`],
      ['-T', file, '-H', 'Expect:'],
    ]
    for (const args of ways) {
      const { status, body } = await curl(gateway, args, '/upload?any=perhaps')
      expect(status).toBe(400)
      expect(body).toMatchObject({ error: { code: 'bad-request' } })
      expect(JSON.stringify(body)).toContain('any')
    }
    expect(gateway.api.publishes.all).toEqual([])
  })

  it('answers when publishing fails before it took a byte', async () => {
    const gateway = await startGateway()
    gateway.api.publishes.failure = new PlaykiteError('no-space', 'No machine has room.', {
      remedy: 'Make some.',
    })
    for (const args of [
      ['-T', file],
      ['-F', `a=@"${file.replaceAll('"', '\\"')}"`],
      ['-T', file, '-H', 'Expect:'],
    ]) {
      const { status, body } = await curl(gateway, args)
      expect(status).toBe(507)
      expect(body).toEqual({
        error: { code: 'no-space', message: 'No machine has room.', remedy: 'Make some.' },
      })
    }
  })

  it('is not asked for the body when a foreign page sent the request', async () => {
    const gateway = await startGateway()
    const args = ['-T', file, '-H', 'Origin: http://evil.example', '-w', '\n%{size_upload}\n%{http_code}']
    const { stdout } = await run('curl', [
      '-sS',
      '--expect100-timeout',
      '30',
      ...args,
      `http://127.0.0.1:${gateway.port}/upload`,
    ])
    expect(stdout.split('\n').slice(1)).toEqual(['0', '403'])
  })

  it('shows the steps line by line', async () => {
    const gateway = await startGateway()
    const url = `http://127.0.0.1:${gateway.port}/upload?title=T`
    const { stdout } = await run('curl', ['-sSN', '-H', 'Accept: application/x-ndjson', '-T', file, url])
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { phase: string })
    const phases = lines.map(({ phase }) => phase)
    expect(phases.slice(-2)).toEqual(['safe', 'done'])
    expect(new Set(phases.slice(0, -2))).toEqual(new Set(['receiving']))
    expect(lines.at(-1)).toMatchObject({
      bytes: size,
      copies: 3,
      safe: true,
      video: { title: 'T', existed: false },
    })
  })
})
