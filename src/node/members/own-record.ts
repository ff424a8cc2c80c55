import type { NodeId } from '../../core/ids.ts'
import type { StatementOf } from '../../core/statement-kinds.ts'
import type { Network } from '../../ports/network.ts'
import type { Author, Fields } from '../catalogue/author.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'
import type { Work } from '../loop.ts'

/** What this node says about itself in the catalogue, but for what it learns at run time. */
export interface OwnSettings {
  readonly name: string
  readonly capacity: number
  readonly zone: string
  readonly version: string
  /** Where its page is; undefined until the gateway listens. */
  readonly http: () => string | null
}

/** Keeps this node's member record true: written at the first start, and again whenever an address or a setting has changed. */
export class OwnRecord implements Work {
  readonly name = 'own-record'
  readonly #catalogue: Catalogue
  readonly #author: Author
  readonly #network: Network
  readonly #settings: OwnSettings
  readonly #now: () => number

  constructor(
    catalogue: Catalogue,
    author: Author,
    network: Network,
    settings: OwnSettings,
    now: () => number,
  ) {
    this.#catalogue = catalogue
    this.#author = author
    this.#network = network
    this.#settings = settings
    this.#now = now
  }

  async run(): Promise<'busy' | 'idle'> {
    const { self } = this.#network
    const kept = this.#catalogue.members().get(self)
    const fields = this.#fields(self, kept)
    if (kept === undefined || !saysTheSame(kept, fields)) {
      await this.#catalogue.accept([this.#author.write('member', fields)], undefined)
    }
    return 'idle'
  }

  #fields(self: NodeId, kept: StatementOf<'member'> | undefined): Fields<'member'> {
    const { name, capacity, zone, version, http } = this.#settings
    return {
      name,
      slot: kept?.slot ?? self,
      capacity,
      zone,
      joinedAt: kept?.joinedAt ?? this.#now(),
      http: http(),
      addresses: [...this.#network.addresses()].toSorted(),
      version,
    }
  }
}

function saysTheSame(kept: StatementOf<'member'>, fields: Fields<'member'>): boolean {
  return Object.entries(fields).every(
    ([field, value]) => JSON.stringify(kept[field as keyof Fields<'member'>]) === JSON.stringify(value),
  )
}
