/** What other nodes send, checked field by field before anything looks at it. `docs/wire.md` describes each. */
import { type Static, type TSchema, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { ERROR_CODES, type ErrorCode, PlaykiteError } from '../core/errors.ts'
import { NODE_ID_PATTERN, VIDEO_ID_PATTERN } from '../core/ids.ts'
import { MAX_CHUNKS, MAX_MEMBERS, MAX_VIDEO_BYTES } from '../core/limits.ts'
import type { MessageType, Messages } from '../ports/messages.ts'

/** Version of the messages, told in every hello; another one is refused. */
export const WIRE_VERSION = 1
/** Characters of the sentences that errors carry. */
const MAX_SENTENCE = 2_000
/** Characters of an instance id and of other short words. */
const MAX_SHORT = 100

const count = (maximum: number) => Type.Integer({ minimum: 0, maximum })
const id = count(Number.MAX_SAFE_INTEGER)
const bytes = count(Number.MAX_SAFE_INTEGER)
const video = Type.String({ pattern: VIDEO_ID_PATTERN })
const nodes = Type.Array(Type.String({ pattern: NODE_ID_PATTERN }), { maxItems: MAX_MEMBERS })
const index = count(MAX_CHUNKS)
const hash = Type.String({ pattern: '^[0-9a-f]{64}$' })
const section = Type.Union([Type.Literal('catalogue'), Type.Literal('removals'), Type.Literal('members')])
const empty = Type.Object({})
const short = Type.String({ maxLength: MAX_SHORT })
const status = Type.Object({
  now: Type.Number(),
  instance: short,
  connected: nodes,
  usedBytes: bytes,
  promisedBytes: bytes,
  freeBytes: bytes,
})

const messages = {
  status: { request: status, response: status },
  goodbye: { request: empty, response: empty },
  'catalogue/push': { request: empty, response: Type.Object({ accepted: bytes }) },
  'catalogue/compare': { request: Type.Object({ section }), response: empty },
  'catalogue/fetch': {
    request: Type.Object({ section }),
    response: Type.Object({ next: Type.Union([bytes, Type.Null()]) }),
  },
  'manifest/get': {
    request: Type.Object({ video, from: index }),
    response: Type.Object({ cid: short, size: count(MAX_VIDEO_BYTES) }),
  },
  'upload/open': {
    request: Type.Object({
      video,
      size: Type.Union([count(MAX_VIDEO_BYTES), Type.Null()]),
      extension: Type.String({ pattern: '^[a-z0-9]{1,8}$' }),
    }),
    response: empty,
  },
  'upload/pull': { request: Type.Object({ video, index, hash, sources: nodes }), response: empty },
  'upload/commit': { request: Type.Object({ video, as: video }), response: empty },
  'upload/abort': { request: Type.Object({ video }), response: empty },
  'replica/pull': { request: Type.Object({ video, sources: nodes }), response: empty },
  'video/restore': { request: Type.Object({ video }), response: empty },
  'chunk/get': { request: Type.Object({ video, index }), response: empty },
  'chunk/put': { request: Type.Object({ video, index, hash }), response: empty },
} as const satisfies Record<MessageType, { request: TSchema; response: TSchema }>

const FrameHeader = Type.Union([
  Type.Object({ t: Type.Literal('hello'), version: Type.Integer(), instance: short }),
  Type.Object({ t: Type.Literal('request'), id, type: short, header: Type.Unknown() }),
  Type.Object({ t: Type.Literal('answer'), id, header: Type.Unknown() }),
  Type.Object({
    t: Type.Literal('error'),
    id,
    code: short,
    message: Type.String({ maxLength: MAX_SENTENCE }),
    remedy: Type.Union([Type.String({ maxLength: MAX_SENTENCE }), Type.Null()]),
  }),
  Type.Object({ t: Type.Literal('cancel'), id }),
  Type.Object({ t: Type.Literal('probe'), id }),
  Type.Object({ t: Type.Literal('cloned') }),
])
/** What a frame's header says. `probe` is answered with `answer`; `cloned` tells a second living instance of one key to stop. */
export type FrameHeader = Static<typeof FrameHeader>

const frameHeader = Compile(FrameHeader)
const headers = new Map(
  Object.entries(messages).map(([type, { request, response }]) => [
    type,
    { request: Compile(request), response: Compile(response) },
  ]),
)

/** @throws PlaykiteError bad-request */
export function parseFrameHeader(value: unknown): FrameHeader {
  if (frameHeader.Check(value)) return value
  throw new PlaykiteError('bad-request', 'a frame has a header that no message has')
}

export function isMessageType(text: string): text is MessageType {
  return headers.has(text)
}

/** @throws PlaykiteError bad-request */
export function parseRequest<T extends MessageType>(type: T, value: unknown): Messages[T]['request'] {
  if (headers.get(type)?.request.Check(value) === true) return value as Messages[T]['request']
  throw new PlaykiteError('bad-request', `a request ${type} is not as it should be`)
}

/** @throws PlaykiteError bad-request */
export function parseAnswer<T extends MessageType>(type: T, value: unknown): Messages[T]['response'] {
  if (headers.get(type)?.response.Check(value) === true) return value as Messages[T]['response']
  throw new PlaykiteError('bad-request', `an answer to ${type} is not as it should be`)
}

/** An error as the other side told it. That the other side gave up means here that it cannot be reached. */
export function parseError(frame: Extract<FrameHeader, { t: 'error' }>): PlaykiteError {
  const known = Object.hasOwn(ERROR_CODES, frame.code) ? (frame.code as ErrorCode) : 'internal'
  const code = known === 'aborted' ? 'unreachable' : known
  return new PlaykiteError(code, frame.message, frame.remedy === null ? {} : { remedy: frame.remedy })
}
