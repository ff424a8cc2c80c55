import type { NodeId, VideoId } from './ids.ts'
import { UNDO_WINDOW_MS } from './limits.ts'
import type { Statement, StatementOf } from './statement-kinds.ts'

/** A video's record: its four parts, as far as they are known. */
export interface VideoRecord {
  readonly id: VideoId
  readonly birth?: StatementOf<'birth'>
  readonly words?: StatementOf<'words'>
  readonly copies: ReadonlyMap<NodeId, StatementOf<'copy'>>
  readonly removals: ReadonlyMap<string, StatementOf<'removal'>>
  readonly restores: ReadonlyMap<string, StatementOf<'restore'>>
}

type VideoStatement = Exclude<Statement, StatementOf<'member'>>

/** The record with a statement in it that has won its key. */
export function applyStatement(record: VideoRecord | undefined, statement: VideoStatement): VideoRecord {
  const now = record ?? emptyRecord(statement.video)
  switch (statement.kind) {
    case 'birth':
      return { ...now, birth: statement }
    case 'words':
      return { ...now, words: statement }
    case 'copy':
      return { ...now, copies: new Map(now.copies).set(statement.by, statement) }
    case 'removal':
      return { ...now, removals: new Map(now.removals).set(statement.removal, statement) }
    case 'restore':
      return { ...now, restores: new Map(now.restores).set(statement.restore, statement) }
  }
}

/** Nodes that say that they keep a replica. */
export function holdersOf(record: VideoRecord): readonly NodeId[] {
  return [...record.copies].filter(([, { state }]) => state === 'keeps').map(([id]) => id)
}

/** Removals that no restore names. */
export function openRemovals(record: VideoRecord): readonly StatementOf<'removal'>[] {
  const undone = new Set([...record.restores.values()].flatMap(({ removals }) => removals))
  return [...record.removals.values()].filter(({ removal }) => !undone.has(removal))
}

export function isRemoved(record: VideoRecord): boolean {
  return record.removals.size > 0 && openRemovals(record).length > 0
}

/** Wall clock in ms of the first removal that stands; undefined if the video is not removed. */
export function removedAt(record: VideoRecord): number | undefined {
  const times = openRemovals(record).map(({ at }) => at.ms)
  return times.length === 0 ? undefined : Math.min(...times)
}

/** Wall clock in ms until which holders keep the bytes of a removed video; undefined if it is not removed. */
export function restorableUntil(record: VideoRecord): number | undefined {
  const at = removedAt(record)
  return at === undefined ? undefined : at + UNDO_WINDOW_MS
}

/** Whether people see the video: all of it is known, somebody has committed it, and it is not removed. */
export function isListable(record: VideoRecord): boolean {
  return (
    record.birth !== undefined && record.words !== undefined && record.copies.size > 0 && !isRemoved(record)
  )
}

function emptyRecord(id: VideoId): VideoRecord {
  return { id, copies: new Map(), removals: new Map(), restores: new Map() }
}
