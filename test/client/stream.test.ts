import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Health } from '../../src/contract/nodes.ts'
import { NodeHttp } from '../../src/client/http.ts'
import { Playkite, connect } from '../../src/index.ts'
import { PlaykiteError } from '../../src/core/errors.ts'
import { verifiableApi } from '../support/command-line.ts'
import { fakeVideo, fakeVideoId } from '../support/fake-node-api.ts'
import { patternBytes } from '../support/fake-reads.ts'
import { startGateway, until } from '../support/gateways.ts'

const id = fakeVideoId(1)
const never = new AbortController().signal

async function bytesOf(parts: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const part of parts) all.push(part)
  return Buffer.concat(all)
}

/** A server that says `text` to whoever comes, and then nothing. */
async function sayingOnly(text: string): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined).once('data', () => socket.write(text))
    onTestFinished(() => void socket.destroy())
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('stream', () => {
  it('gives exactly the bytes of any range', async () => {
    const size = 2_500_000
    const { port } = await startGateway(verifiableApi([fakeVideo(1, { size })]))
    const client = await connect(`http://127.0.0.1:${port}`)
    const ranges = fc.tuple(
      fc.integer({ min: -10, max: size + 10 }),
      fc.integer({ min: -10, max: size + 10 }),
    )
    await fc.assert(
      fc.asyncProperty(ranges, async ([start, end]) => {
        const expected = patternBytes(0, size).subarray(Math.max(0, start), Math.max(0, end))
        expect(Buffer.compare(await bytesOf(client.stream(id, { start, end })), expected)).toBe(0)
      }),
      {
        numRuns: 20,
        examples: [[[0, size]], [[0, 1]], [[1_048_575, 1_048_577]], [[size - 1, size]], [[7, 7]]],
      },
    )
  })

  it('passes nothing on that is not what was published', async () => {
    const api = verifiableApi()
    const { port } = await startGateway({
      ...api,
      // One bit of the third chunk is wrong, as a bad disk or cable has it.
      async *read(video, start, end, signal) {
        for await (const chunk of api.read(video, start, end, signal)) {
          if (start <= 2_097_152 && chunk[0] === patternBytes(2_097_152, 2_097_153)[0]) chunk[0]! ^= 1
          yield chunk
        }
      },
    })
    const client = await connect(`http://127.0.0.1:${port}`)
    let bytes = 0
    const reading = (async () => {
      for await (const part of client.stream(id)) bytes += part.length
    })()
    await expect(reading).rejects.toMatchObject({ code: 'corrupt', message: expect.stringContaining('2') })
    expect(bytes).toBe(2 * 1_048_576)
  })

  it('fails where the body breaks off, after what came whole', async () => {
    const { port, api } = await startGateway(verifiableApi())
    api.reads.failure = new PlaykiteError('unreachable', 'gone')
    api.reads.failAfter = 2
    const client = await connect(`http://127.0.0.1:${port}`)
    let bytes = 0
    const reading = (async () => {
      for await (const part of client.stream(id)) bytes += part.length
    })()
    await expect(reading).rejects.toMatchObject({ code: 'unreachable' })
    expect(bytes).toBe(2 * 1_048_576)
  })

  it('lets go of everything when its reader leaves, or its signal fires', async () => {
    const { port, api } = await startGateway(verifiableApi())
    api.reads.stallAfter = 2
    const client = await connect(`http://127.0.0.1:${port}`)
    for await (const _ of client.stream(id)) break
    await until(() => api.reads.all[0]?.ended === true)
    const stop = new AbortController()
    const reading = bytesOf(client.stream(id, { signal: stop.signal }))
    const outcome = expect(reading).rejects.toMatchObject({ code: 'aborted' })
    await until(() => api.reads.all[1]?.pulled === 2)
    stop.abort()
    await outcome
    await until(() => api.reads.all.every(({ ended }) => ended))
    expect(api.reads.all.map(({ ended }) => ended)).toEqual([true, true])
  })
})

describe('a node that answers badly', () => {
  it('is given up on when it says nothing at all, or stops in the middle', async () => {
    const half = 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"ok":true'
    for (const address of [await sayingOnly(''), await sayingOnly(half)]) {
      const http = new NodeHttp(address, 200)
      await expect(http.json(Health, { path: '/healthz' }, never)).rejects.toMatchObject({
        ...{ code: 'unreachable', exitCode: 4, message: expect.stringContaining('said nothing') },
      })
    }
  })

  it('is not given up on while its reader takes a rest', async () => {
    const { port } = await startGateway(verifiableApi())
    const http = new NodeHttp(`127.0.0.1:${port}`, 100)
    const response = await http.open({ path: '/stream', query: { id } }, never)
    await sleep(500)
    expect(await bytesOf(response)).toHaveLength(5_000_000)
  })

  it('is told from one that is not there, and from a server that is no Playkite node', async () => {
    const nobody = await startGateway()
    await nobody.close(AbortSignal.abort())
    await expect(connect(`127.0.0.1:${nobody.port}`)).rejects.toMatchObject({
      ...{ code: 'unreachable', exitCode: 4, remedy: expect.stringContaining('playkite start') },
    })
    const foreign = [
      'HTTP/1.1 404 Not Found\r\nContent-Length: 6\r\n\r\n<html>',
      'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>',
      'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"ok":"no"}',
    ]
    for (const answer of foreign)
      await expect(connect(await sayingOnly(answer))).rejects.toMatchObject({ code: 'internal', exitCode: 1 })
    await expect(connect(await sayingOnly('SSH-2.0-OpenSSH\r\n'))).rejects.toMatchObject({
      code: 'unreachable',
    })
  })

  it('may have an address in several spellings, but none of another kind', () => {
    for (const address of ['127.0.0.1:4600', 'localhost:4600', 'http://[::1]:4600/'])
      expect(new Playkite(address).streamUrl('x')).toMatch(/^http:\/\/.*:4600\/stream\?id=x$/)
    for (const address of ['', 'https://127.0.0.1', 'ftp://x', 'http://'])
      expect(() => new Playkite(address)).toThrow(expect.objectContaining({ code: 'bad-request' }))
  })
})
