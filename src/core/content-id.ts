/**
 * The content id that IPFS computes for the same bytes: UnixFS, balanced layout, raw leaves of 1 MiB, at most 1024 links a node
 * (`ipfs add --cid-version=1 --raw-leaves --chunker=size-1048576 --max-file-links=1024`).
 * Sources: https://specs.ipfs.tech/unixfs/ and the go-ipfs balanced builder.
 */
import { hash } from 'node:crypto'
import { type PBLink, encode, prepare } from '@ipld/dag-pb'
import { UnixFS } from 'ipfs-unixfs'
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { create as createDigest } from 'multiformats/hashes/digest'
import { type Cid, parseCid } from './ids.ts'
import { CHUNK_BYTES, MAX_DAG_LINKS } from './limits.ts'

const HASH_BYTES = 32
/** Multicodec numbers. */
const SHA2_256 = 0x12
const DAG_PB = 0x70

/** A node of the DAG as its parent needs it. */
interface DagNode {
  readonly cid: CID
  /** Bytes of the file below it. */
  readonly fileBytes: number
  /** Bytes of its own block and all below: dag-pb's Tsize. */
  readonly dagBytes: number
}

/** @returns the SHA-256 of a chunk, 32 bytes */
export function hashChunk(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer')
}

/**
 * The content id of a video from its chunks' hashes.
 * @param hashes SHA-256 of each chunk, concatenated; one of no bytes for an empty video
 * @param size bytes of the video
 */
export function contentId(hashes: Uint8Array, size: number): Cid {
  let level = leaves(hashes, size)
  while (level.length > 1) level = parents(level)
  const [root] = level
  const cid = root === undefined ? undefined : parseCid(root.cid.toString())
  if (cid === undefined) throw new RangeError('a content id needs the hash of one chunk at least')
  return cid
}

function leaves(hashes: Uint8Array, size: number): readonly DagNode[] {
  return Array.from({ length: hashes.length / HASH_BYTES }, (_, index) => {
    const digest = createDigest(SHA2_256, hashes.slice(index * HASH_BYTES, (index + 1) * HASH_BYTES))
    const bytes = Math.min(CHUNK_BYTES, size - index * CHUNK_BYTES)
    return { cid: CID.createV1(raw.code, digest), fileBytes: bytes, dagBytes: bytes }
  })
}

function parents(level: readonly DagNode[]): readonly DagNode[] {
  return Array.from({ length: Math.ceil(level.length / MAX_DAG_LINKS) }, (_, index) =>
    parent(level.slice(index * MAX_DAG_LINKS, (index + 1) * MAX_DAG_LINKS)),
  )
}

function parent(children: readonly DagNode[]): DagNode {
  const blockSizes = children.map(({ fileBytes }) => BigInt(fileBytes))
  const data = new UnixFS({ type: 'file', blockSizes }).marshal()
  const links = children.map(({ cid, dagBytes }): PBLink => ({ Name: '', Tsize: dagBytes, Hash: cid }))
  const block = encode(prepare({ Data: data, Links: links }))
  return {
    cid: CID.createV1(DAG_PB, createDigest(SHA2_256, hashChunk(block))),
    fileBytes: sum(children.map(({ fileBytes }) => fileBytes)),
    dagBytes: block.length + sum(children.map(({ dagBytes }) => dagBytes)),
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
