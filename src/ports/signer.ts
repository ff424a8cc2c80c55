import type { NodeId } from '../core/ids.ts'

/** The node's key, without giving the key away. */
export interface Signer {
  readonly id: NodeId
  /** @returns the 64-byte Ed25519 signature of `bytes` */
  sign(bytes: Uint8Array): Uint8Array
}
