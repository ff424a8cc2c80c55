import { PlaykiteClientError, asClientError } from './errors.ts'

/**
 * The bytes of an upload on their way to a node. Remembers why they ended too early: to the connection that is only a broken pipe, and a
 * node that was promised more bytes than come would wait for them for ever.
 */
export class UploadBody {
  readonly #bytes: AsyncIterable<Uint8Array>
  readonly #size: number | undefined
  #failure: PlaykiteClientError | undefined

  constructor(bytes: AsyncIterable<Uint8Array>, size: number | undefined) {
    this.#bytes = bytes
    this.#size = size
  }

  /** @throws PlaykiteClientError no-file when they cannot be read, or are more or fewer than was said */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const size = this.#size
    let count = 0
    // Held back until the source has ended: with its last byte the node would publish what may be the beginning of something longer.
    let last: Uint8Array | undefined
    const source = this.#bytes[Symbol.asyncIterator]()
    try {
      for (;;) {
        const { done, value } = await source.next().catch((error: unknown) => this.#fail(asReadError(error)))
        if (done === true) break
        if (value.length === 0) continue
        count += value.length
        if (size !== undefined && count > size) this.#fail(changed(size))
        if (count === size) last = value
        else yield value
      }
    } finally {
      await source.return?.()
    }
    if (size !== undefined && count < size) this.#fail(changed(size))
    if (last !== undefined) yield last
  }

  /** What an upload that failed with `error` really failed of. */
  reason(error: unknown, signal: AbortSignal): PlaykiteClientError {
    return signal.aborted || this.#failure === undefined ? asClientError(error, signal) : this.#failure
  }

  /** What the connection throws into the iteration is no failure of the bytes: only this is. */
  #fail(error: PlaykiteClientError): never {
    this.#failure = error
    throw error
  }
}

function changed(size: number): PlaykiteClientError {
  return new PlaykiteClientError(
    'no-file',
    `The file changed while it was read: it had ${size} bytes.`,
    'Publish it again when nothing writes to it any more.',
  )
}

function asReadError(error: unknown): PlaykiteClientError {
  if (error instanceof PlaykiteClientError) return error
  const message = error instanceof Error ? error.message : String(error)
  return new PlaykiteClientError('no-file', `The bytes cannot be read: ${message}.`, null, error)
}
