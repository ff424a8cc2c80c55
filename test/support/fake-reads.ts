/** Reads of a fake node: deterministic bytes, chunk by chunk, that tests can hold up, break off and count. */
import { PlaykiteError } from '../../src/core/errors.ts'
import { CHUNK_BYTES } from '../../src/core/limits.ts'

/** Bytes `start` to `end` of an endless pattern in which no two chunks are alike. */
export function patternBytes(start: number, end: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(end - start)
  for (let at = start; at < end; at += 1)
    bytes[at - start] = (at * 31 + (at >>> 8) * 17 + (at >>> 20) * 7) & 0xff
  return bytes
}

interface FakeRead {
  readonly start: number
  readonly end: number
  readonly signal: AbortSignal
  /** Chunks handed out so far. */
  pulled: number
  /** Whether the reader has ended, for whatever reason. */
  ended: boolean
}

export interface FakeReads {
  /** All reads so far, the latest last. */
  readonly all: FakeRead[]
  /** Chunks that each read gives before it waits for `release`. */
  stallAfter: number
  /** What a read throws after `failAfter` chunks. */
  failure: PlaykiteError | undefined
  failAfter: number
  release(): void
  read(start: number, end: number, signal: AbortSignal): AsyncGenerator<Uint8Array>
}

export function createFakeReads(): FakeReads {
  let released = Promise.withResolvers<void>()
  const reads: FakeReads = {
    all: [],
    stallAfter: Infinity,
    failure: undefined,
    failAfter: 0,
    release() {
      reads.stallAfter = Infinity
      released.resolve()
      released = Promise.withResolvers<void>()
    },
    async *read(start, end, signal) {
      const read: FakeRead = { start, end, signal, pulled: 0, ended: false }
      reads.all.push(read)
      try {
        for (let at = start; at < end;) {
          if (read.pulled >= reads.stallAfter) await Promise.race([released.promise, rejection(signal)])
          if (reads.failure !== undefined && read.pulled >= reads.failAfter) throw reads.failure
          signal.throwIfAborted()
          const next = Math.min(end, (Math.floor(at / CHUNK_BYTES) + 1) * CHUNK_BYTES)
          read.pulled += 1
          yield patternBytes(at, next)
          at = next
        }
      } finally {
        read.ended = true
      }
    },
  }
  return reads
}

async function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const fail = (): void =>
      reject(new PlaykiteError('aborted', 'The reader gave up', { cause: signal.reason }))
    if (signal.aborted) fail()
    else signal.addEventListener('abort', fail)
  })
}
