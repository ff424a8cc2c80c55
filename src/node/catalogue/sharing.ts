import { PlaykiteError, isPlaykiteError, messageOf } from '../../core/errors.ts'
import type { NodeId } from '../../core/ids.ts'
import { packStatements, unpackStatements } from '../../core/statement-list.ts'
import type { Signed } from '../../core/statement-kinds.ts'
import { decodeStatement } from '../../core/statement.ts'
import type { Log } from '../../ports/log.ts'
import type { Network } from '../../ports/network.ts'
import type { Catalogue, CatalogueChange } from './catalogue.ts'

/** Milliseconds for a peer to take a list of statements: it verifies at most 1 MiB of them and writes one batch. */
const PUSH_MS = 15_000
/** Keys that wait for one peer. Beyond, they are dropped: the comparison by digests finds them. */
const MAX_WAITING_KEYS = 10_000

export interface SharingOptions {
  readonly network: Network
  readonly catalogue: Catalogue
  readonly log: Log
  /** Whether `a` said that it is connected to `b`: then news from `a` needs no relay to `b`. */
  readonly areConnected: (a: NodeId, b: NodeId) => boolean
  readonly lifetime: AbortSignal
}

/** Tells changes of the catalogue to connected members at once, and takes theirs. Relays to those that the teller does not reach. */
export class Sharing {
  readonly #options: SharingOptions
  readonly #waiting = new Map<NodeId, Set<string>>()
  readonly #pushing = new Set<NodeId>()

  constructor(options: SharingOptions) {
    this.#options = options
    const { network, catalogue } = options
    catalogue.onChange((change) => this.#share(change))
    network.handle('catalogue/push', async ({ from, body }) => {
      const accepted = await catalogue.accept(decodeAll(unpackStatements(body), options.log), from)
      return { header: { accepted } }
    })
  }

  /** Sends the statements that stand under `keys` now; several calls while one is under way become one message. */
  push(to: NodeId, keys: readonly string[]): void {
    const waiting = this.#waiting.get(to) ?? new Set()
    this.#waiting.set(to, waiting)
    for (const key of keys) if (waiting.size < MAX_WAITING_KEYS) waiting.add(key)
    if (!this.#pushing.has(to)) void this.#drain(to, waiting)
  }

  #share({ from, statements }: CatalogueChange): void {
    const { network, areConnected } = this.#options
    const keys = statements.map(({ key }) => key)
    for (const peer of network.connected()) {
      if (from === undefined || (peer !== from && !areConnected(from, peer))) this.push(peer, keys)
    }
  }

  async #drain(to: NodeId, waiting: Set<string>): Promise<void> {
    this.#pushing.add(to)
    try {
      while (waiting.size > 0 && !this.#options.lifetime.aborted) await this.#pushSome(to, waiting)
    } catch (error) {
      // On the next connection, or within a minute, the comparison finds what this peer lacks.
      this.#options.log.debug({ peer: to, reason: messageOf(error) }, 'Changes could not be told')
    } finally {
      this.#pushing.delete(to)
      this.#waiting.delete(to)
    }
  }

  async #pushSome(to: NodeId, waiting: Set<string>): Promise<void> {
    const { network, catalogue, lifetime } = this.#options
    const keys = [...waiting]
    const statements = keys.flatMap((key) => catalogue.statement(key) ?? [])
    const { body, count } = packStatements(statements.map(({ bytes }) => bytes))
    const left = new Set(statements.slice(count).map(({ key }) => key))
    for (const key of keys) if (!left.has(key)) waiting.delete(key)
    await network.request(to, 'catalogue/push', {}, { body, timeoutMs: PUSH_MS, signal: lifetime })
  }
}

/** Verifies statements of others. One that is not what it should be is left out, and does not harm the rest. */
export function decodeAll(statements: readonly Uint8Array[], log: Log): readonly Signed[] {
  return statements.flatMap((bytes) => {
    try {
      return [decodeStatement(bytes)]
    } catch (error) {
      if (!isPlaykiteError(error)) throw new PlaykiteError('internal', messageOf(error), { cause: error })
      log.warn({ reason: error.message }, 'A statement of another machine is not valid: it is left out')
      return []
    }
  })
}
