import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { Health, type NodeInfo, NodeList, Resolved, Status } from '../contract/nodes.ts'
import { UploadLine } from '../contract/upload.ts'
import {
  type ListQuery,
  ManifestBody,
  type PublishedVideo,
  Removal,
  Video,
  type VideoChanges,
  VideoPage,
  WhyBody,
} from '../contract/video.ts'
import type { PlaykiteEvent } from '../contract/events.ts'
import { PlaykiteClientError, asClientError } from './errors.ts'
import { followEvents } from './events.ts'
import { NodeHttp, checked, lines, parse } from './http.ts'
import { UploadBody } from './upload-body.ts'
import { wholeChunks } from './whole-chunks.ts'

/** Where the node of this machine answers unless told otherwise. */
export const DEFAULT_ADDRESS = 'http://127.0.0.1:4600'

/** What to call what is stored. */
export interface StoreOptions {
  readonly title?: string
  readonly description?: string
  readonly tags?: readonly string[]
  /** File name, for the title and the extension. */
  readonly fileName?: string
  /** Bytes, if known: progress can then say how long it takes, and a cut-off upload is noticed. */
  readonly size?: number
  /** Takes anything, not only video and sound. */
  readonly any?: boolean
  /** Keeps the same bytes a second time. */
  readonly again?: boolean
  readonly onProgress?: (line: UploadLine) => void
  readonly signal?: AbortSignal
}

export interface Stored {
  readonly video: PublishedVideo
  /** Whether two machines have it. */
  readonly safe: boolean
}

export interface StreamOptions {
  /** First byte; the first one of all unless given. */
  readonly start?: number
  /** Byte after the last one. */
  readonly end?: number
  readonly signal?: AbortSignal
}

const never: AbortSignal = new AbortController().signal

/** A node of a Playkite network, as programs use it. Every method throws `PlaykiteClientError`. */
export class Playkite {
  readonly #http: NodeHttp

  constructor(address: string) {
    this.#http = new NodeHttp(address)
  }

  /** Publishes bytes. Resolves at three copies, or 10 s after it is safe without progress of the third. */
  async store(bytes: AsyncIterable<Uint8Array>, options: StoreOptions = {}): Promise<Stored> {
    let stored: Stored | undefined
    for await (const line of this.storing(bytes, options)) {
      options.onProgress?.(line)
      if (line.phase === 'safe' || line.phase === 'done') stored = { video: line.video, safe: line.safe }
    }
    if (stored !== undefined) return stored
    throw new PlaykiteClientError('unreachable', 'The node ended its answer too soon.', 'Try again.')
  }

  /**
   * As `store`, telling how it goes: leave the loop at `safe` and the rest happens without you. Ends with `safe` instead of `done` when the
   * node goes away in between: what was acknowledged stays.
   */
  async *storing(bytes: AsyncIterable<Uint8Array>, options: StoreOptions = {}): AsyncGenerator<UploadLine> {
    const { title, description, tags, fileName, size, any, again, signal = never } = options
    const length: Record<string, string> = size === undefined ? {} : { 'content-length': String(size) }
    const body = new UploadBody(bytes, size)
    let isAcknowledged = false
    const query = { title, description, tag: tags, name: fileName, any, again }
    const headers = { accept: 'application/x-ndjson', 'content-type': 'application/octet-stream', ...length }
    try {
      const call = { method: 'PUT', path: '/upload', query, headers, body } as const
      for await (const text of lines(await this.#http.open(call, signal), signal)) {
        if (text.trim() === '') continue
        const line = checked(UploadLine, parse(text))
        if (line.phase === 'failed') {
          throw new PlaykiteClientError(line.error.code, line.error.message, line.error.remedy)
        }
        isAcknowledged ||= line.phase === 'safe'
        yield line
      }
    } catch (error) {
      const reason = body.reason(error, signal)
      if (!isAcknowledged || reason.code !== 'unreachable') throw reason
    }
  }

  /** One page of the list of all videos. */
  async list(query: ListQuery = {}, signal: AbortSignal = never): Promise<VideoPage> {
    return await this.#http.json(VideoPage, { path: '/videos', query }, signal)
  }

  /** All videos, page by page. */
  async *index(query: Omit<ListQuery, 'after'> = {}, signal: AbortSignal = never): AsyncGenerator<Video> {
    let after: string | null | undefined
    do {
      const page = await this.list(
        { ...query, ...(after !== undefined && after !== null && { after }) },
        signal,
      )
      yield* page.videos
      after = page.next
    } while (after !== null)
  }

  async read(id: string, signal: AbortSignal = never): Promise<Video> {
    return await this.#http.json(Video, { path: '/video', query: { id } }, signal)
  }

  /** Bytes of a video, each chunk checked against its hash before it is passed on. */
  async *stream(id: string, options: StreamOptions = {}): AsyncGenerator<Uint8Array> {
    const { signal = never } = options
    const { size, chunkSize, chunks } = await this.manifest(id, signal)
    const start = Math.max(0, options.start ?? 0)
    const end = Math.min(options.end ?? size, size)
    if (end <= start) return
    const first = Math.floor(start / chunkSize)
    const last = Math.floor((end - 1) / chunkSize)
    const response = await this.#range(id, first * chunkSize, Math.min(size, (last + 1) * chunkSize), signal)
    let index = first
    for await (const chunk of wholeChunks(
      response,
      (at) => Math.min(chunkSize, size - at * chunkSize),
      first,
      signal,
    )) {
      if (createHash('sha256').update(chunk).digest('hex') !== chunks[index]) {
        throw new PlaykiteClientError('corrupt', `Part ${index} of the video arrived damaged.`, 'Try again.')
      }
      const base = index * chunkSize
      yield chunk.subarray(Math.max(0, start - base), Math.min(chunk.length, end - base))
      index += 1
      if (index > last) break
    }
    if (index <= last) throw asClientError(new Error('the stream ended too soon'), signal)
  }

  async edit(id: string, changes: VideoChanges, signal: AbortSignal = never): Promise<Video> {
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify(changes)
    return await this.#http.json(
      Video,
      { method: 'PATCH', path: '/video', query: { id }, headers, body },
      signal,
    )
  }

