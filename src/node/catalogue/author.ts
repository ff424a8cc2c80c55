import { type Stamp, ZERO_STAMP, laterStamp, nextStamp } from '../../core/hybrid-clock.ts'
import type { Signed, Statement, StatementOf } from '../../core/statement-kinds.ts'
import { encodeBody, joinStatement, readStatement, signedMessage } from '../../core/statement.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Signer } from '../../ports/signer.ts'

type Kind = Statement['kind']
/** What the writer of a statement says; who says it and when is added here. */
export type Fields<K extends Kind> = Omit<StatementOf<K>, 'v' | 'kind' | 'at' | 'by'>

/** Writes this node's statements, each stamped later than all that it has seen. */
export class Author {
  readonly #signer: Signer
  readonly #clock: Clock
  #last: Stamp = ZERO_STAMP

  constructor(signer: Signer, clock: Clock) {
    this.#signer = signer
    this.#clock = clock
  }

  /** Everything that this node writes from now on is later than `at`. */
  seen(at: Stamp): void {
    this.#last = laterStamp(this.#last, at)
  }

  /** The latest stamp that it wrote or saw. */
  get last(): Stamp {
    return this.#last
  }

  /** Forgets all stamps: the next one has the wall clock's time. */
  restart(): void {
    this.#last = ZERO_STAMP
  }

  /** Says the same again, now. */
  rewrite(statement: Statement): Signed {
    const { v: _version, kind, at: _stamp, by: _self, ...fields } = statement
    return this.write(kind, fields)
  }

  write<K extends Kind>(kind: K, fields: Fields<K>): Signed<StatementOf<K>> {
    this.#last = nextStamp(this.#last, this.#clock.now())
    const statement = {
      v: 1,
      kind,
      at: this.#last,
      by: this.#signer.id,
      ...fields,
    } as unknown as StatementOf<K>
    const body = encodeBody(statement)
    const bytes = joinStatement(this.#signer.sign(signedMessage(body)), body)
    return readStatement(bytes) as Signed<StatementOf<K>>
  }
}
