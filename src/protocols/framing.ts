/** Frames: how messages lie in a lane's bytes. u32 header length ‖ u32 body length (big-endian) ‖ header, JSON in UTF-8 ‖ body. */
import { PlaykiteError } from '../core/errors.ts'

/** Bytes of a header: a list of 100 sources, many times over. */
export const MAX_HEADER_BYTES = 64 * 1024
/** Bytes of a body: one chunk. */
export const MAX_BODY_BYTES = 1024 * 1024
/** Bytes before the header. */
export const PREFIX_BYTES = 8

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })
const noBody = new Uint8Array()

export interface Frame {
  /** Parsed JSON, not yet checked. */
  readonly header: unknown
  readonly body: Uint8Array
}

/** A frame as pieces for one write; the body is not copied. @throws PlaykiteError too-large */
export function encodeFrame(header: object, body: Uint8Array = noBody): readonly Uint8Array[] {
  const json = encoder.encode(JSON.stringify(header))
  if (json.length > MAX_HEADER_BYTES || body.length > MAX_BODY_BYTES) {
    throw new PlaykiteError(
      'too-large',
      `a message of ${json.length} + ${body.length} bytes is over its limit`,
    )
  }
  const head = new Uint8Array(PREFIX_BYTES + json.length)
  const view = new DataView(head.buffer)
  view.setUint32(0, json.length)
  view.setUint32(4, body.length)
  head.set(json, PREFIX_BYTES)
  return body.length === 0 ? [head] : [head, body]
}

/** Puts frames together from parts of any size. Each byte is copied once, into a buffer of its frame's own. */
export class FrameParser {
  readonly #onFrame: (frame: Frame) => void
  readonly #prefix = new Uint8Array(PREFIX_BYTES)
  #header: Uint8Array = noBody
  #body: Uint8Array = noBody
  /** Bytes of the current frame that are here, prefix included. */
  #filled = 0

  constructor(onFrame: (frame: Frame) => void) {
    this.#onFrame = onFrame
  }

  /** @throws PlaykiteError too-large, bad-request; the lane is of no use after that */
  push(part: Uint8Array): void {
    let rest = part
    while (rest.length > 0) {
      rest = rest.subarray(this.#take(rest))
      if (this.#isWhole()) this.#finish()
    }
  }

  /** @returns bytes taken: up to the end of prefix, header or body */
  #take(bytes: Uint8Array): number {
    const [into, at] = this.#place()
    const taken = Math.min(bytes.length, into.length - at)
    into.set(taken === bytes.length ? bytes : bytes.subarray(0, taken), at)
    this.#filled += taken
    if (this.#filled === PREFIX_BYTES) this.#begin()
    return taken
  }

  #place(): readonly [into: Uint8Array, at: number] {
    if (this.#filled < PREFIX_BYTES) return [this.#prefix, this.#filled]
    const inHeader = this.#filled - PREFIX_BYTES
    if (inHeader < this.#header.length) return [this.#header, inHeader]
    return [this.#body, inHeader - this.#header.length]
  }

  #begin(): void {
    const view = new DataView(this.#prefix.buffer)
    const headerBytes = view.getUint32(0)
    const bodyBytes = view.getUint32(4)
    if (headerBytes === 0 || headerBytes > MAX_HEADER_BYTES || bodyBytes > MAX_BODY_BYTES) {
      throw new PlaykiteError('too-large', `a frame claims ${headerBytes} + ${bodyBytes} bytes`)
    }
    this.#header = new Uint8Array(headerBytes)
    this.#body = bodyBytes === 0 ? noBody : new Uint8Array(bodyBytes)
  }

  #isWhole(): boolean {
    return (
      this.#filled >= PREFIX_BYTES && this.#filled === PREFIX_BYTES + this.#header.length + this.#body.length
    )
  }

  #finish(): void {
    const frame = { header: parseJson(this.#header), body: this.#body }
    this.#filled = 0
    this.#header = noBody
    this.#body = noBody
    this.#onFrame(frame)
  }
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes))
  } catch (error) {
    throw new PlaykiteError('bad-request', 'the header of a frame is not JSON', { cause: error })
  }
}
