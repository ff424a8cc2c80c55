/**
 * Statements: what the catalogue is made of. Each is one JSON object, signed by the node that says it, stored and relayed as the bytes
 * that were signed, so that fields of later versions survive. Bytes = 64-byte Ed25519 signature (RFC 8032) of
 * "playkite-statement" ‖ 0x00 ‖ body, then the body, JSON in UTF-8.
 */
import { type KeyObject, createPublicKey, verify } from 'node:crypto'
import { base58btc } from 'multiformats/bases/base58'
import { statementKey } from './catalogue-key.ts'
import { PlaykiteError } from './errors.ts'
import type { NodeId } from './ids.ts'
import { MAX_STATEMENT_BYTES } from './limits.ts'
import type { Signed, Statement } from './statement-kinds.ts'
import { parseStatement } from './statement-schema.ts'

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
