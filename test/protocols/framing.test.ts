import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Frame,
  FrameParser,
  MAX_BODY_BYTES,
  MAX_HEADER_BYTES,
  PREFIX_BYTES,
  encodeFrame,
} from '../../src/protocols/framing.ts'
import {
  isMessageType,
  parseAnswer,
  parseError,
  parseFrameHeader,
  parseRequest,
} from '../../src/protocols/schemas.ts'

const code = (value: string): unknown => expect.objectContaining({ code: value })

function parseIn(parts: readonly Uint8Array[]): readonly Frame[] {
  const frames: Frame[] = []
  const parser = new FrameParser((frame) => frames.push(frame))
  for (const part of parts) parser.push(part)
  return frames
}

describe('frames', () => {
  it('come out as they went in, however the bytes are cut', () => {
    const frame = fc.record({
      header: fc.dictionary(fc.string(), fc.string()),
      body: fc.uint8Array({ maxLength: 500 }),
    })
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 5 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
        (frames, cuts) => {
          const bytes = Buffer.concat(frames.flatMap(({ header, body }) => encodeFrame(header, body)))
          const parts: Uint8Array[] = []
          for (let at = 0, n = 0; at < bytes.length; n++) {
            const length = cuts[n % cuts.length]!
            parts.push(bytes.subarray(at, at + length))
            at += length
          }
          expect(parseIn(parts).map(({ header, body }) => [header, [...body]])).toEqual(
            frames.map(({ header, body }) => [JSON.parse(JSON.stringify(header)) as unknown, [...body]]),
          )
        },
      ),
    )
  })

  it('have bodies of their own, not views into what came', () => {
    const bytes = Buffer.concat(encodeFrame({ a: 1 }, Uint8Array.of(1, 2, 3)))
    const [frame] = parseIn([bytes])
    bytes.fill(0)
    expect([...frame!.body]).toEqual([1, 2, 3])
  })

  it('have limits, both ways', () => {
    expect(() => encodeFrame({ a: 'x'.repeat(MAX_HEADER_BYTES) })).toThrow(code('too-large'))
    expect(() => encodeFrame({}, new Uint8Array(MAX_BODY_BYTES + 1))).toThrow(code('too-large'))
    expect(parseIn(encodeFrame({}, new Uint8Array(MAX_BODY_BYTES)))).toHaveLength(1)
    for (const [header, body] of [
      [MAX_HEADER_BYTES + 1, 0],
      [1, MAX_BODY_BYTES + 1],
      [0, 5],
      [0xffff_ffff, 0xffff_ffff],
    ] as const) {
      const prefix = Buffer.alloc(PREFIX_BYTES)
      prefix.writeUInt32BE(header)
      prefix.writeUInt32BE(body, 4)
      expect(() => parseIn([prefix])).toThrow(code('too-large'))
    }
  })

  it('of noise are refused, never taken', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), (bytes) => {
        try {
          for (const { header } of parseIn([bytes])) parseFrameHeader(header)
        } catch (error) {
          expect(error).toMatchObject({ name: 'PlaykiteError' })
        }
      }),
    )
  })
})

describe('headers', () => {
  const video = '00000000-0000-4000-8000-000000000000'

  it('are checked field by field', () => {
    expect(parseRequest('chunk/get', { video, index: 3 })).toEqual({ video, index: 3 })
    for (const bad of [
      { video },
      { video, index: -1 },
      { video, index: 1.5 },
      { video: '../x', index: 0 },
      null,
      'x',
      [],
    ]) {
      expect(() => parseRequest('chunk/get', bad)).toThrow(code('bad-request'))
    }
    expect(() => parseAnswer('catalogue/push', { accepted: 'many' })).toThrow(code('bad-request'))
    expect(() => parseRequest('upload/open', { video, size: null, extension: '../../x' })).toThrow(
      code('bad-request'),
    )
  })

  it('name no message by accident', () => {
    expect(isMessageType('status')).toBe(true)
    for (const name of ['toString', '__proto__', 'constructor', '']) expect(isMessageType(name)).toBe(false)
  })

  it('carry errors with their code and remedy; that the other side gave up is no giving up of ours', () => {
    const error = { t: 'error', id: 1, message: 'No room.', remedy: 'Remove videos.' } as const
    expect(parseError({ ...error, code: 'no-space' })).toMatchObject({
      code: 'no-space',
      remedy: 'Remove videos.',
    })
    expect(parseError({ ...error, code: 'aborted' }).code).toBe('unreachable')
    expect(parseError({ ...error, code: 'toString' }).code).toBe('internal')
  })
})
