/**
 * Small records by key, ordered by key. A batch is one unit of work: after a crash it is there whole or not at all, and a synced one
 * is there.
 */
export interface Records {
  get(key: string, signal: AbortSignal): Promise<Uint8Array | undefined>
  /** Entries whose key starts with `prefix`, in key order, as they stood when the walk began. */
  entries(prefix: string, signal: AbortSignal): AsyncIterable<readonly [key: string, value: Uint8Array]>
  batch(
    operations: readonly RecordOperation[],
    options: { sync: boolean },
    signal: AbortSignal,
  ): Promise<void>
  close(): Promise<void>
}

export type RecordOperation =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly type: 'delete'; readonly key: string }
