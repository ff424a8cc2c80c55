import { isPlaykiteError, messageOf } from '../../core/errors.ts'
import type { NodeId } from '../../core/ids.ts'
import type { Log } from '../../ports/log.ts'
import type { Network } from '../../ports/network.ts'
import type { Work } from '../loop.ts'
import type { Members } from './members.ts'

/** Milliseconds for the one dial that decides whether a lost member is dead. */
const REDIAL_MS = 2_000

/** Connects to the addresses that were given by hand, until each has answered once; from then on the node is known and redialled. */
export class Joining implements Work {
  readonly name = 'joining'
  readonly #network: Network
  readonly #log: Log
  #waiting: readonly string[]

  constructor(network: Network, addresses: readonly string[], log: Log) {
    this.#network = network
    this.#waiting = addresses
    this.#log = log
  }

  async run(signal: AbortSignal): Promise<'busy' | 'idle'> {
    const left: string[] = []
    for (const address of this.#waiting) if (!(await this.#join(address, signal))) left.push(address)
    this.#waiting = left
    return 'idle'
  }

  async #join(address: string, signal: AbortSignal): Promise<boolean> {
    try {
      const id = await this.#network.join(address, signal)
      this.#log.info({ address, peer: id }, 'Joined the machine at the address given')
      return true
    } catch (error) {
      if (signal.aborted) throw error
      // An address that can never work was refused when the node started.
      this.#log.info(
        { address, reason: messageOf(error) },
        'Nobody answers at the address given; trying again',
      )
      return isPlaykiteError(error, 'bad-request')
    }
  }
}

/** A lost member is suspect until a redial decides: it comes back, or membership hears that the redial failed. */
export function redialSuspects(
  network: Network,
  members: Members,
  addressesOf: (id: NodeId) => readonly string[],
  lifetime: AbortSignal,
): void {
  const redial = async (id: NodeId): Promise<void> => {
    const signal = AbortSignal.any([lifetime, AbortSignal.timeout(REDIAL_MS)])
    try {
      await network.dial(id, addressesOf(id), signal)
    } catch (error) {
      if (!isPlaykiteError(error)) throw error
      if (!lifetime.aborted) members.apply({ type: 'redial-failed', id })
    }
  }
  members.onChange(({ id, to }) => {
    if (to === 'suspect') void redial(id)
  })
}
