import { describe, expect, it } from 'vitest'
import { ErrorBody, HTTP_ERRORS } from '../../../src/contract/errors.ts'
import { ERROR_CODES, type ErrorCode, PlaykiteError } from '../../../src/core/errors.ts'
import { answerFor, OUTWARD } from '../../../src/node/http/error-answers.ts'
import { Value } from 'typebox/value'
import { fakeVideoId } from '../../support/fake-node-api.ts'
import { rawRequest, rawSocket, readAll, startGateway } from '../../support/gateways.ts'

const codes = Object.keys(ERROR_CODES) as ErrorCode[]

describe('errors', () => {
  it('have one of the ten outward codes each, and the ten stay what they are', () => {
    expect(Object.keys(OUTWARD).toSorted()).toEqual(codes.toSorted())
    for (const code of codes) {
      const outward = OUTWARD[code].code
      expect(Object.keys(HTTP_ERRORS)).toContain(outward)
      if (code in HTTP_ERRORS) expect(outward).toBe(code)
    }
  })

  it.each(codes)('leave as the contract says: %s', (code) => {
    const { status, body } = answerFor(
      new PlaykiteError(code, 'Sentence.', { remedy: 'Do this.', cause: new Error('inside') }),
    )
    expect(status).toBe(HTTP_ERRORS[body.error.code].status)
    expect(Value.Check(ErrorBody, body)).toBe(true)
    expect(JSON.stringify(body)).not.toContain('inside')
  })

  it('are logged with their cause and tell nothing, where they are our own fault', async () => {
    const { fetch, api, lines } = await startGateway()
    const cause = new Error("ENOENT: no such file, open '/home/somebody/videos'")
    for (const error of [
      cause,
      new PlaykiteError('internal', cause.message),
      new PlaykiteError('folder-unwritable', cause.message),
    ]) {
      api.status = () => {
        throw error
      }
      const response = await fetch('/status')
      expect(response.status).toBe(500)
      const text = await response.text()
      expect(text).not.toContain('somebody')
      expect(JSON.parse(text)).toMatchObject({ error: { code: 'internal' } })
      const logged = lines.filter(({ level }) => level === 'error').at(-1)
      expect(logged?.fields).toMatchObject({ error, url: '/status' })
    }
  })

  const id = fakeVideoId(1)
  it.each([
    ['GET', '/videos?limit=0', '"limit" in the query'],
    ['GET', '/videos?limit=501', '"limit" in the query'],
    ['GET', '/videos?limit=many', '"limit" in the query'],
    ['GET', '/videos?sort=colour', '"sort" in the query'],
    ['GET', '/videos?after=elsewhere', '"after"'],
    ['GET', '/video', '"id" in the query is missing'],
    ['GET', '/video?id=film', '"id" in the request is not a video id: "film"'],
    ['GET', '/resolve', '"video" or "node"'],
    ['GET', '/resolve?video=a&node=b', '"video" or "node"'],
    ['POST', '/upload?again=often', '"again" in the query'],
    ['GET', '/%zz', '%zz'],
  ])('name what is wrong with %s %s', async (method, path, sentence) => {
    const { port } = await startGateway()
    const { status, text } = await rawRequest(port, path, { method })
    expect(status).toBe(400)
    const { error } = JSON.parse(text) as ErrorBody
    expect(error.code).toBe('bad-request')
    expect(error.message).toContain(sentence)
  })

  it.each([
    ['{"title":5}', 'application/json', '"title" in the body'],
    ['{"colour":"red"}', 'application/json', '"colour" in the body'],
    ['[]', 'application/json', 'The body'],
    ['{', 'application/json', 'JSON'],
    ['', 'application/json', 'empty'],
    ['title=x', 'application/x-www-form-urlencoded', 'Media Type'],
    [JSON.stringify({ title: 'x'.repeat(70_000) }), 'application/json', 'too large'],
  ])('name what is wrong with the body %.20s of %s', async (body, type, sentence) => {
    const { port, api } = await startGateway()
    const options = { method: 'PATCH', headers: { 'content-type': type } }
    const { status, text } = await rawRequest(port, `/video?id=${id}`, options, body)
    expect(status).toBe(400)
    expect((JSON.parse(text) as ErrorBody).error.message).toContain(sentence)
    expect(api.videos.get(id)?.title).toBe('Video 1')
  })

  it('have the same shape for what is not there', async () => {
    const { fetch } = await startGateway()
    for (const [method, path] of [
      ['GET', '/nothing'],
      ['POST', '/videos'],
      ['GET', '/../../etc/passwd'],
      ['GET', '/%2e%2e/package.json'],
      ['GET', '/docs/nothing'],
    ] as const) {
      const response = await fetch(path, { method })
      expect([path, response.status]).toEqual([path, 404])
      expect(Value.Check(ErrorBody, await response.json())).toBe(true)
    }
  })

  it('have the same shape for what is no HTTP', async () => {
    const { port } = await startGateway()
    const answer = await readAll(await rawSocket(port, 'rubbish\r\n\r\n'))
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
    expect(Value.Check(ErrorBody, JSON.parse(answer.split('\r\n\r\n')[1] ?? ''))).toBe(true)
  })
})
