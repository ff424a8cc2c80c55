import { contentId } from '../../core/content-id.ts'
import { PlaykiteError } from '../../core/errors.ts'
import { type VideoId, parseVideoId } from '../../core/ids.ts'
import { COPIES_FOR_SAFE, COPIES_WANTED } from '../../core/limits.ts'
import { type MediaSignature, SIGNATURE_BYTES, sniffMedia } from '../../core/media-signature.ts'
import type { Random } from '../../ports/random.ts'
import type { PublishRequest, Published } from '../api.ts'
import { orAborted } from '../bell.ts'
import type { Author } from '../catalogue/author.ts'
import type { ChunkFetcher } from '../chunks/chunk-fetcher.ts'
import type { SameBytes } from '../views/same-bytes.ts'
import type { VideoView } from '../views/video-view.ts'
import { chunksOf } from './chunks-of.ts'
import { CommitRound, type Entry } from './commit-round.ts'
import { probeUpload } from './probe-upload.ts'
import { ProgressTeller } from './progress.ts'
import { noBytes, notMedia, wrongSize } from './publish-errors.ts'
import { type ThirdCopyTools, livingCopies, makeMissingCopies } from './third-copy.ts'
import { Upload } from './upload.ts'
import { type Words, checkWords, titleOfFile } from './words.ts'

/** Milliseconds that a publish waits for the third copy after the acknowledgement, from its last progress on. */
const THIRD_COPY_MS = 10_000
/** Milliseconds between two looks at the copies. */
const LOOK_EVERY_MS = 100
/** Milliseconds for telling machines that a publish was given up. */
const ABORT_MS = 3_000
/** What bytes of no known kind are called. */
const UNKNOWN_KIND: MediaSignature = { type: 'application/octet-stream', extension: 'bin' }

export interface PublisherTools extends ThirdCopyTools {
  readonly author: Author
  readonly random: Random
  readonly fetcher: ChunkFetcher
  readonly sameBytes: SameBytes
  readonly view: VideoView
  /** Third copies are made as long as the node lives. */
  readonly lifetime: AbortSignal
}

/** One publish. */
interface Session {
  readonly upload: Upload
  readonly words: Words
  readonly media: MediaSignature
  readonly request: PublishRequest
  readonly progress: ProgressTeller
  /** Ends what is under way; fired by whoever asked until the acknowledgement, and at the end. */
  readonly ending: AbortController
  readonly signal: AbortSignal
  round: CommitRound | undefined
}

/** Publishes videos: bytes to the machines that will keep them, then the entry, then the acknowledgement, then the third copy. */
export class Publisher {
  readonly #tools: PublisherTools
  readonly #afterwards = new Set<Promise<void>>()

  constructor(tools: PublisherTools) {
    this.#tools = tools
  }

  /** @throws as NodeApi.publish */
  async publish(
    source: AsyncIterable<Uint8Array>,
    request: PublishRequest,
    signal: AbortSignal,
  ): Promise<Published> {
    const chunks = chunksOf(source)
    const words = checkWords({
      title: request.title ?? titleOfFile(request.fileName),
      description: request.description,
      tags: request.tags,
    })
    const first = await orAborted(chunks.next(), signal)
    if (first.done === true) throw noBytes()
    const media = sniffMedia(first.value.subarray(0, SIGNATURE_BYTES))
    if (media === undefined && !request.any) throw notMedia()
    const session = this.#begin(request, words, media ?? UNKNOWN_KIND)
    const onAbort = (): void => session.ending.abort(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      const entry = await this.#send(session, first.value, chunks)
      await this.#untilSafe(session, entry)
      // From here on the video stays, whatever becomes of whoever asked for it.
      signal.removeEventListener('abort', onAbort)
      return await this.#untilThird(session, entry)
    } catch (error) {
      signal.removeEventListener('abort', onAbort)
      // Lets the source go; if it hangs, it ends with whoever gave it, and nobody waits for it here.
      chunks.return(undefined).catch(() => undefined)
      await this.#retract(session)
      await this.#end(session)
      throw error
    }
  }

