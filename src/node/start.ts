import { join } from 'node:path'
import { PlaykiteError, isPlaykiteError } from '../core/errors.ts'
import type { Ready } from '../contract/nodes.ts'
import { parseAddress } from '../protocols/addresses.ts'
import { createHost } from '../protocols/host.ts'
import { createNetwork } from '../protocols/rpc-network.ts'
import { readConfigFile } from '../storage/config-file.ts'
import { type DataFolder, openDataFolder } from '../storage/data-folder.ts'
import { openDiskFiles } from '../storage/disk-files.ts'
import { openLevelRecords } from '../storage/level-records.ts'
import type { Records } from '../ports/records.ts'
import type { Log } from '../ports/log.ts'
import { type Config, type StartFlags, dataFolderOf, readConfig } from './config.ts'
import { type RunningNode, createNode } from './create-node.ts'
import { createGateway } from './http/gateway.ts'
import type { Io } from './io.ts'
import { createLoggers } from './logger.ts'
import { keepOwnSettings, readOwnSettings } from './own-settings.ts'
import { systemClock, systemRandom } from './system.ts'
import { VERSION } from './version.ts'

/** A whole node of this process: disk, network, gateway. */
interface StartedNode {
  readonly ready: Ready
  /** Resolves if it cannot go on. */
  readonly failed: RunningNode['failed']
  stop(signal: AbortSignal): Promise<void>
}

/** `playkite start`: runs a node until it is told to stop. @returns the exit code */
export async function runStart(flags: StartFlags, io: Io): Promise<number> {
  const node = await startNode(flags, io, undefined)
  io.stdout.write(flags.json === true ? `${JSON.stringify(node.ready)}\n` : welcome(node.ready))
  const stopped = Promise.withResolvers<undefined>()
  const onAbort = (): void => stopped.resolve(undefined)
  if (io.signal.aborted) onAbort()
  io.signal.addEventListener('abort', onAbort, { once: true })
  const failure = await Promise.race([node.failed, stopped.promise])
  await node.stop(new AbortController().signal)
  if (failure !== undefined) throw failure
  return 0
}

/** @param listenHost the only address to be reached at by other nodes; all of them if undefined */
async function startNode(flags: StartFlags, io: Io, listenHost: string | undefined): Promise<StartedNode> {
  const { signal } = io
  const path = dataFolderOf(flags, io.env)
  const config = readConfig({ flags, env: io.env, file: await readConfigFile(path) })
  const log = createLoggers({ level: config.log, pretty: io.isTerminal, stream: io.stderr })
  for (const address of config.join) checkAddress(address)
  const folder = await openDataFolder(path)
  try {
    const records = await openLevelRecords(join(path, 'records'), signal)
    try {
      return await startOn(folder, records, config, log, listenHost, signal)
    } catch (error) {
      await records.close()
      throw error
    }
  } catch (error) {
    await folder.close()
    throw error
  }
}

async function startOn(
  folder: DataFolder,
  records: Records,
  config: Config,
  log: (component: string) => Log,
  listenHost: string | undefined,
  signal: AbortSignal,
): Promise<StartedNode> {
  const files = openDiskFiles(folder.path)
  const settings = await readOwnSettings(records, config, () => files.freeBytes(signal), signal)
  const run = (port: number): Promise<RunningNode> =>
    runNode({ folder, records, files, config, log, listenHost, port, capacity: settings.capacity }, signal)
  const node = await run(settings.port).catch((error: unknown) => {
    // The port of last time is taken by another program: a free one does as well, unless a person asked for this one.
    if (config.port !== undefined || !isPlaykiteError(error, 'port-in-use')) throw error
    log('node').warn({ port: settings.port }, 'The port of last time is taken: taking a free one')
    return run(0)
  })
  try {
    const gateway = await createGateway(node.api, { ...config.http, log: log('http') })
    node.setHttp(gateway.url)
    const p2p = [...node.addresses()]
    await keepOwnSettings(
      records,
      { port: portOf(p2p) ?? settings.port, capacity: settings.capacity },
      signal,
    )
    const { id, network } = node.api
    const stop = async (stopSignal: AbortSignal): Promise<void> => {
      await gateway.close(stopSignal)
      await node.stop(stopSignal)
      await records.close()
      await folder.close()
    }
    const ready = { ready: true as const, id, name: node.api.name(), network, http: gateway.url, p2p }
    return { ready, failed: node.failed, stop }
  } catch (error) {
    await node.stop(signal)
    throw error
  }
}

interface RunOptions {
  readonly folder: DataFolder
  readonly records: Records
  readonly files: ReturnType<typeof openDiskFiles>
  readonly config: Config
  readonly log: (component: string) => Log
  readonly listenHost: string | undefined
  readonly port: number
  readonly capacity: number
}

async function runNode(options: RunOptions, signal: AbortSignal): Promise<RunningNode> {
  const { folder, records, files, config, log, listenHost, port, capacity } = options
  const clock = systemClock
  const random = systemRandom
  const instance = random.uuid()
  const parts = {
    ...{ signer: folder.signer, files, records, clock, random, log },
    createNetwork: async (remembered: NonNullable<Parameters<typeof createHost>[0]['remembered']>) => {
      const host = await createHost({
        privateKeySeed: folder.seed,
        network: config.network,
        listenPort: port,
        ...(listenHost !== undefined && { listenHost }),
        mdns: config.mdns,
        ...{ remembered, clock, random, log: log('network') },
      })
      return createNetwork(host, { instance, clock, log: log('network') })
    },
  }
  const { name, network, zone, join: addresses } = config
  return await createNode(
    parts,
    { name, network, zone, version: VERSION, capacity, join: addresses, instance },
    signal,
  )
}

/** @throws PlaykiteError bad-config */
function checkAddress(address: string): void {
  if (parseAddress(address) !== undefined) return
  throw new PlaykiteError('bad-config', `"${address}" is no address to join.`, {
    remedy: 'Give one as another node prints it, such as /ip4/192.168.1.20/tcp/4601/p2p/12D3Koo….',
  })
}

function portOf(addresses: readonly string[]): number | undefined {
  const port = addresses
    .map((address) => /\/tcp\/(\d+)/.exec(address)?.[1])
    .find((found) => found !== undefined)
  return port === undefined ? undefined : Number(port)
}

function welcome({ name, network, http, p2p }: Ready): string {
  const lines = [
    `Playkite runs on this machine as "${name}", in the network "${network}".`,
    '',
    `  Open ${http}`,
    `  Publish a video:  playkite publish film.mp4`,
    `  Other machines on this LAN find it by themselves; elsewhere:  playkite start --join ${p2p[0] ?? 'ADDRESS'}`,
    `  Stop with Ctrl-C.`,
    '',
  ]
  return `${lines.join('\n')}\n`
}
