import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { PlaykiteError } from '../../../src/core/errors.ts'
import { rawRequest, rawSocket, readAll, startGateway, until } from '../../support/gateways.ts'

/** A form of parts in the order given; a part without content is a file. */
function form(...parts: [name: string, value: string | { file: string; bytes: string }][]): {
  headers: Record<string, string>
  body: string
} {
  const lines = parts.flatMap(([name, value]) =>
    typeof value === 'string'
      ? ['--edge', `Content-Disposition: form-data; name="${name}"`, '', value]
      : [
          '--edge',
          `Content-Disposition: form-data; name="${name}"; filename="${value.file}"`,
          '',
          value.bytes,
        ],
  )
  return {
    headers: { 'content-type': 'multipart/form-data; boundary=edge' },
    body: `${lines.join('\r\n')}\r\n--edge--\r\n`,
  }
}
const file = { file: 'película.mp4', bytes: 'bytes of a film' }

async function send(sent: ReturnType<typeof form>, path = '/upload'): ReturnType<typeof sendTo> {
  return sendTo(await startGateway(), sent, path)
}
async function sendTo(
  { port, api }: Awaited<ReturnType<typeof startGateway>>,
  { headers, body }: ReturnType<typeof form>,
  path: string,
): Promise<{
  status: number
  error: { message: string; remedy: string } | undefined
  publish: (typeof api.publishes.all)[0] | undefined
}> {
  const { status, text } = await rawRequest(port, path, { method: 'POST', headers }, body)
  const { error } = JSON.parse(text) as { error: { message: string; remedy: string } | undefined }
  return { status, error, publish: api.publishes.all[0] }
}

describe('an upload by form', () => {
  it('takes the words that stand before the file', async () => {
    const { status, publish } = await send(
      form(
        ['title', 'A "title"'],
        ['description', 'D'],
        ['tag', 'a'],
        ['tag', 'b'],
        ['any', 'on'],
        ['again', '1'],
        ['other', 'x'],
        ['file', file],
      ),
    )
    expect(status).toBe(201)
    expect(publish?.request).toMatchObject({
      title: 'A "title"',
      description: 'D',
      tags: ['a', 'b'],
      any: true,
      again: true,
      fileName: 'película.mp4',
      size: undefined,
    })
    expect(publish?.bytes).toBe(file.bytes.length)
  })

  it('lets the query go before the form, and joins the tags of both', async () => {
    const sent = form(['title', 'form'], ['tag', 'c'], ['any', '1'], ['file', file])
    const { publish } = await send(sent, '/upload?title=query&tag=a&tag=b&any=0&name=other.mkv')
    expect(publish?.request).toMatchObject({
      title: 'query',
      tags: ['a', 'b', 'c'],
      any: false,
      fileName: 'other.mkv',
    })
  })

  it('takes an empty title as none', async () => {
    expect((await send(form(['title', '  '], ['file', file]))).publish?.request.title).toBeUndefined()
  })

  it.each(['title', 'description', 'tag', 'any', 'again'])(
    'refuses %s after the file, and publishes nothing',
    async (name) => {
      const { status, error, publish } = await send(form(['file', file], [name, '1']))
      expect(status).toBe(400)
      expect(error?.message).toContain(`"${name}" came after the file`)
      expect(error?.remedy).toContain(`/upload?${name}=`)
      expect(publish?.outcome).toBe('failed')
    },
  )

  it('passes over unknown fields after the file', async () => {
    expect((await send(form(['file', file], ['submit', 'Send']))).status).toBe(201)
  })

  it.each([
    ['two files', form(['file', file], ['file', { ...file, bytes: 'second' }]), 'more than one file'],
    ['no file', form(['title', 'T']), 'no file'],
    ['a field without end', form(['title', 'x'.repeat(70_000)], ['file', file]), '"title" is longer'],
    [
      'a hundred fields',
      form(...Array.from({ length: 100 }, (): [string, string] => ['tag', 'x']), ['file', file]),
      'fields',
    ],
    ['a nonsense flag', form(['any', 'perhaps'], ['file', file]), '"any"'],
    ['no boundary', { headers: { 'content-type': 'multipart/form-data' }, body: 'x' }, 'Boundary'],
    ['no parts', { headers: { 'content-type': 'multipart/form-data; boundary=edge' }, body: 'x' }, 'form'],
    ['no end', { ...form(), body: form(['file', file]).body.slice(0, -8) }, 'form'],
  ])('refuses a form with %s', async (_what, sent, sentence) => {
    const gateway = await startGateway()
    const { status, error, publish } = await sendTo(gateway, sent, '/upload')
    expect(status).toBe(400)
    expect(error?.message).toContain(sentence)
    if (publish !== undefined) {
      expect(publish.outcome).toBe('failed')
      expect(publish.signal.aborted).toBe(true)
    }
  })

  it('gives up the publish when the connection breaks off in the file', async () => {
    const { port, api } = await startGateway()
    const { body } = form(['file', { ...file, bytes: 'x'.repeat(1000) }])
    const head = `POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=edge\r\nContent-Length: 99999\r\n\r\n`
    const socket = await rawSocket(port, head + body.slice(0, 500))
    await until(() => (api.publishes.all[0]?.bytes ?? 0) > 0)
    socket.destroy()
    await until(() => api.publishes.all[0]?.outcome === 'failed')
    expect(api.publishes.all[0]?.outcome).toBe('failed')
    expect(api.publishes.all[0]?.signal.aborted).toBe(true)
  })

  it('says what the form was like even if publishing says something else', async () => {
    const gateway = await startGateway()
    const { publish } = gateway.api.publishes
    gateway.api.publish = async (...args) =>
      publish(...args).catch((cause: unknown) => {
        throw new PlaykiteError('internal', 'Copying failed', { cause })
      })
    const { status, error } = await sendTo(gateway, form(['file', file], ['title', 'late']), '/upload')
    expect([status, error?.message]).toEqual([400, expect.stringContaining('came after the file')])
  })

  it('reads no further than the publish takes', async () => {
    const { port, api } = await startGateway()
    const gate = Promise.withResolvers<void>()
    api.publishes.beforeEach = () => gate.promise
    const head = 'POST /upload HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n'
    const type = 'Content-Type: multipart/form-data; boundary=edge\r\n\r\n'
    const socket = await rawSocket(port, head + type)
    const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`
    socket.write(chunk('--edge\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'))
    const million = chunk('x'.repeat(1_000_000))
    let written = 0
    for (let flows = true; flows && written < 200; written += 1) flows = await writeOrStop(socket, million)
    // Kernel buffers of the connection, and a few pieces on the way.
    expect(written).toBeLessThan(30)
    gate.resolve()
    socket.end(chunk('\r\n--edge--\r\n') + '0\r\n\r\n')
    expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 201/)
    expect(api.publishes.all[0]?.bytes).toBe(written * 1_000_000)
  })
})

/** Writes, and says whether the socket takes more: false if it did not drain for half a second. */
async function writeOrStop(socket: Socket, text: string): Promise<boolean> {
  if (socket.write(text)) return true
  return Promise.race([once(socket, 'drain').then(() => true), sleep(500, false)])
}
