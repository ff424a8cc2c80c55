/**
 * Statements: what the catalogue is made of. Each is one JSON object, signed by the node that says it, stored and relayed as the bytes
 * that were signed, so that fields of later versions survive. Bytes = 64-byte Ed25519 signature (RFC 8032) of
 * "playkite-statement" ‖ 0x00 ‖ body, then the body, JSON in UTF-8.
 */
import { type KeyObject, createPublicKey, verify } from 'node:crypto'
import { base58btc } from 'multiformats/bases/base58'
import { statementKey } from './catalogue-key.ts'
import { PlaykiteError } from './errors.ts'
import type { Stamp } from './hybrid-clock.ts'
import type { Cid, NodeId, VideoId } from './ids.ts'
import { MAX_STATEMENT_BYTES } from './limits.ts'
import { parseStatement } from './statement-schema.ts'

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
export type StatementKind = Statement['kind']
export type StatementOf<K extends StatementKind> = Extract<Statement, { readonly kind: K }>
/** A statement with the bytes that were signed. */
export interface Signed<S extends Statement = Statement> {
  /** What it is about; of two statements with one key one wins (merge.ts). */
  readonly key: string
  readonly statement: S
  readonly bytes: Uint8Array
}

const SIGNATURE_BYTES = 64
const domain = new TextEncoder().encode('playkite-statement\0')
/** DER of a SubjectPublicKeyInfo for Ed25519 (RFC 8410), before the 32 bytes of the key. */
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex')
/** An Ed25519 peer id: identity multihash of the protobuf of the key, before the 32 bytes of the key. */
const peerIdPrefix = Buffer.from('002408011220', 'hex')
/** Public keys kept ready: every member's, and some that came and went. */
const MAX_KEYS = 1024
const keys = new Map<NodeId, KeyObject>()

export function encodeBody(statement: Statement): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(statement))
}

/** The bytes that a node signs. */
export function signedMessage(body: Uint8Array): Uint8Array {
  return concat(domain, body)
}

export function joinStatement(signature: Uint8Array, body: Uint8Array): Uint8Array {
  return concat(signature, body)
}

/** A statement of another node, verified. @throws PlaykiteError corrupt (too large, no valid statement, or not signed by `by`) */
export function decodeStatement(bytes: Uint8Array): Signed {
  const signed = readStatement(bytes)
  const signature = bytes.subarray(0, SIGNATURE_BYTES)
  const message = signedMessage(bytes.subarray(SIGNATURE_BYTES))
  if (!verify(null, message, publicKey(signed.statement.by), signature)) {
    throw new PlaykiteError('corrupt', `a statement was not signed by ${signed.statement.by}`)
  }
  return signed
}

/** A statement from this node's own disk: its signature was verified when it came. @throws PlaykiteError corrupt */
export function readStatement(bytes: Uint8Array): Signed {
  if (bytes.length > MAX_STATEMENT_BYTES) throw new PlaykiteError('corrupt', 'a statement is too large')
  const statement = parseStatement(parseJson(bytes.subarray(SIGNATURE_BYTES)))
  return { key: statementKey(statement), statement, bytes }
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch (error) {
    throw new PlaykiteError('corrupt', 'a statement is not JSON', { cause: error })
  }
}

function publicKey(id: NodeId): KeyObject {
  const known = keys.get(id)
  if (known !== undefined) return known
  const raw = base58btc.baseDecode(id).subarray(peerIdPrefix.length)
  const key = createPublicKey({ key: Buffer.concat([spkiPrefix, raw]), format: 'der', type: 'spki' })
  const oldest = keys.keys().next().value
  if (keys.size >= MAX_KEYS && oldest !== undefined) keys.delete(oldest)
  keys.set(id, key)
  return key
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length)
  joined.set(a)
  joined.set(b, a.length)
  return joined
}
