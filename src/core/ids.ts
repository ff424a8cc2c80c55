/**
 * The names of things, as branded strings: a checked value cannot be confused with another kind, and costs nothing at run time.
 * Borders (HTTP, wire, disk, command line) call the `parse` functions; inside, the types are trusted.
 */

declare const brand: unique symbol
type Branded<Name extends string> = string & { readonly [brand]: Name }

/** A node: its libp2p peer id in base58 ("12D3Koo…"), which contains its Ed25519 public key. */
export type NodeId = Branded<'NodeId'>

/** A video: a lower-case UUIDv4, drawn by the publisher. */
export type VideoId = Branded<'VideoId'>

/** The content id of a video's bytes: CIDv1 in base32 lower case, as IPFS prints it. */
export type Cid = Branded<'Cid'>

const nodeIdPattern = /^12D3KooW[1-9A-HJ-NP-Za-km-z]{44}$/
const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const cidPattern = /^b[a-z2-7]{20,110}$/

/** @returns the id, or undefined if `text` is not an Ed25519 peer id */
export function parseNodeId(text: string): NodeId | undefined {
  return nodeIdPattern.test(text) ? (text as NodeId) : undefined
}

/** @returns the id, or undefined if `text` is not a lower-case UUIDv4 */
export function parseVideoId(text: string): VideoId | undefined {
  return uuidPattern.test(text) ? (text as VideoId) : undefined
}

/** @returns the content id, or undefined if `text` does not look like a base32 CIDv1 */
export function parseCid(text: string): Cid | undefined {
  return cidPattern.test(text) ? (text as Cid) : undefined
}

/** The pattern of a video id, for schemas at the borders. */
export const VIDEO_ID_PATTERN = uuidPattern.source
/** The pattern of a node id, for schemas at the borders. */
export const NODE_ID_PATTERN = nodeIdPattern.source
