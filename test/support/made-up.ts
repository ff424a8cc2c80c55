import { createHash } from 'node:crypto'
import type { NodeId, VideoId } from '../../src/core/ids.ts'
import type { Signed, Statement } from '../../src/core/statement-kinds.ts'
import { encodeBody, joinStatement, readStatement, signedMessage } from '../../src/core/statement.ts'
import type { Signer } from '../../src/ports/signer.ts'
import { signerFromSeed } from '../../src/storage/node-key.ts'

/** The n-th node of a test: its key depends on the number alone. */
export function madeUpSigner(n: number): Signer {
  return signerFromSeed(createHash('sha256').update(`node ${n}`).digest())
}

export function madeUpNode(n: number): NodeId {
  return madeUpSigner(n).id
}

export function madeUpId(n: number): VideoId {
  const hex = createHash('sha256').update(`video ${n}`).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}` as VideoId
}

/** A statement with its signature. */
export function signed<S extends Statement>(signer: Signer, statement: Omit<S, 'v' | 'by'>): Signed<S> {
  const body = encodeBody({ v: 1, by: signer.id, ...statement } as unknown as Statement)
  return readStatement(joinStatement(signer.sign(signedMessage(body)), body)) as Signed<S>
}
