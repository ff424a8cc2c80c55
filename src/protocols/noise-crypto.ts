import {
  type KeyObject,
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
} from 'node:crypto'
import type { ICryptoInterface } from '@chainsafe/libp2p-noise'
import { Uint8ArrayList } from 'uint8arraylist'

/**
 * Noise's cryptography by node:crypto alone, with one KeyObject per session key: in Node 24 a cipher made from raw key bytes costs about
 * 12 µs more a frame than one made from a KeyObject (docs/decisions/0002-noise-crypto.md). The bytes on the wire are those of the stock
 * implementation; a test compares every operation.
 */
export const noiseCrypto: ICryptoInterface = {
  hashSHA256(data) {
    const hash = createHash('sha256')
    for (const part of partsOf(data)) hash.update(part)
    return hash.digest()
  },
  getHKDF(chainingKey, inputKey) {
    const output = new Uint8Array(hkdfSync('sha256', inputKey, chainingKey, new Uint8Array(0), 96))
    return [output.subarray(0, 32), output.subarray(32, 64), output.subarray(64, 96)]
  },
  generateX25519KeyPair() {
    const { publicKey, privateKey } = generateKeyPairSync('x25519')
    const raw = privateKey.export({ type: 'pkcs8', format: 'der' }).subarray(PKCS8_X25519.length)
    keyObjects.set(raw, privateKey)
    return { privateKey: raw, publicKey: rawPublicKey(publicKey) }
  },
  generateX25519KeyPairFromSeed(seed) {
    return { privateKey: seed, publicKey: rawPublicKey(createPublicKey(privateKeyObject(seed))) }
  },
  generateX25519SharedKey(privateKey, publicKey) {
    const der = Buffer.concat([SPKI_X25519, publicKey.subarray()])
    return diffieHellman({
      privateKey: privateKeyObject(privateKey.subarray()),
      publicKey: createPublicKey({ key: der, type: 'spki', format: 'der' }),
    })
  },
  chaCha20Poly1305Encrypt(plaintext, nonce, associated, key) {
    const cipher = createCipheriv('chacha20-poly1305', secretKeyObject(key), nonce, {
      authTagLength: TAG_BYTES,
    })
    cipher.setAAD(associated, { plaintextLength: plaintext.byteLength })
    const parts = partsOf(plaintext).map((part) => cipher.update(part))
    cipher.final()
    return listOf([...parts, cipher.getAuthTag()])
  },
  chaCha20Poly1305Decrypt(sealed, nonce, associated, key) {
    const length = sealed.byteLength - TAG_BYTES
    const decipher = createDecipheriv('chacha20-poly1305', secretKeyObject(key), nonce, {
      authTagLength: TAG_BYTES,
    })
    decipher.setAAD(associated, { plaintextLength: length })
    decipher.setAuthTag(sealed.subarray(length))
    const text = sealed instanceof Uint8Array ? [sealed.subarray(0, length)] : sealed.sublist(0, length)
    const parts = partsOf(text).map((part) => decipher.update(part))
    decipher.final()
    const [only] = parts
    return parts.length === 1 && only !== undefined ? only : listOf(parts)
  },
}

/** Bytes of a Poly1305 tag. */
const TAG_BYTES = 16

/** What stands before a raw X25519 private key in PKCS#8 DER, and before a public one in SPKI DER (RFC 8410). */
const PKCS8_X25519 = Buffer.from('302e020100300506032b656e04220420', 'hex')
const SPKI_X25519 = Buffer.from('302a300506032b656e032100', 'hex')

/** By identity of the byte array: noise keeps one array a key for as long as the session lives, and never writes to it. */
const keyObjects = new WeakMap<Uint8Array, KeyObject>()

function secretKeyObject(raw: Uint8Array): KeyObject {
  return cached(raw, () => createSecretKey(raw))
}

function privateKeyObject(raw: Uint8Array): KeyObject {
  return cached(raw, () =>
    createPrivateKey({ key: Buffer.concat([PKCS8_X25519, raw]), type: 'pkcs8', format: 'der' }),
  )
}

function cached(raw: Uint8Array, make: () => KeyObject): KeyObject {
  const known = keyObjects.get(raw)
  if (known !== undefined) return known
  const made = make()
  keyObjects.set(raw, made)
  return made
}

function rawPublicKey(key: KeyObject): Uint8Array {
  return key.export({ type: 'spki', format: 'der' }).subarray(SPKI_X25519.length)
}

function partsOf(data: Uint8Array | Iterable<Uint8Array>): Uint8Array[] {
  return data instanceof Uint8Array ? [data] : [...data]
}

/**
 * A list, not one joined array: joining costs more than it saves. noise brings an older major of uint8arraylist, whose class TypeScript
 * holds apart from ours; at run time the two know each other by a shared symbol.
 */
function listOf(parts: Uint8Array[]): ReturnType<ICryptoInterface['chaCha20Poly1305Encrypt']> {
  return new Uint8ArrayList(...parts) as unknown as ReturnType<ICryptoInterface['chaCha20Poly1305Encrypt']>
}
