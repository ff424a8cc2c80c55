import { randomBytes } from 'node:crypto'
import { pureJsCrypto } from '@chainsafe/libp2p-noise'
import { describe, expect, it } from 'vitest'
import { Uint8ArrayList } from 'uint8arraylist'
import { noiseCrypto } from '../../src/protocols/noise-crypto.ts'

type Crypto = typeof noiseCrypto
type Input = Parameters<Crypto['hashSHA256']>[0]

/** The same bytes whole and in pieces, as they come from the sockets. */
function shapes(bytes: Uint8Array): Input[] {
  const cut = Math.floor(bytes.length / 3)
  const list = new Uint8ArrayList(bytes.subarray(0, cut), bytes.subarray(cut))
  return [bytes, list as unknown as Input]
}

const hex = (data: { subarray(): Uint8Array }): string => Buffer.from(data.subarray()).toString('hex')
const sizes = [0, 1, 16, 32, 1199, 1200, 4096, 65519]

describe('noise cryptography beside the stock one', () => {
  it('hashes alike', () => {
    for (const size of sizes) {
      const data = randomBytes(size)
      for (const shape of shapes(data))
        expect(hex(noiseCrypto.hashSHA256(shape))).toBe(hex(pureJsCrypto.hashSHA256(data)))
    }
  })

  it('derives the same three keys, also from no input', () => {
    for (const size of [0, 32, 64]) {
      const [chain, input] = [randomBytes(32), randomBytes(size)]
      expect(noiseCrypto.getHKDF(chain, input).map(hex)).toEqual(pureJsCrypto.getHKDF(chain, input).map(hex))
    }
  })

  it('makes the same public key from a seed', () => {
    const seed = randomBytes(32)
    const [ours, stock] = [noiseCrypto, pureJsCrypto].map((crypto) =>
      crypto.generateX25519KeyPairFromSeed(seed),
    )
    expect(hex(ours!.publicKey)).toBe(hex(stock!.publicKey))
    expect(hex(ours!.privateKey)).toBe(hex(stock!.privateKey))
  })

  it('agrees on a shared key with the stock side, whoever made which pair', () => {
    const [ours, theirs] = [noiseCrypto.generateX25519KeyPair(), pureJsCrypto.generateX25519KeyPair()]
    const shared = hex(noiseCrypto.generateX25519SharedKey(ours.privateKey, theirs.publicKey))
    expect(hex(pureJsCrypto.generateX25519SharedKey(theirs.privateKey, ours.publicKey))).toBe(shared)
    expect(hex(pureJsCrypto.generateX25519SharedKey(ours.privateKey, theirs.publicKey))).toBe(shared)
    const [, listed] = shapes(theirs.publicKey)
    expect(hex(noiseCrypto.generateX25519SharedKey(ours.privateKey, listed!))).toBe(shared)
  })

  it('seals the same bytes and opens what the stock one sealed', () => {
    for (const size of sizes) {
      const [key, nonce, associated, text] = [
        randomBytes(32),
        randomBytes(12),
        randomBytes(32),
        randomBytes(size),
      ]
      const stock = pureJsCrypto.chaCha20Poly1305Encrypt(text, nonce, associated, key).subarray()
      for (const shape of shapes(text)) {
        expect(hex(noiseCrypto.chaCha20Poly1305Encrypt(shape, nonce, associated, key))).toBe(hex(stock))
      }
      for (const shape of shapes(stock)) {
        expect(hex(noiseCrypto.chaCha20Poly1305Decrypt(shape, nonce, associated, key))).toBe(hex(text))
      }
    }
  })

  it('refuses a changed byte, a changed tag and other associated data', () => {
    const [key, nonce, associated, text] = [
      randomBytes(32),
      randomBytes(12),
      randomBytes(32),
      randomBytes(2000),
    ]
    const sealed = noiseCrypto.chaCha20Poly1305Encrypt(text, nonce, associated, key).subarray()
    for (const at of [0, 1999, 2000, 2015]) {
      const changed = Uint8Array.from(sealed)
      changed[at]! ^= 1
      expect(() => noiseCrypto.chaCha20Poly1305Decrypt(changed, nonce, associated, key)).toThrow()
    }
    expect(() => noiseCrypto.chaCha20Poly1305Decrypt(sealed, nonce, randomBytes(32), key)).toThrow()
  })

  it('uses one key object for one key array, and another for another array of other bytes', () => {
    const [nonce, text] = [new Uint8Array(12), new Uint8Array(100)]
    const [first, second] = [randomBytes(32), randomBytes(32)]
    const seal = (crypto: Crypto, key: Uint8Array): string =>
      hex(crypto.chaCha20Poly1305Encrypt(text, nonce, new Uint8Array(0), key))
    for (const key of [first, second, first]) expect(seal(noiseCrypto, key)).toBe(seal(pureJsCrypto, key))
  })
})
