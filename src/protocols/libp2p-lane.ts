import type { Stream } from '@libp2p/interface'
import { Uint8ArrayList } from 'uint8arraylist'
import { PlaykiteError } from '../core/errors.ts'
import type { Lane } from './lane.ts'

/** Writes waiting on one lane. Far above what links keep in flight; a peer that takes nothing must not fill our memory. */
const MAX_QUEUED_WRITES = 1024

interface Write {
  readonly data: Uint8ArrayList
  readonly signal: AbortSignal
  readonly settle: PromiseWithResolvers<void>
  readonly stopListening: () => void
}

/**
 * A lane over a libp2p stream: one write at a time is with the stream; the next follows when the stream has nothing left of it.
 *
 * What libp2p 3 does that is easily taken wrongly: `send` always accepts; `drain` is told to every stream of a connection when its socket
 * has room, whether or not this stream has bytes left; `idle` is told inside `send`'s own loop, where a nested `send` would be left lying;
 * `onDrain()` works only once. Therefore: on any of these events, a turn later, look at the stream's state.
 */
export class Libp2pLane implements Lane {
  readonly #stream: Stream
  readonly #queue: Write[] = []
  #current: Write | undefined
  #onClose: ((error: Error | undefined) => void) | undefined
  #ended: { readonly error: Error | undefined } | undefined
  #looking = false

  constructor(stream: Stream) {
    this.#stream = stream
    stream.addEventListener('drain', this.#lookSoon)
    stream.addEventListener('idle', this.#lookSoon)
    stream.addEventListener('remoteCloseWrite', this.#onRemoteEnd)
    stream.addEventListener('close', this.#onStreamClose)
    if (stream.status !== 'open') queueMicrotask(() => this.#end(undefined))
  }

  write(pieces: readonly Uint8Array[], signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(gaveUp(signal))
    if (this.#ended !== undefined) return Promise.reject(hasEnded(this.#ended.error))
    if (this.#queue.length >= MAX_QUEUED_WRITES) {
      return Promise.reject(
        new PlaykiteError('unreachable', 'the other machine takes nothing of what is sent to it'),
      )
    }
    const settle = Promise.withResolvers<void>()
    const onAbort = (): void => settle.reject(gaveUp(signal))
    signal.addEventListener('abort', onAbort, { once: true })
    const stopListening = (): void => signal.removeEventListener('abort', onAbort)
    this.#queue.push({ data: new Uint8ArrayList(...pieces), signal, settle, stopListening })
    this.#look()
    return settle.promise
  }

  onBytes(listener: (bytes: Uint8Array) => void): void {
    this.#stream.addEventListener('message', ({ data }) => {
      if (data instanceof Uint8Array) listener(data)
      else for (const part of data) listener(part)
    })
  }

  onClose(listener: (error: Error | undefined) => void): void {
    const ended = this.#ended
    if (ended === undefined) this.#onClose = listener
    else queueMicrotask(() => listener(ended.error))
  }

  abort(reason: string): void {
    this.#stream.abort(new PlaykiteError('aborted', reason))
    this.#end(undefined)
  }

  pause(): void {
    if (this.#stream.readStatus === 'readable') this.#stream.pause()
  }

  resume(): void {
    if (this.#stream.readStatus === 'paused') this.#stream.resume()
  }

  readonly #lookSoon = (): void => {
    if (this.#looking) return
    this.#looking = true
    queueMicrotask(() => {
      this.#looking = false
      this.#look()
    })
  }

  /** Settles the write that has left, and hands over the next ones until one stays in the stream's buffers. */
  #look(): void {
    while (this.#ended === undefined) {
      if (this.#current !== undefined) {
        if (this.#stream.writableNeedsDrain || this.#stream.writeBufferLength > 0) return
        const left = this.#current
        this.#current = undefined
        finish(left)
      }
      const next = this.#queue.shift()
      if (next === undefined) return
      if (next.signal.aborted) finish(next)
      else this.#hand(next)
    }
  }

  #hand(write: Write): void {
    this.#current = write
    try {
      this.#stream.send(write.data)
    } catch (error) {
      this.#end(error instanceof Error ? error : new Error(String(error)))
    }
  }

  /** A peer that closed its writing half has gone as far as we are concerned: lanes end as a whole. */
  readonly #onRemoteEnd = (): void => {
    if (this.#ended !== undefined) return
    this.#stream.abort(new PlaykiteError('aborted', 'the other side ended the lane'))
    this.#end(undefined)
  }

  readonly #onStreamClose = (event: Event): void => {
    this.#end('error' in event && event.error instanceof Error ? event.error : undefined)
  }

  #end(error: Error | undefined): void {
    if (this.#ended !== undefined) return
    this.#ended = { error }
    const waiting = [...(this.#current === undefined ? [] : [this.#current]), ...this.#queue.splice(0)]
    this.#current = undefined
    for (const write of waiting) {
      write.stopListening()
      write.settle.reject(hasEnded(error))
    }
    this.#onClose?.(error)
  }
}

function finish(write: Write): void {
  write.stopListening()
  write.settle.resolve()
}

function gaveUp(signal: AbortSignal): PlaykiteError {
  return new PlaykiteError('aborted', 'the message was given up before it was sent', { cause: signal.reason })
}

function hasEnded(cause: Error | undefined): PlaykiteError {
  return new PlaykiteError('unreachable', 'the connection to the other machine has ended', { cause })
}