  /** Waits for third copies under way; they end with the node's lifetime. */
  async settled(): Promise<void> {
    await Promise.all(this.#afterwards)
  }

  #begin(request: PublishRequest, words: Words, media: MediaSignature): Session {
    const ending = new AbortController()
    const signal = AbortSignal.any([ending.signal, this.#tools.lifetime])
    const plan = {
      video: newVideoId(this.#tools.random),
      size: request.size ?? null,
      extension: media.extension,
    }
    const upload = new Upload(plan, this.#tools, signal)
    const progress = new ProgressTeller(this.#tools.clock, request)
    return { upload, words, media, request, progress, ending, signal, round: undefined }
  }

  /** Sends all bytes, and says under which id they are kept. */
  async #send(session: Session, first: Uint8Array, chunks: AsyncIterator<Uint8Array>): Promise<Entry> {
    const { upload, request, progress, signal } = session
    await upload.open()
    await upload.add(first)
    for (;;) {
      progress.receiving(upload.size)
      const next = await orAborted(chunks.next(), signal)
      if (next.done === true) break
      await upload.add(next.value)
    }
    if (request.size !== undefined && request.size !== upload.size) throw wrongSize(request.size, upload.size)
    const cid = contentId(upload.hashes, upload.size)
    const existing = request.again ? undefined : this.#tools.sameBytes.find(cid)
    return existing === undefined ? await this.#newEntry(session, cid) : this.#existingEntry(existing)
  }

  async #newEntry(
    { upload, words, media, signal }: Session,
    cid: ReturnType<typeof contentId>,
  ): Promise<Entry> {
    const { author, clock } = this.#tools
    const { duration, codecs } = await probeUpload(upload, this.#tools, signal)
    const { size } = upload
    const { video, extension } = upload.plan
    const createdAt = clock.now()
    const birth = author.write('birth', {
      ...{ video, cid, size, type: media.type, extension },
      ...{ duration, codecs, createdAt },
    })
    const statements = [birth, author.write('words', { video, ...words })]
    return { video, statements, existed: false, kept: [] }
  }

  /** The same bytes are there: they become copies, if it has too few. */
  #existingEntry(video: VideoId): Entry {
    const { catalogue, members } = this.#tools
    const keys = [`birth/${video}`, `words/${video}`]
    const statements = keys.flatMap((key) => catalogue.statement(key) ?? [])
    return { video, statements, existed: true, kept: livingCopies(catalogue, members, video) }
  }

  async #untilSafe(session: Session, entry: Entry): Promise<void> {
    const { catalogue } = this.#tools
    const { upload, progress, signal } = session
    const round = new CommitRound(upload, entry, this.#tools, signal)
    session.round = round
    round.onCopy = () => progress.copies(entry.kept.length + round.copies.length)
    await round.untilSafe()
    await catalogue.accept([...entry.statements, ...round.copies], undefined)
    progress.safe(this.#published(entry))
  }

  async #untilThird(session: Session, entry: Entry): Promise<Published> {
    const { catalogue, members, clock, lifetime } = this.#tools
    let isOver = false
    const rest = this.#finish(session, entry).finally(() => (isOver = true))
    this.#afterwards.add(rest)
    void rest.finally(() => this.#afterwards.delete(rest))
    let copies = 0
    let until = 0
    do {
      const now = livingCopies(catalogue, members, entry.video).length
      if (now > copies) {
        copies = now
        until = clock.monotonic() + THIRD_COPY_MS
        session.progress.copies(now)
      }
      if (copies >= COPIES_WANTED || isOver) break
      await clock.sleep(LOOK_EVERY_MS, lifetime)
    } while (clock.monotonic() < until)
    return this.#published(entry)
  }

  /** Lets the other machines of the publish commit, then asks others for what is missing. Never rejects. */
  async #finish(session: Session, entry: Entry): Promise<void> {
    const { catalogue, lifetime, log } = this.#tools
    const isComing = (): boolean => session.round?.isComing() ?? false
    try {
      await makeMissingCopies(entry.video, this.#tools, isComing, lifetime)
      await catalogue.accept(session.round?.copies ?? [], undefined)
    } catch (error) {
      if (!lifetime.aborted) log.warn({ video: entry.video, err: error }, 'The third copy could not be made')
    }
    await this.#end(session)
  }

  #published({ video, existed }: Entry): Published {
    const { view, catalogue, members } = this.#tools
    const copies = livingCopies(catalogue, members, video).length
    return { video: { ...view.video(video), existed }, safe: copies >= COPIES_FOR_SAFE }
  }

  /** A publish that failed although some machine had committed is not there: its entry is removed. */
  async #retract({ upload, round }: Session): Promise<void> {
    const { video } = upload.plan
    if (round?.copies.some(({ statement }) => statement.video === video) !== true) return
    const { author, catalogue, random } = this.#tools
    await catalogue.accept([author.write('removal', { video, removal: random.uuid() })], undefined)
  }

  /** Ends everything under way, and tells the machines to forget what they will not keep. */
  async #end({ upload, ending }: Session): Promise<void> {
    ending.abort(new PlaykiteError('aborted', 'the publish has ended'))
    await upload.abort(AbortSignal.timeout(ABORT_MS))
  }
}

function newVideoId(random: Random): VideoId {
  const id = parseVideoId(random.uuid())
  if (id === undefined) throw new PlaykiteError('internal', 'the source of ids gave none')
  return id
}
