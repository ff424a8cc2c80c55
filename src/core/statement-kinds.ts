/** What can be said in the catalogue (docs/architecture.md, "Data"). */
import type { Stamp } from './hybrid-clock.ts'
import type { Cid, NodeId, VideoId } from './ids.ts'

interface Said<K extends string> {
  readonly v: 1
  readonly kind: K
  readonly at: Stamp
  /** Who says and signs it. */
  readonly by: NodeId
}

/** What never changes about a video; `by` is its publisher. */
interface Birth extends Said<'birth'> {
  readonly video: VideoId
  readonly cid: Cid
  readonly size: number
  /** Media type. */
  readonly type: string
  /** File name extension without the dot. */
  readonly extension: string
  /** Seconds; null where it could not be found out. */
  readonly duration: number | null
  /** RFC 6381 codecs. */
  readonly codecs: string | null
  /** Wall clock in ms. */
  readonly createdAt: number
}

/** What people call a video; the latest wins. */
interface WordsOf extends Said<'words'> {
  readonly video: VideoId
  readonly title: string
  readonly description: string
  readonly tags: readonly string[]
}

/** Whether the node `by` keeps a replica; only itself can say. */
interface Copy extends Said<'copy'> {
  readonly video: VideoId
  readonly state: CopyState
}
export type CopyState = 'keeps' | 'arriving' | 'bad' | 'none'

interface Removal extends Said<'removal'> {
  readonly video: VideoId
  /** UUID of this removal. */
  readonly removal: string
}

/** Undoes the removals that it names; said by a holder that has the bytes. */
interface Restore extends Said<'restore'> {
  readonly video: VideoId
  readonly restore: string
  readonly removals: readonly string[]
}

/** The node `by` about itself. */
interface MemberOf extends Said<'member'> {
  /** The name that it wishes for. */
  readonly name: string
  readonly slot: string
  /** Bytes. */
  readonly capacity: number
  readonly zone: string
  /** Wall clock in ms of its first start. */
  readonly joinedAt: number
  readonly http: string | null
  /** Multiaddrs. */
  readonly addresses: readonly string[]
  readonly version: string
}

export type Statement = Birth | WordsOf | Copy | Removal | Restore | MemberOf
export type StatementOf<K extends Statement['kind']> = Extract<Statement, { readonly kind: K }>
/** A statement with the bytes that were signed. */
export interface Signed<S extends Statement = Statement> {
  /** What it is about; of two statements with one key one wins (merge.ts). */
  readonly key: string
  readonly statement: S
  readonly bytes: Uint8Array
}
