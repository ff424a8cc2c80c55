import { COPIES_FOR_SAFE } from './limits.ts'

/**
 * How many nodes must have committed a video before publishing it succeeds: min(2, those that could keep it and are there).
 * @param keepers members with capacity that are alive or suspect
 */
export function copiesForSafe(keepers: number): number {
  return Math.max(1, Math.min(COPIES_FOR_SAFE, keepers))
}
