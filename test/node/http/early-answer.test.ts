import type { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { PlaykiteError } from '../../../src/core/errors.ts'
import { rawSocket, readAll, startGateway, type TestGateway } from '../../support/gateways.ts'

const mebibyte = Buffer.alloc(1024 * 1024, 'x')
const raw = 'Content-Type: video/mp4\r\n'
const form = 'Content-Type: multipart/form-data; boundary=edge\r\n'
const formStart = '--edge\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'

/** Publishing fails after the first piece. */
function failMidway({ api }: TestGateway): void {
  api.publish = async (bytes) => {
    for await (const piece of bytes) {
      throw new PlaykiteError('no-space', `No machine has room for more than ${piece.length} bytes.`)
    }
    throw new Error('no piece came')
  }
}

/** Sends `mebibytes` of body without looking at the answer before all is sent, as simple clients do. */
async function sendAll(port: number, path: string, head: string, mebibytes: number): Promise<string> {
  const length = `Content-Length: ${mebibytes * mebibyte.length}\r\n`
  const socket = await rawSocket(port, `POST ${path} HTTP/1.1\r\nHost: localhost\r\n${head}${length}\r\n`)
  socket.pause()
  const broken = new Promise<false>((resolve) => socket.once('close', () => resolve(false)))
  socket.on('error', () => undefined)
  if (head.includes('multipart')) socket.write(formStart)
  for (let sent = head.includes('multipart') ? formStart.length : 0; sent < mebibytes * mebibyte.length;) {
    const piece = mebibyte.subarray(0, mebibytes * mebibyte.length - sent)
    sent += piece.length
    if (!socket.write(piece) && !(await Promise.race([drained(socket), broken]))) break
  }
  return readAll(socket)
}

async function drained(socket: Socket): Promise<true> {
  return new Promise((resolve) => socket.once('drain', () => resolve(true)))
}

describe('an answer before the body was read', () => {
  it.each([
    ['a refused query', '/upload?any=perhaps', raw, 400],
    ['a foreign page', '/upload', `${raw}Origin: http://evil.example\r\n`, 403],
    ['a broken form', '/upload', 'Content-Type: multipart/form-data\r\n', 400],
    ['a route that is not there', '/nothing', raw, 404],
  ])('reaches a client that sends all before it reads: %s', async (_what, path, head, status) => {
    const { port } = await startGateway()
    const answer = await sendAll(port, path, head, 16)
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(answer).toMatch(/\}\}$/)
  })

  it.each([
    ['the raw body', raw],
    ['a form', form],
  ])('reaches it when publishing fails in the middle of %s', async (_what, head) => {
    const gateway = await startGateway()
    failMidway(gateway)
    const answer = await sendAll(gateway.port, '/upload', head, 16)
    expect(answer).toMatch(/^HTTP\/1\.1 507 /)
    expect(answer).toMatch(/\}\}$/)
  })

  it('reaches it as a last line, too', async () => {
    const gateway = await startGateway()
    failMidway(gateway)
    const answer = await sendAll(gateway.port, '/upload', `${raw}Accept: application/x-ndjson\r\n`, 16)
    expect(answer).toContain('{"phase":"failed"')
    expect(answer).toMatch(/0\r\n\r\n$/)
  })

  it('does not take the rest of an endless body', async () => {
    const { port } = await startGateway()
    const socket = await rawSocket(
      port,
      'POST /upload?any=perhaps HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999999999\r\n\r\n',
    )
    socket.on('error', () => undefined).resume()
    const close = new Promise((resolve) => socket.once('close', resolve))
    let sent = 0
    for (; !socket.closed && sent < 1000; sent += 1) {
      if (!socket.write(mebibyte)) await Promise.race([drained(socket), close])
    }
    expect(socket.closed).toBe(true)
    expect(sent).toBeLessThan(200)
  })
})
