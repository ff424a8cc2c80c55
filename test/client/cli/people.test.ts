import { describe, expect, it } from 'vitest'
import type { StartOptions } from '../../../src/client/cli/program.ts'
import { runCommand, verifiableApi } from '../../support/command-line.ts'
import { type FakeNodeApi, fakeVideo, fakeVideoId } from '../../support/fake-node-api.ts'
import { startGateway } from '../../support/gateways.ts'

async function said(api: FakeNodeApi, ...argv: readonly string[]): Promise<string> {
  const { port } = await startGateway(api)
  const { code, out, err } = await runCommand([...argv, '--node', `127.0.0.1:${port}`], { isTerminal: true })
  expect({ code, err }).toEqual({ code: 0, err: '' })
  return out
}

describe('what people read', () => {
  it('is a table of videos, with what to type for more', async () => {
    const videos = [
      fakeVideo(1, { title: 'A \u001B[31mred\nline', duration: null, copies: 2 }),
      fakeVideo(2, { title: '映'.repeat(100) }),
      fakeVideo(3),
    ]
    const out = await said(verifiableApi(videos), 'list', '--limit', '2')
    const lines = out.split('\n')
    expect(lines[0]).toMatch(/^ID {7,}TITLE +LENGTH +SIZE +COPIES +PUBLISHED$/)
    expect(lines[1]).toMatch(/^00000000 {2}A \uFFFD\[31mred\uFFFDline +– +5\.0 MB {2}2 of 3 {2}2026-01-0/)
    expect(lines[2]).toMatch(/^00000000 {2}映{29}…  +0:13 +5\.0 MB/)
    expect(lines.slice(3)).toEqual(['', '2 of 3. More: --after 2', ''])
    expect(out).not.toContain('\u001B')
    expect(await said(verifiableApi([]), 'list')).toContain('playkite publish')
    expect(await said(verifiableApi(videos), 'search', 'nothing')).toBe('Nothing found.\n')
  })

  it('is all about a video, line by line', async () => {
    const holders = [
      { id: 'a', name: 'at\ttic', state: 'alive', replica: 'keeps' },
      { id: 'b', name: 'cellar', state: 'dead', replica: 'arriving' },
    ] as const
    const video = fakeVideo(1, { description: 'two\nlines\u0007', tags: ['x'], holders: [...holders] })
    const out = await said(verifiableApi([video]), 'show', fakeVideoId(1))
    expect(out).toContain('Copies       3 of 3: at\uFFFDtic (alive), cellar (dead, arriving)\n')
    expect(out).toContain('Size         5.0 MB (5000000 bytes)\n')
    expect(out).toContain('Description  two\n             lines\uFFFD\n')
    const bare = fakeVideo(1, { tags: [], codecs: null, duration: null, holders: [] })
    expect(await said(verifiableApi([bare]), 'show', fakeVideoId(1))).not.toMatch(/Tags|Description/)
  })

  it('is what to do to undo', async () => {
    const out = await said(verifiableApi(), 'remove', 'Video 1')
    expect(out).toMatch(/^Removed\. Until 2026-.* playkite restore 00000000-0000-4000-8000-000000000001\n$/)
    expect(await said(verifiableApi(), 'restore', 'Video 1')).toBe('Restored.\n')
  })

  it('is why, nodes and status in words', async () => {
    expect(await said(verifiableApi(), 'why', 'Video 1')).toMatch(
      /^RANK .*WHY\n +1 {2}here .*10\.0 %.*chosen\n$/,
    )
    expect(await said(verifiableApi(), 'nodes')).toMatch(/here \* +alive .* now .*\n\n\* this node\n$/)
    const api = verifiableApi()
    const status = { ...api.status(), videos: 5, underReplicated: 1, lost: 1, repairing: 2, nodes: 2 }
    expect(await said({ ...api, status: () => status }, 'status')).toBe(
      '1 of 2 machines are there.\n5 videos: 3 with 3 copies, 1 with fewer, 1 on no machine that is there.\n2 copies are being made.\n',
    )
  })
})

describe('start', () => {
  it('passes on what was typed and nothing else, and ends with what it ends with', async () => {
    const seen: StartOptions[] = []
    const run = (...argv: readonly string[]) =>
      runCommand(['start', ...argv], {
        start: async (options) => {
          seen.push(options)
          return 7
        },
      })
    const flags = ['--data', 'd', '--name', 'n', '--network', 'w', '--http', '0', '--port', '1']
    const more = ['--capacity', '5GB', '--zone', 'z', '--join', 'a', '--join', 'b', '--no-mdns', '--json']
    expect(await run()).toMatchObject({ code: 7 })
    expect(await run(...flags, ...more)).toMatchObject({ code: 7, out: '', err: '' })
    expect(seen).toEqual([
      {},
      {
        ...{ data: 'd', name: 'n', network: 'w', http: '0', port: '1', capacity: '5GB', zone: 'z' },
        ...{ join: ['a', 'b'], mdns: false, json: true },
      },
    ])
    expect(await run('--replaces', 'x')).toMatchObject({ code: 2 })
  })
})
