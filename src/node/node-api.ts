import { PlaykiteError } from '../core/errors.ts'
import type { NodeId, VideoId } from '../core/ids.ts'
import { type Resolution, resolveNode, resolveVideo } from '../core/resolve.ts'
import type { NodeInfo, Resolved, Status } from '../contract/nodes.ts'
import type { ListQuery, Removal, Video, VideoChanges, VideoPage, WhyBody } from '../contract/video.ts'
import type { EventLog, NodeApi, PublishRequest, Published, StreamInfo } from './api.ts'
import type { Author } from './catalogue/author.ts'
import type { Catalogue } from './catalogue/catalogue.ts'
import type { Members } from './members/members.ts'
import type { Publisher } from './publish/publisher.ts'
import { checkWords } from './publish/words.ts'
import type { Removals } from './removal/removals.ts'
import type { Listing } from './views/listing.ts'
import type { NetworkView } from './views/network-view.ts'
import { type VideoView, isListed, notFound } from './views/video-view.ts'
import type { Reader } from './watch/reader.ts'

/** Candidates that an ambiguous name is told with. */
const MAX_TOLD = 8

export interface ServiceParts {
  readonly id: NodeId
  readonly network: string
  readonly version: string
  readonly catalogue: Catalogue
  readonly author: Author
  readonly members: Members
  readonly view: VideoView
  readonly listing: Listing
  readonly networkView: NetworkView
  readonly publisher: Publisher
  readonly reader: Reader
  readonly removals: Removals
  readonly events: EventLog
}

/** What a node does for people, over its services. */
export class ServiceApi implements NodeApi {
  readonly id: NodeId
  readonly network: string
  readonly version: string
  readonly events: EventLog
  readonly #parts: ServiceParts

  constructor(parts: ServiceParts) {
    this.#parts = parts
    this.id = parts.id
    this.network = parts.network
    this.version = parts.version
    this.events = parts.events
  }

  name(): string {
    return this.#parts.members.nameOf(this.id)
  }

  list(query: ListQuery): VideoPage {
    return this.#parts.listing.page(query)
  }

  video(id: VideoId): Video {
    return this.#parts.view.video(id)
  }

  resolveVideo(text: string): Resolved {
    const { catalogue } = this.#parts
    const listed = [...catalogue.videos()].filter(isListed)
    const titles = listed.map(({ id, words }) => ({ id, title: words.title }))
    const found = resolveVideo(text, titles)
    // A removed one can be named too, so that it can be restored; those that are there come first.
    const all = [...catalogue.videos()].map(({ id, words }) => ({ id, title: words?.title ?? '' }))
    const removed = found.type === 'none' ? resolveVideo(text, all) : found
    if (removed.type === 'none') throw notFound(`"${text}"`)
    const id = only(removed, text, 'videos')
    return { id, name: catalogue.video(id)?.words?.title ?? '' }
  }

  resolveNode(text: string): Resolved {
    const nodes = this.#parts.members.list()
    const found = resolveNode(text, nodes)
    if (found.type === 'none') {
      throw new PlaykiteError('not-found', `There is no node "${text}".`, {
        remedy: '`playkite nodes` shows all.',
      })
    }
    const id = only(found, text, 'nodes')
    return { id, name: this.#parts.members.nameOf(id) }
  }

  nodes(): NodeInfo[] {
    return this.#parts.networkView.nodes()
  }

  status(): Status {
    return this.#parts.networkView.status()
  }

  why(id: VideoId): WhyBody {
    return this.#parts.networkView.why(id)
  }

  async publish(
    bytes: AsyncIterable<Uint8Array>,
    request: PublishRequest,
    signal: AbortSignal,
  ): Promise<Published> {
    return await this.#parts.publisher.publish(bytes, request, signal)
  }

  async edit(id: VideoId, changes: VideoChanges): Promise<Video> {
    const { view, author, catalogue } = this.#parts
    const { title, description, tags } = view.record(id).words
    const words = checkWords({
      title: changes.title ?? title,
      description: changes.description ?? description,
      tags: changes.tags ?? tags,
    })
    await catalogue.accept([author.write('words', { video: id, ...words })], undefined)
    return view.video(id)
  }

  async remove(id: VideoId): Promise<Removal> {
    return await this.#parts.removals.remove(id)
  }

  async restore(id: VideoId, signal: AbortSignal): Promise<Removal> {
    return await this.#parts.removals.restore(id, signal)
  }

  streamInfo(id: VideoId): StreamInfo {
    const { birth, words } = this.#parts.view.record(id)
    const { cid, size, type } = birth
    return { cid, size, type, title: words.title, createdAt: new Date(birth.createdAt).toISOString() }
  }

  read(id: VideoId, start: number, end: number, signal: AbortSignal): AsyncIterable<Uint8Array> {
    return this.#parts.reader.read(id, start, end, signal)
  }

  async manifest(id: VideoId, signal: AbortSignal): ReturnType<NodeApi['manifest']> {
    return await this.#parts.reader.manifest(id, signal)
  }
}

/** @throws PlaykiteError ambiguous */
function only<Id extends string>(
  found: Exclude<Resolution<Id>, { type: 'none' }>,
  text: string,
  what: string,
): Id {
  if (found.type === 'one') return found.id
  const told = found.ids.slice(0, MAX_TOLD).join(', ')
  const more = found.ids.length > MAX_TOLD ? `, and ${found.ids.length - MAX_TOLD} more` : ''
  throw new PlaykiteError('ambiguous', `"${text}" fits ${found.ids.length} ${what}: ${told}${more}.`, {
    remedy: 'Use a longer part of the id.',
  })
}
