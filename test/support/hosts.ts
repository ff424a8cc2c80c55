import { randomBytes, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { PlaykiteError } from '../../src/core/errors.ts'
import type { NodeId } from '../../src/core/ids.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { Log } from '../../src/ports/log.ts'
import type { Random } from '../../src/ports/random.ts'
import type { Host, HostPeerEvent, Lane, LaneKind } from '../../src/protocols/lane.ts'
import { type HostOptions, createHost } from '../../src/protocols/host.ts'

export const realClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    try {
      await sleep(ms, undefined, { signal })
    } catch (error) {
      throw new PlaykiteError('aborted', 'the sleep was cut short', { cause: error })
    }
  },
}

export const realRandom: Random = { unit: () => Math.random(), uuid: () => randomUUID() }

/** Keeps what was said, for tests that look, and prints nothing. */
export interface KeptLog extends Log {
  readonly lines: readonly { readonly level: string; readonly fields: object; readonly message: string }[]
}

export function keptLog(): KeptLog {
  const lines: { level: string; fields: object; message: string }[] = []
  const at = (level: string) => (fields: object, message: string) =>
    void lines.push({ level, fields, message })
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

export interface InboundLane {
  readonly from: NodeId
  readonly kind: LaneKind
  readonly lane: Lane
  /** What has arrived. */
  readonly received: Uint8Array[]
  closed: boolean
}

/** A started host that keeps what happened to it. */
export interface TestHost {
  readonly host: Host
  readonly events: HostPeerEvent[]
  readonly lanes: InboundLane[]
  readonly log: KeptLog
}

export const forever: AbortSignal = new AbortController().signal

export async function startHost(
  network: string,
  changes: Partial<HostOptions> = {},
  onLane: (inbound: InboundLane) => void = () => {},
): Promise<TestHost> {
  const log = keptLog()
  const host = await createHost({
    privateKeySeed: randomBytes(32),
    network,
    listenPort: 0,
    listenHost: '127.0.0.1',
    mdns: false,
    clock: realClock,
    random: realRandom,
    log,
    ...changes,
  })
  const events: HostPeerEvent[] = []
  const lanes: InboundLane[] = []
  host.onPeer((event) => events.push(event))
  host.onLane((from, kind, lane) => {
    const inbound: InboundLane = { from, kind, lane, received: [], closed: false }
    lane.onBytes((bytes) => inbound.received.push(bytes))
    lane.onClose(() => (inbound.closed = true))
    lanes.push(inbound)
    onLane(inbound)
  })
  await host.start(forever)
  return { host, events, lanes, log }
}

/** Waits for something to come true; ten times longer than it should take. */
export async function until(what: string, isTrue: () => boolean, withinMs = 20_000): Promise<void> {
  const deadline = performance.now() + withinMs
  while (!isTrue()) {
    if (performance.now() > deadline) throw new Error(`waited ${withinMs} ms in vain: ${what}`)
    await sleep(5)
  }
}
