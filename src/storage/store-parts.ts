import type { Clock } from '../ports/clock.ts'
import type { Files } from '../ports/files.ts'
import type { Records } from '../ports/records.ts'

/** What a video store is built over. */
export interface StoreParts {
  readonly files: Files
  readonly records: Records
  readonly clock: Clock
}
