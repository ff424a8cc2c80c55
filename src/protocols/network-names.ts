import { createHash } from 'node:crypto'

/**
 * What a network's name looks like at each place that keeps networks apart. Any name does: it is hashed or escaped where characters or
 * length matter.
 */
export interface NetworkNames {
  /** Mixed into noise's handshake: nodes of other networks cannot connect even when they meet. It separates; it is no secret. */
  readonly prologue: Uint8Array
  /** The DNS-SD service under which nodes of this network announce themselves; its first label keeps RFC 6335's 15 characters. */
  readonly service: string
  readonly dhtProtocol: string
}

export function networkNames(network: string): NetworkNames {
  const prologue = createHash('sha256').update(network, 'utf8').digest()
  return {
    prologue,
    service: `_pk-${prologue.toString('hex', 0, 5)}._udp.local`,
    dhtProtocol: `/playkite/${encodeURIComponent(network)}/kad/1.0.0`,
  }
}
