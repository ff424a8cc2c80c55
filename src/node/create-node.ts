import { PlaykiteError } from '../core/errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Files } from '../ports/files.ts'
import type { Log } from '../ports/log.ts'
import type { KnownNode, Network } from '../ports/network.ts'
import type { Random } from '../ports/random.ts'
import type { Records } from '../ports/records.ts'
import type { Signer } from '../ports/signer.ts'
import { openVideoStore } from '../storage/video-store.ts'
import { announceChanges } from './announcer.ts'
import type { NodeApi } from './api.ts'
import { Author } from './catalogue/author.ts'
import { Catalogue } from './catalogue/catalogue.ts'
import { OwnClock } from './catalogue/own-clock.ts'
import { Sharing } from './catalogue/sharing.ts'
import { Sync } from './catalogue/sync.ts'
import { ChunkFetcher } from './chunks/chunk-fetcher.ts'
import { Sources } from './chunks/hedged.ts'
import { Manifests } from './chunks/manifests.ts'
import { serveVideos } from './chunks/serving.ts'
import { createEventLog } from './events.ts'
import { type Loop, type Work, startLoop } from './loop.ts'
import { HEARTBEAT_EVERY_MS, Heartbeat } from './members/heartbeat.ts'
import { Joining, redialSuspects } from './members/joining.ts'
import { Members } from './members/members.ts'
import { OwnRecord } from './members/own-record.ts'
import { ServiceApi } from './node-api.ts'
import { Publisher } from './publish/publisher.ts'
import { Copies } from './receive/copies.ts'
import { KeyedLock } from './receive/keyed-lock.ts'
import { checkReplicas } from './receive/start-check.ts'
import { Sweep } from './receive/sweep.ts'
import { Transfers } from './receive/transfers.ts'
import { Uploads } from './receive/uploads.ts'
import { Removals } from './removal/removals.ts'
import { Listing } from './views/listing.ts'
import { NetworkView } from './views/network-view.ts'
import { SameBytes } from './views/same-bytes.ts'
import { VideoView } from './views/video-view.ts'
import { Reader } from './watch/reader.ts'

/** Milliseconds between two looks of each loop while it is idle; each is also woken when there is something to do. */
const SYNC_EVERY_MS = 1_000
const JOIN_EVERY_MS = 3_000
const OWN_RECORD_EVERY_MS = 15_000
const OWN_CLOCK_EVERY_MS = 5_000
const REMOVALS_EVERY_MS = 5_000
const SWEEP_EVERY_MS = 10 * 60 * 1_000
/** Milliseconds for telling the others that this node stops. */
const GOODBYE_MS = 1_000

export interface NodeParts {
  readonly signer: Signer
  readonly files: Files
  readonly records: Records
  readonly clock: Clock
  readonly random: Random
  readonly log: (component: string) => Log
  /** Builds the transport, which knows from the start whom to look for. */
  readonly createNetwork: (known: readonly KnownNode[]) => Promise<Network>
}

export interface NodeSettings {
  readonly name: string
  readonly network: string
  readonly version: string
  readonly capacity: number
  readonly zone: string
  readonly join: readonly string[]
  /** Drawn at each start. */
  readonly instance: string
}

export interface RunningNode {
  readonly api: NodeApi
  /** P2P addresses. */
  addresses(): readonly string[]
  /** Tells the others where this node's page is. */
  setHttp(url: string | null): void
  /** Resolves if the node cannot go on: another machine has its key. */
  readonly failed: Promise<PlaykiteError>
  stop(signal: AbortSignal): Promise<void>
}

