/** Chance, as loops see it. Tests give a seeded one. */
export interface Random {
  /** A number in [0, 1). */
  unit(): number
  /** A fresh lower-case UUIDv4. */
  uuid(): string
}