  /** Removes a video; `restore` brings it back within the undo window. */
  async delete(id: string, signal: AbortSignal = never): Promise<Removal> {
    return await this.#http.json(Removal, { method: 'DELETE', path: '/video', query: { id } }, signal)
  }

  async restore(id: string, signal: AbortSignal = never): Promise<Removal> {
    return await this.#http.json(Removal, { method: 'POST', path: '/restore', query: { id } }, signal)
  }

  /** Content id and chunk hashes: what `stream` checks by. */
  async manifest(id: string, signal: AbortSignal = never): Promise<ManifestBody> {
    return await this.#http.json(ManifestBody, { path: '/manifest', query: { id } }, signal)
  }

  /** Rank, band and holders of a video, each with the reason. */
  async why(id: string, signal: AbortSignal = never): Promise<WhyBody> {
    return await this.#http.json(WhyBody, { path: '/why', query: { id } }, signal)
  }

  /** A video by id, unique prefix of its id, or exact title. */
  async resolveVideo(text: string, signal: AbortSignal = never): Promise<Resolved> {
    return await this.#http.json(Resolved, { path: '/resolve', query: { video: text } }, signal)
  }

  /** A node by name, id, or unique prefix of its id. */
  async resolveNode(text: string, signal: AbortSignal = never): Promise<Resolved> {
    return await this.#http.json(Resolved, { path: '/resolve', query: { node: text } }, signal)
  }

  async nodes(signal: AbortSignal = never): Promise<NodeInfo[]> {
    return await this.#http.json(NodeList, { path: '/nodes' }, signal)
  }

  async status(signal: AbortSignal = never): Promise<Status> {
    return await this.#http.json(Status, { path: '/status' }, signal)
  }

  async health(signal: AbortSignal = never): Promise<Health> {
    return await this.#http.json(Health, { path: '/healthz' }, signal)
  }

  /**
   * What changes from now on: `for await (const { event, data } of await playkite.events(signal))`. Survives restarts of the node, and says
   * `reset` when something may have been missed. Ends when `signal` fires.
   */
  async events(signal: AbortSignal): Promise<AsyncGenerator<PlaykiteEvent>> {
    return await followEvents(this.#http, signal)
  }

  /** Where a player finds the video. */
  streamUrl(id: string): string {
    return this.#http.url({ path: '/stream', query: { id } }).href
  }

  /** Where a person watches it. */
  pageUrl(id: string): string {
    return this.#http.url({ path: '/', query: { video: id } }).href
  }

  async #range(id: string, start: number, end: number, signal: AbortSignal): Promise<IncomingMessage> {
    const headers = { range: `bytes=${start}-${end - 1}` }
    return await this.#http.open({ path: '/stream', query: { id }, headers }, signal)
  }
}

/** A client of the node at `address`, after a look whether it answers. @throws PlaykiteClientError unreachable */
export async function connect(
  address: string = DEFAULT_ADDRESS,
  signal: AbortSignal = never,
): Promise<Playkite> {
  const client = new Playkite(address)
  await client.health(signal)
  return client
}
