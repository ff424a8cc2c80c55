import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Playkite, PlaykiteClientError, connect } from '../../src/index.ts'
import type { UploadLine } from '../../src/index.ts'
import { verifiableApi } from '../support/command-line.ts'
import { startGateway, until } from '../support/gateways.ts'
import { madeUpVideo, sha256, slowly } from '../support/videos.ts'

const MiB = 1_048_576

async function* failing(bytes: Uint8Array, message: string): AsyncGenerator<Uint8Array> {
  yield bytes
  // What came before is under way when it fails.
  await sleep(50)
  throw new Error(message)
}

/** Bytes that never end, and whether their reader has let them go. */
function endless(): { readonly bytes: () => AsyncGenerator<Uint8Array>; readonly hasEnded: () => boolean } {
  let ended = false
  async function* bytes(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        yield madeUpVideo(1000)
        await sleep(10)
      }
    } finally {
      ended = true
    }
  }
  return { bytes, hasEnded: () => ended }
}

describe('store', () => {
  it('sends all bytes with their words, tells how it goes, and resolves with the video', async () => {
    const { port, api } = await startGateway(verifiableApi([]))
    const client = await connect(`http://127.0.0.1:${port}`)
    const bytes = madeUpVideo(3 * MiB + 1)
    const phases: UploadLine['phase'][] = []
    const { video, safe } = await client.store(slowly(bytes, MiB, 1), {
      ...{ title: 'Título & "?"', description: 'two\nlines', tags: ['a', 'b=c'], fileName: 'ç/ã/"/../.mp4' },
      ...{ size: bytes.length, any: true },
      onProgress: ({ phase }) => phases.push(phase),
    })
    expect({ safe, copies: video.copies, title: video.title }).toEqual({
      ...{ safe: true, copies: 3, title: 'Título & "?"' },
    })
    expect([phases[0], ...phases.slice(-2)]).toEqual(['receiving', 'safe', 'done'])
    expect(api.publishes.all[0]).toMatchObject({
      request: { description: 'two\nlines', tags: ['a', 'b=c'], fileName: 'ç/ã/"/../.mp4', any: true },
      ...{ sha256: sha256(bytes), outcome: 'done' },
    })
    expect(api.publishes.all[0]?.request).toMatchObject({ size: bytes.length, again: false })
  })

  it('passes a refusal on with code, sentence, remedy and exit code', async () => {
    const { port } = await startGateway(verifiableApi([]))
    const client = await connect(`127.0.0.1:${port}`)
    const refused = await client.store(slowly(new Uint8Array(), 1, 0)).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(PlaykiteClientError)
    expect(refused).toMatchObject({
      ...{ code: 'empty', message: 'The file has no bytes.', remedy: 'Choose another.', exitCode: 1 },
    })
  })

  it('says that the bytes could not be read, not that the node went away, and publishes nothing', async () => {
    const { port, api } = await startGateway(verifiableApi([]))
    const client = await connect(`http://127.0.0.1:${port}`)
    await expect(client.store(failing(madeUpVideo(MiB), 'the disk is ill'))).rejects.toMatchObject({
      ...{ code: 'no-file', message: expect.stringContaining('the disk is ill') },
    })
    await until(() => api.publishes.all[0]?.outcome === 'failed')
    expect(api.publishes.all[0]?.outcome).toBe('failed')
  })

  it('publishes nothing when there are fewer or more bytes than was said', async () => {
    const { port, api } = await startGateway(verifiableApi([]))
    const client = await connect(`http://127.0.0.1:${port}`)
    for (const size of [MiB + 1, MiB - 1]) {
      const stored = client.store(slowly(madeUpVideo(MiB), MiB / 4, 1), { size })
      await expect(stored).rejects.toMatchObject({ code: 'no-file' })
    }
    await until(() => api.publishes.all.every(({ outcome }) => outcome === 'failed'))
    expect(api.publishes.all.map(({ outcome }) => outcome)).toEqual(['failed', 'failed'])
  })

  it('gives up when its signal fires, also while the bytes wait', async () => {
    const { port, api } = await startGateway(verifiableApi([]))
    const client = await connect(`http://127.0.0.1:${port}`)
    const stop = new AbortController()
    const stored = client.store(slowly(madeUpVideo(2 * MiB), MiB, 60_000), { signal: stop.signal })
    const outcome = expect(stored).rejects.toMatchObject({ code: 'aborted' })
    await until(() => (api.publishes.all[0]?.bytes ?? 0) > 0)
    stop.abort()
    await outcome
    await until(() => api.publishes.all[0]?.outcome === 'failed')
    expect(api.publishes.all[0]?.outcome).toBe('failed')
  })

  it('stops reading the bytes of what was refused', async () => {
    const { port, api } = await startGateway(verifiableApi([]))
    const client = await connect(`http://127.0.0.1:${port}`)
    const source = endless()
    api.publishes.beforeEach = async ({ bytes }) => {
      if (bytes > 5000) throw new Error('refused')
    }
    await expect(client.store(source.bytes())).rejects.toMatchObject({ code: 'internal' })
    await until(source.hasEnded)
    expect(source.hasEnded()).toBe(true)
  })

  it('leaves the rest to the network when the loop is left at safe', async () => {
    const { port, api } = await startGateway(verifiableApi([]))
    const client = await connect(`http://127.0.0.1:${port}`)
    let goOn = (): void => {}
    api.publishes.afterSafe = () => new Promise((resolve) => (goOn = resolve))
    for await (const { phase } of client.storing(slowly(madeUpVideo(MiB), MiB, 0)))
      if (phase === 'safe') break
    await sleep(100)
    goOn()
    await until(() => api.publishes.all[0]?.outcome !== 'running')
    expect(api.publishes.all[0]?.outcome).toBe('done')
  })

  it('tells a node that dies from bytes that cannot be read', async () => {
    const dying = createServer((request) => {
      request.once('data', () => request.socket.destroy())
    }).listen(0, '127.0.0.1')
    onTestFinished(() => void dying.close())
    await once(dying, 'listening')
    const client = new Playkite(`127.0.0.1:${(dying.address() as AddressInfo).port}`)
    await expect(client.store(slowly(madeUpVideo(20 * MiB), MiB, 1))).rejects.toMatchObject({
      ...{ code: 'unreachable', exitCode: 4 },
    })
  })

  it('hears a refusal that comes before all is sent, and sends no more', async () => {
    const refusing = createServer((request, response) => {
      request.resume()
      response.writeHead(507)
      response.end('{"error":{"code":"no-space","message":"No room.","remedy":null}}')
    }).listen(0, '127.0.0.1')
    onTestFinished(() => void refusing.close())
    await once(refusing, 'listening')
    const client = new Playkite(`127.0.0.1:${(refusing.address() as AddressInfo).port}`)
    const source = endless()
    await expect(client.store(source.bytes())).rejects.toMatchObject({ code: 'no-space', exitCode: 5 })
    await until(source.hasEnded)
    expect(source.hasEnded()).toBe(true)
  })
})
