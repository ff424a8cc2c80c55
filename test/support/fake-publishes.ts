/** Publishing on a fake node: everything is hashed and recorded, and tests can hold it up at its two steps. */
import { createHash } from 'node:crypto'
import type { PublishedVideo } from '../../src/contract/video.ts'
import { PlaykiteError } from '../../src/core/errors.ts'
import type { Published, PublishRequest } from '../../src/node/api.ts'

export interface FakePublish {
  readonly request: PublishRequest
  readonly signal: AbortSignal
  bytes: number
  /** SHA-256 in hex, once all bytes have come. */
  sha256: string | undefined
  outcome: 'running' | 'done' | 'failed'
}

export interface FakePublishes {
  readonly all: FakePublish[]
  /** Thrown by a publish before it takes any byte, if set. */
  failure: PlaykiteError | undefined
  /** Awaited before each piece of bytes is taken; resolves at once by default. */
  beforeEach: (publish: FakePublish) => Promise<void>
  /** Awaited between the acknowledgement and the third copy. */
  afterSafe: () => Promise<void>
  /** Whether the bytes are known already. */
  existed: boolean
  publish(bytes: AsyncIterable<Uint8Array>, request: PublishRequest, signal: AbortSignal): Promise<Published>
}

export function createFakePublishes(toVideo: (publish: FakePublish) => PublishedVideo): FakePublishes {
  const publishes: FakePublishes = {
    all: [],
    failure: undefined,
    beforeEach: async () => undefined,
    afterSafe: async () => undefined,
    existed: false,
    async publish(bytes, request, signal) {
      const publish: FakePublish = { request, signal, bytes: 0, sha256: undefined, outcome: 'running' }
      publishes.all.push(publish)
      try {
        if (publishes.failure !== undefined) throw publishes.failure
        await take(publish, bytes, publishes.beforeEach)
        const result = { video: { ...toVideo(publish), existed: publishes.existed }, safe: true }
        const counts = { bytes: publish.bytes, rate: null, eta: 0 }
        request.onProgress?.({ phase: 'safe', ...counts, copies: 2, result })
        await publishes.afterSafe()
        // A real node would not look at the signal any more; here it shows whether the gateway fired it.
        signal.throwIfAborted()
        publish.outcome = 'done'
        return { ...result, video: { ...result.video, copies: 3 } }
      } catch (error) {
        publish.outcome = 'failed'
        throw error
      }
    },
  }
  return publishes
}

async function take(
  publish: FakePublish,
  bytes: AsyncIterable<Uint8Array>,
  beforeEach: FakePublishes['beforeEach'],
): Promise<void> {
  const { request, signal } = publish
  const hash = createHash('sha256')
  await beforeEach(publish)
  for await (const piece of bytes) {
    signal.throwIfAborted()
    hash.update(piece)
    publish.bytes += piece.length
    request.onProgress?.({ phase: 'receiving', bytes: publish.bytes, rate: 1000, eta: null, copies: 0 })
    await beforeEach(publish)
  }
  signal.throwIfAborted()
  if (publish.bytes === 0)
    throw new PlaykiteError('empty', 'The file has no bytes.', { remedy: 'Choose another.' })
  publish.sha256 = hash.digest('hex')
}
