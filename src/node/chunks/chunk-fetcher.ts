import { hashChunk } from '../../core/content-id.ts'
import { PlaykiteError } from '../../core/errors.ts'
import type { NodeId, VideoId } from '../../core/ids.ts'
import { readAheadChunks } from '../../core/source-plan.ts'
import type { Log } from '../../ports/log.ts'
import type { Network } from '../../ports/network.ts'
import { type Sources, hedged } from './hedged.ts'

/** Milliseconds for one chunk from one holder: 1 MiB at half a Mbit/s. A slower one is as good as gone. */
const CHUNK_MS = 20_000

export interface WantedChunk {
  readonly video: VideoId
  readonly index: number
  /** SHA-256 that the bytes must have. */
  readonly hash: Uint8Array
}

/** Gets chunks from other nodes, each checked against its hash before anybody sees it. */
export class ChunkFetcher {
  readonly #network: Network
  readonly #sources: Sources
  readonly #log: Log

  constructor(network: Network, sources: Sources, log: Log) {
    this.#network = network
    this.#sources = sources
    this.#log = log
  }

  /** Chunks worth asking for at once. */
  readAhead(): number {
    return readAheadChunks(this.#sources.plan)
  }

  /** @throws PlaykiteError no-holder when nobody gave it within `stallMs`, aborted */
  async fetch(
    wanted: WantedChunk,
    candidates: () => readonly NodeId[],
    stallMs: number,
    signal: AbortSignal,
  ): Promise<{ readonly bytes: Uint8Array; readonly from: NodeId }> {
    const { value, from } = await hedged(
      this.#sources,
      {
        candidates,
        ask: (holder, stop) => this.#ask(holder, wanted, stop),
        stallMs,
        onFailed: (holder, error) => this.#failed(holder, wanted, error),
      },
      signal,
    )
    return { bytes: value, from }
  }

  async #ask(holder: NodeId, { video, index, hash }: WantedChunk, signal: AbortSignal): Promise<Uint8Array> {
    const options = { timeoutMs: CHUNK_MS, signal }
    const { body } = await this.#network.request(holder, 'chunk/get', { video, index }, options)
    if (Buffer.compare(hashChunk(body), hash) !== 0) {
      throw new PlaykiteError('corrupt', `${holder} sent other bytes than chunk ${index} of ${video} has`)
    }
    return body
  }

  #failed(holder: NodeId, { video, index }: WantedChunk, error: PlaykiteError): void {
    const fields = { peer: holder, video, chunk: index, code: error.code, reason: error.message }
    if (error.code === 'corrupt')
      this.#log.warn(fields, 'A machine sent wrong bytes: they were not passed on')
    else this.#log.debug(fields, 'A machine did not give a chunk')
  }
}
