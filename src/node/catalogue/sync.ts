import { isStatementKey } from '../../core/catalogue-key.ts'
import { Comparison, answerCompare } from '../../core/digest.ts'
import { PlaykiteError, messageOf } from '../../core/errors.ts'
import type { NodeId } from '../../core/ids.ts'
import { packStatements, unpackStatements } from '../../core/statement-list.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Log } from '../../ports/log.ts'
import type { Section } from '../../ports/messages.ts'
import type { Network } from '../../ports/network.ts'
import type { Work } from '../loop.ts'
import type { Catalogue } from './catalogue.ts'
import { type Sharing, decodeAll } from './sharing.ts'

/** Milliseconds between two comparisons with a peer: a lost change is found within this time. */
const COMPARE_EVERY_MS = 60_000
/** Milliseconds for one message of a comparison. */
const COMPARE_MS = 15_000
/** Keys asked for in one message. */
const MAX_KEYS = 4_000
/** Rounds of one comparison: the tree's depth is far below; a peer that goes on for ever is left. */
const MAX_ROUNDS = 200

const sections: readonly Section[] = ['members', 'removals', 'catalogue']

export interface SyncOptions {
  readonly network: Network
  readonly catalogue: Catalogue
  readonly sharing: Sharing
  readonly clock: Clock
  readonly log: Log
}

/**
 * Compares the catalogue with each connected member, on connect and every minute, at a cost that follows the difference. Of two members
 * the one with the lower id asks; it fetches what it lacks and pushes what the other lacks.
 */
export class Sync implements Work {
  readonly name = 'sync'
  readonly #options: SyncOptions
  readonly #dueAt = new Map<NodeId, number>()

  constructor(options: SyncOptions) {
    this.#options = options
    const { network, catalogue } = options
    network.handle('catalogue/compare', async ({ header, body }) => ({
      header: {},
      body: answerCompare(catalogue.index(header.section), body),
    }))
    network.handle('catalogue/fetch', async ({ body }) => {
      const keys = parseKeys(body)
      const statements = keys.map((key) => catalogue.statement(key)?.bytes ?? new Uint8Array())
      const packed = packStatements(statements)
      return { header: { next: packed.count < keys.length ? packed.count : null }, body: packed.body }
    })
  }

  /** One peer that is due. */
  async run(signal: AbortSignal): Promise<'busy' | 'idle'> {
    const peer = this.#nextDue()
    if (peer === undefined) return 'idle'
    this.#dueAt.set(peer, this.#options.clock.monotonic() + COMPARE_EVERY_MS)
    try {
      for (const section of sections) await this.#reconcile(peer, section, signal)
    } catch (error) {
      if (signal.aborted) throw error
      this.#options.log.debug({ peer, reason: messageOf(error) }, 'The catalogue could not be compared')
    }
    return 'busy'
  }

  /** A peer that has just connected is compared with at once. */
  connected(peer: NodeId): void {
    this.#dueAt.delete(peer)
  }

  #nextDue(): NodeId | undefined {
    const { network, clock } = this.#options
    const connected = network.connected()
    for (const known of this.#dueAt.keys()) if (!connected.includes(known)) this.#dueAt.delete(known)
    return connected.find((peer) => network.self < peer && (this.#dueAt.get(peer) ?? 0) <= clock.monotonic())
  }

  async #reconcile(peer: NodeId, section: Section, signal: AbortSignal): Promise<void> {
    const { network, catalogue, sharing } = this.#options
    const comparison = new Comparison(catalogue.index(section))
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const question = comparison.question()
      if (question === undefined) return
      const options = { body: question, timeoutMs: COMPARE_MS, signal }
      const answer = await network.request(peer, 'catalogue/compare', { section }, options)
      const { want, offer } = comparison.take(answer.body)
      sharing.push(peer, offer)
      await this.#fetch(peer, section, want, signal)
    }
  }

  async #fetch(peer: NodeId, section: Section, want: readonly string[], signal: AbortSignal): Promise<void> {
    const { network, catalogue, log } = this.#options
    let keys = want
    while (keys.length > 0) {
      const asked = keys.slice(0, MAX_KEYS)
      const body = new TextEncoder().encode(JSON.stringify(asked))
      const answer = await network.request(
        peer,
        'catalogue/fetch',
        { section },
        { body, timeoutMs: COMPARE_MS, signal },
      )
      const statements = unpackStatements(answer.body).filter((bytes) => bytes.length > 0)
      await catalogue.accept(decodeAll(statements, log), peer)
      const done = answer.header.next ?? asked.length
      if (done === 0) throw new PlaykiteError('refused', 'the other machine answers a fetch with nothing')
      keys = keys.slice(done)
    }
  }
}

/** @throws PlaykiteError bad-request */
function parseKeys(body: Uint8Array): readonly string[] {
  const refused = new PlaykiteError('bad-request', `a fetch names at most ${MAX_KEYS} statements in JSON`)
  let keys: unknown
  try {
    keys = JSON.parse(new TextDecoder().decode(body))
  } catch (error) {
    throw new PlaykiteError('bad-request', refused.message, { cause: error })
  }
  if (!Array.isArray(keys) || keys.length > MAX_KEYS) throw refused
  return keys.map((key: unknown) => {
    if (typeof key !== 'string' || !isStatementKey(key)) throw refused
    return key
  })
}