/** Builds a node over its disk and its network, and starts it. */
export async function createNode(
  parts: NodeParts,
  settings: NodeSettings,
  signal: AbortSignal,
): Promise<RunningNode> {
  const { signer, files, records, clock, random, log } = parts
  const life = new AbortController()
  const lifetime = life.signal

  // What is on the disk.
  const author = new Author(signer, clock)
  const memberClocks = (): readonly number[] => members.clocks()
  const catalogue = await Catalogue.open(
    { records, author, clock, log: log('catalogue'), memberClocks, lifetime },
    signal,
  )
  const store = await openVideoStore({ files, records, clock, capacity: settings.capacity, signal })

  // Who is there.
  const known = [...catalogue.members()].map(([id, { addresses }]) => ({ id, addresses }))
  const network = await parts.createNetwork(known.filter(({ id }) => id !== signer.id))
  const members: Members = new Members(signer.id, catalogue, clock)
  const areConnected = members.areConnected.bind(members)
  const sharing = new Sharing({ network, catalogue, log: log('catalogue'), areConnected, lifetime })
  const sync = new Sync({ network, catalogue, sharing, clock, log: log('sync') })
  const { instance } = settings
  const heartbeat = new Heartbeat({ network, members, store, clock, log: log('members'), instance, lifetime })
  const joining = new Joining(network, settings.join, log('members'))
  redialSuspects(network, members, (id) => catalogue.members().get(id)?.addresses ?? [], lifetime)
  const ownClock = new OwnClock({
    self: signer.id,
    catalogue,
    author,
    clock,
    memberClocks,
    log: log('catalogue'),
  })
  let http: string | null = null
  const own = { ...settings, http: () => http }
  const ownRecord = new OwnRecord(catalogue, author, network, own, () => clock.now())

  // What moves bytes.
  const view = new VideoView(catalogue, members)
  const events = createEventLog({ clock, random })
  const transfers = new Transfers(events, clock)
  const lock = new KeyedLock()
  const sources = new Sources(clock)
  const fetcher = new ChunkFetcher(network, sources, log('chunks'))
  const manifests = new Manifests(network, store, sources, log('chunks'))
  serveVideos({ network, store, view, manifests, fetcher })
  const receiving = { network, store, catalogue, author, fetcher, transfers, lock, lifetime }
  new Uploads(receiving)
  const copies = new Copies({ ...receiving, manifests, log: log('copies') })

  // What people see and do.
  announceChanges(catalogue, members, view, events)
  const listing = new Listing(catalogue, members, view)
  const networkView = new NetworkView(catalogue, members, view, transfers)
  const sameBytes = new SameBytes(catalogue)
  const publisher = new Publisher({
    ...{ network, members, catalogue, author, clock, random, fetcher, sameBytes, view, lifetime },
    log: log('publish'),
  })
  const reader = new Reader({ store, members, view, manifests, fetcher, events, log: log('watch') })
  const removals = new Removals({
    ...{ network, catalogue, members, author, store, clock, random, lock, lifetime },
    log: log('removals'),
  })
  const api = new ServiceApi({
    ...{ id: signer.id, network: settings.network, version: settings.version },
    ...{ catalogue, author, members, view, listing, networkView, publisher, reader, removals, events },
  })

  // Connections wake the loops that wait for them.
  const failure = Promise.withResolvers<PlaykiteError>()
  const loops = new Map<string, Loop>()
  network.onPeer((event) => {
    if (event.type === 'cloned') failure.resolve(cloned(event.address))
    if (event.type !== 'connected' && event.type !== 'disconnected') return
    members.apply(event)
    if (event.type !== 'connected') return
    sync.connected(event.id)
    for (const name of [heartbeat.name, sync.name]) loops.get(name)?.wake()
  })
  const start = (work: Work, everyMs: number): void => {
    loops.set(work.name, startLoop(work, { everyMs, clock, log: log(work.name) }, lifetime))
  }

  const stop = async (stopSignal: AbortSignal): Promise<void> => {
    await heartbeat.goodbye(AbortSignal.any([stopSignal, AbortSignal.timeout(GOODBYE_MS)]))
    life.abort(new PlaykiteError('aborted', 'The node stops.'))
    await Promise.all([...loops.values()].map(({ done }) => done))
    await Promise.all([publisher.settled(), copies.settled(), heartbeat.settled()])
    await network.stop(stopSignal)
    await store.close()
  }

  try {
    await checkReplicas(signer.id, { catalogue, store, author, log: log('storage') })
    await network.start(signal)
    await ownRecord.run()
    start(heartbeat, HEARTBEAT_EVERY_MS)
    start(sync, SYNC_EVERY_MS)
    start(joining, JOIN_EVERY_MS)
    start(ownRecord, OWN_RECORD_EVERY_MS)
    start(ownClock, OWN_CLOCK_EVERY_MS)
    start(removals, REMOVALS_EVERY_MS)
    start(new Sweep(store, clock), SWEEP_EVERY_MS)
  } catch (error) {
    life.abort(new PlaykiteError('aborted', 'The node could not start.'))
    await store.close()
    throw error
  }
  return {
    api,
    addresses: () => network.addresses(),
    setHttp: (url) => {
      http = url
      loops.get(ownRecord.name)?.wake()
    },
    failed: failure.promise,
    stop,
  }
}

function cloned(where: string): PlaykiteError {
  return new PlaykiteError(
    'folder-foreign',
    `Another machine runs with this node's key (${where}): the data folder was copied.`,
    {
      remedy: 'Start this one with an empty folder (--data DIR); its videos come from the other machines.',
    },
  )
}
