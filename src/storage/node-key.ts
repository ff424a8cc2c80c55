import { type KeyObject, createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { base58btc } from 'multiformats/bases/base58'
import { PlaykiteError } from '../core/errors.ts'
import { type NodeId, parseNodeId } from '../core/ids.ts'
import type { Signer } from '../ports/signer.ts'

/** Bytes of an Ed25519 private key (RFC 8032). */
export const SEED_BYTES = 32
/** DER of a PKCS #8 Ed25519 key (RFC 8410), before the seed. */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex')
/** Identity multihash of the protobuf of an Ed25519 public key, before the key: the libp2p peer id in bytes. */
const peerIdPrefix = Buffer.from('002408011220', 'hex')

/** Signs with a node's key, and has its id: the libp2p peer id. https://github.com/libp2p/specs/blob/master/peer-ids/peer-ids.md */
export function signerFromSeed(seed: Uint8Array): Signer {
  const der = Buffer.concat([pkcs8Prefix, seed])
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  return { id: nodeIdOf(key), sign: (bytes) => sign(null, bytes, key) }
}

function nodeIdOf(key: KeyObject): NodeId {
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-SEED_BYTES)
  const id = parseNodeId(base58btc.baseEncode(Buffer.concat([peerIdPrefix, publicKey])))
  if (id === undefined) throw new PlaykiteError('internal', 'the key gives no peer id')
  return id
}
