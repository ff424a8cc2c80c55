import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { contentId, hashChunk } from '../../src/core/content-id.ts'
import { chunkCount, chunkLength, chunksForRange, verifyManifest } from '../../src/core/manifest.ts'

const MiB = 1_048_576

/** UnixFS and dag-pb written by hand from their specifications, byte by byte, to hold the libraries against. */
function contentIdByHand(chunks: readonly Uint8Array[]): string {
  interface Node {
    readonly cid: Buffer
    readonly bytes: number
    readonly total: number
  }
  const sha = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()
  const varint = (value: number): Buffer => {
    const out: number[] = []
    for (let rest = value; ; rest = Math.floor(rest / 128)) {
      if (rest < 128) return Buffer.from([...out, rest])
      out.push((rest % 128) + 128)
    }
  }
  const field = (tag: number, bytes: Uint8Array): Buffer =>
    Buffer.concat([varint(tag), varint(bytes.length), bytes])
  const cidOf = (codec: number, bytes: Uint8Array): Buffer =>
    Buffer.concat([Buffer.from([1, codec, 0x12, 32]), sha(bytes)])
  let level: Node[] = chunks.map((chunk) => ({
    cid: cidOf(0x55, chunk),
    bytes: chunk.length,
    total: chunk.length,
  }))
  while (level.length > 1) {
    const above: Node[] = []
    for (let at = 0; at < level.length; at += 1024) {
      const children = level.slice(at, at + 1024)
      const size = children.reduce((sum, { bytes }) => sum + bytes, 0)
      const sizes = children.map(({ bytes }) => Buffer.concat([Buffer.from([0x20]), varint(bytes)]))
      const unixfs = Buffer.concat([Buffer.from([0x08, 2, 0x18]), varint(size), ...sizes])
      const links = children.map(({ cid, total }) =>
        field(
          0x12,
          Buffer.concat([field(0x0a, cid), field(0x12, Buffer.alloc(0)), Buffer.from([0x18]), varint(total)]),
        ),
      )
      const block = Buffer.concat([...links, field(0x0a, unixfs)])
      above.push({
        cid: cidOf(0x70, block),
        bytes: size,
        total: block.length + children.reduce((sum, { total }) => sum + total, 0),
      })
    }
    level = above
  }
  const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'
  let bits = ''
  for (const byte of level[0]!.cid) bits += byte.toString(2).padStart(8, '0')
  return `b${bits
    .match(/.{1,5}/g)!
    .map((five) => alphabet[Number.parseInt(five.padEnd(5, '0'), 2)])
    .join('')}`
}

function idOf(chunks: readonly Uint8Array[]): string {
  const size = chunks.reduce((sum, { length }) => sum + length, 0)
  return contentId(Buffer.concat(chunks.map(hashChunk)), size)
}

describe('the content id', () => {
  it('of no bytes is the one that IPFS prints', () => {
    expect(idOf([new Uint8Array()])).toBe('bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku')
  })

  const full = new Uint8Array(MiB).fill(7)
  const many = Array.from({ length: 1_030 }, (_, index) => (index === 1_029 ? Uint8Array.of(1, 2, 3) : full))
  it.each([
    ['1 byte', [Uint8Array.of(42)]],
    ['exactly 1 MiB', [full]],
    ['1 MiB + 1', [full, Uint8Array.of(1)]],
    ['1024 chunks', many.slice(0, 1024)],
    ['more than 1024 chunks', many],
  ])('of %s is the one of an implementation by hand', (_, chunks) => {
    expect(idOf(chunks)).toBe(contentIdByHand(chunks))
  })

  it('holds a manifest against its bytes', () => {
    const hashes = Buffer.concat([hashChunk(full), hashChunk(Uint8Array.of(1))])
    const manifest = { cid: contentId(hashes, MiB + 1), size: MiB + 1, hashes }
    expect(() => verifyManifest(manifest)).not.toThrow()
    expect(() => verifyManifest({ ...manifest, size: MiB })).toThrow(/root/)
    expect(() => verifyManifest({ ...manifest, hashes: Buffer.from(hashes).fill(0, 3, 4) })).toThrow(/root/)
  })
})

describe('chunks of a range', () => {
  it('cover exactly the bytes asked for, in order', () => {
    const numbers = fc.tuple(fc.nat(10 * MiB), fc.nat(10 * MiB), fc.nat(10 * MiB))
    fc.assert(
      fc.property(numbers, ([size, a, b]) => {
        const [start, end] = [Math.min(a, b), Math.max(a, b)]
        let at = start
        for (const { index, from, to } of chunksForRange(size, start, end)) {
          expect(index * MiB + from).toBe(at)
          expect(to).toBeGreaterThan(from)
          expect(to).toBeLessThanOrEqual(chunkLength(size, index))
          at = index * MiB + to
        }
        expect(at).toBe(Math.max(start, Math.min(end, size)))
      }),
    )
  })

  it('are counted so that their lengths make the size', () => {
    fc.assert(
      fc.property(fc.nat(50 * MiB), (size) => {
        const lengths = Array.from({ length: chunkCount(size) }, (_, index) => chunkLength(size, index))
        expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(size)
      }),
    )
  })
})
