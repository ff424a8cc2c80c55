/**
 * The disk below the data folder, as few operations as crash safety needs. Paths are relative, with `/`, and never leave the folder.
 * What was written counts as kept only after `sync` of the file and `syncFolder` of the folder that names it; the crash-simulating
 * adapter of the tests drops everything else, in any order.
 */
export interface Files {
  /** Opens for reading and writing, creating the file (not its folder) if `create`. */
  open(path: string, options: { create: boolean }, signal: AbortSignal): Promise<OpenFile>
  /** @returns undefined if there is no such file */
  stat(path: string, signal: AbortSignal): Promise<FileStat | undefined>
  /** Names in a folder, without order; empty if the folder does not exist. */
  list(path: string, signal: AbortSignal): Promise<readonly string[]>
  /** Creates a folder and those above it. */
  makeFolder(path: string, signal: AbortSignal): Promise<void>
  rename(from: string, to: string, signal: AbortSignal): Promise<void>
  /** Deletes a file; nothing happens if there is none. */
  remove(path: string, signal: AbortSignal): Promise<void>
  /** Makes names that were added to or removed from a folder survive a crash. */
  syncFolder(path: string, signal: AbortSignal): Promise<void>
  /** Bytes that this disk can still take. */
  freeBytes(signal: AbortSignal): Promise<number>
}

export interface FileStat {
  readonly size: number
  /** Last change of the contents, wall clock in ms. */
  readonly changedAt: number
}

export interface OpenFile {
  /** Fills `into` from `offset`. @returns bytes read; fewer than `into` has only at the end of the file */
  read(into: Uint8Array, offset: number, signal: AbortSignal): Promise<number>
  /** Writes all of `bytes` at `offset`. @throws PlaykiteError no-space when the disk is full */
  write(bytes: Uint8Array, offset: number, signal: AbortSignal): Promise<void>
  truncate(size: number, signal: AbortSignal): Promise<void>
  sync(signal: AbortSignal): Promise<void>
  close(): Promise<void>
}
