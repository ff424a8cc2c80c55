/** docs/wire.md is what the code does: its bytes, its examples, and that no message is left out. */
import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import type { MessageType } from '../../src/ports/messages.ts'
import {
  type Frame,
  FrameParser,
  MAX_BODY_BYTES,
  MAX_HEADER_BYTES,
  encodeFrame,
} from '../../src/protocols/framing.ts'
import { isMessageType, parseAnswer, parseFrameHeader, parseRequest } from '../../src/protocols/schemas.ts'

const page = await readFile(new URL('../../docs/wire.md', import.meta.url), 'utf8')

/** Every message; the compiler holds it against the types of the messages. */
const everyMessage = {
  status: true,
  goodbye: true,
  'catalogue/push': true,
  'catalogue/compare': true,
  'catalogue/fetch': true,
  'manifest/get': true,
  'upload/open': true,
  'upload/pull': true,
  'upload/commit': true,
  'upload/abort': true,
  'replica/pull': true,
  'video/restore': true,
  'chunk/get': true,
  'chunk/put': true,
} as const satisfies Record<MessageType, true>

function block(text: string, language: string): string {
  const found = text.split(`\n\`\`\`${language}\n`)[1]?.split('\n```')[0]
  if (found === undefined) throw new Error(`the page has no block "${language}"`)
  return found
}

/** The bytes of a dump: after the offset, in pairs of digits, up to two spaces. */
function dumped(dump: string): Buffer {
  const rows = dump.split('\n').map((line) => /^[0-9a-f]{4} {2}((?:[0-9a-f]{2} ?)+)/.exec(line)?.[1])
  return Buffer.from(rows.join('').replaceAll(' ', ''), 'hex')
}

function framesIn(bytes: Uint8Array): readonly Frame[] {
  const frames: Frame[] = []
  new FrameParser((frame) => frames.push(frame)).push(bytes)
  return frames
}

describe('the exchange of the page', () => {
  it.each(['request', 'answer'])('has the bytes that a %s has', (kind) => {
    const bytes = dumped(block(page, `hex ${kind}`))
    const frames = framesIn(bytes)
    expect(frames).toHaveLength(1)
    const { header, body } = frames[0] ?? { header: undefined, body: new Uint8Array() }
    const told = parseFrameHeader(JSON.parse(block(page, `json ${kind}`)))
    expect(header).toEqual(told)
    expect(Buffer.concat(encodeFrame(told, body)).toString('hex')).toBe(bytes.toString('hex'))
  })

  it('is a request for a chunk and the chunk', () => {
    const [request] = framesIn(dumped(block(page, 'hex request')))
    const [answer] = framesIn(dumped(block(page, 'hex answer')))
    const { header } = parseFrameHeader(request?.header) as { header: unknown }
    expect(parseRequest('chunk/get', header)).toEqual(header)
    expect(Buffer.from(answer?.body ?? []).toString()).toBe('hello, LAN!\n')
  })
})

describe('the messages of the page', () => {
  const sections = new Map(
    page.split(/^### /m).map((section) => [/^`([^`]+)`/.exec(section)?.[1] ?? '', section] as const),
  )
  const described = [...sections.keys()].filter((name) => name !== '')

  it('are all that there are, and no others', () => {
    expect(described.toSorted()).toEqual(Object.keys(everyMessage).toSorted())
    expect(described.every(isMessageType)).toBe(true)
  })

  it.each(Object.keys(everyMessage) as MessageType[])(
    'give an example of %s that its schema takes',
    (type) => {
      const example = JSON.parse(block(sections.get(type) ?? '', 'json')) as Record<string, unknown>
      expect(Object.keys(example)).toEqual(['request', 'answer'])
      expect(parseRequest(type, example['request'])).toEqual(example['request'])
      expect(parseAnswer(type, example['answer'])).toEqual(example['answer'])
    },
  )
})

it('names the limits of frames', () => {
  const spaced = (bytes: number): string => bytes.toLocaleString('en').replaceAll(',', ' ')
  expect(page).toContain(`1 to ${spaced(MAX_HEADER_BYTES)}`)
  expect(page).toContain(`0 to ${spaced(MAX_BODY_BYTES)}`)
})
