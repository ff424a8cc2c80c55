import { PlaykiteError } from '../core/errors.ts'
import type { Records } from '../ports/records.ts'

/** Part of the free space that a node gives at its first start: the rest is for whoever owns the machine. */
const CAPACITY_SHARE = 0.8
const KEY = 'own/settings'

/** What a node keeps about itself from its first start on. */
export interface OwnSettings {
  /** The P2P port of last time; 0 before the first. */
  readonly port: number
  /** Bytes that it gives to the network; only a person changes it. */
  readonly capacity: number
}

/** @param freeBytes of the disk, for the first start @throws PlaykiteError corrupt */
export async function readOwnSettings(
  records: Records,
  given: { readonly port: number | undefined; readonly capacity: number | undefined },
  freeBytes: () => Promise<number>,
  signal: AbortSignal,
): Promise<OwnSettings> {
  const kept = parse(await records.get(KEY, signal))
  return {
    port: given.port ?? kept?.port ?? 0,
    capacity: given.capacity ?? kept?.capacity ?? Math.floor((await freeBytes()) * CAPACITY_SHARE),
  }
}

export async function keepOwnSettings(
  records: Records,
  { port, capacity }: OwnSettings,
  signal: AbortSignal,
): Promise<void> {
  const value = new TextEncoder().encode(JSON.stringify({ v: 1, port, capacity }))
  await records.batch([{ type: 'put', key: KEY, value }], { sync: true }, signal)
}

function parse(bytes: Uint8Array | undefined): OwnSettings | undefined {
  if (bytes === undefined) return undefined
  const value: unknown = JSON.parse(new TextDecoder().decode(bytes))
  const isObject = typeof value === 'object' && value !== null
  if (isObject && 'port' in value && 'capacity' in value) {
    const { port, capacity } = value
    if (typeof port === 'number' && typeof capacity === 'number') return { port, capacity }
  }
  throw new PlaykiteError('corrupt', `The record ${KEY} is damaged.`)
}
