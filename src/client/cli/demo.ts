import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Ready } from '../../contract/nodes.ts'
import { PlaykiteClientError } from '../errors.ts'
import { checked, parse } from '../http.ts'
import { Playkite } from '../playkite.ts'
import type { CliIo } from './context.ts'
import { safeText, table } from './format.ts'

export type DemoOptions = Readonly<Record<string, never>>

/** Machines of the demo: one more than a video needs, and one to unplug. */
const NAMES = ['ana', 'bruno', 'carla', 'davi', 'elisa'] as const
/** Bytes that each gives: plenty for a demo, little for a disk. */
const CAPACITY = '20GB'
/** The clip that the package brings; both the sources and the built files lie three folders below it. */
const CLIP = new URL('../../../assets/big-buck-bunny.mp4', import.meta.url)
/** Milliseconds for nodes to find each other. */
const FIND_MS = 30_000
/** Milliseconds between looks whether they have. */
const LOOK_MS = 100

interface DemoNode {
  readonly name: string
  readonly child: ChildProcess
  readonly ready: Ready
}

/** `playkite demo [FILE]`: five nodes as processes, so that one can be killed to see what happens. @returns the exit code */
export async function demo(io: CliIo, file: string | undefined, _options: DemoOptions): Promise<number> {
  const clip = file === undefined ? fileURLToPath(CLIP) : resolve(io.cwd, file)
  const found = await stat(clip).catch((error: unknown) => {
    throw new PlaykiteClientError('no-file', `There is no file ${safeText(clip)}.`, null, error)
  })
  if (found.isDirectory()) throw new PlaykiteClientError('no-file', `${safeText(clip)} is a folder.`)
  const { size } = found
  const folder = await mkdtemp(join(tmpdir(), 'playkite-demo-'))
  const children: ChildProcess[] = []
  try {
    io.stderr.write('Starting five nodes…\n')
    const network = `demo-${randomBytes(6).toString('hex')}`
    const nodes = await Promise.all(NAMES.map((name) => startNode(name, network, folder, children, io)))
    const [first] = nodes
    if (first === undefined) throw new PlaykiteClientError('internal', 'No node started.')
    const client = new Playkite(first.ready.http)
    await untilAllFound(client, io.signal)
    io.stderr.write('Publishing the sample video…\n')
    const fileName = file === undefined ? 'Big Buck Bunny.mp4' : basename(clip)
    const { video } = await client.store(createReadStream(clip), { fileName, size, signal: io.signal })
    const holders = new Set(video.holders.map(({ id }) => id))
    const rows = nodes.map(({ name, ready, child }) => [
      name,
      ready.http,
      holders.has(ready.id) ? 'keeps the video' : 'keeps none',
      `kill ${child.pid ?? 0}`,
    ])
    io.stdout.write(`\n${table(['NODE', 'OPEN', 'VIDEO', 'PULL ITS PLUG'], rows)}\n`)
    io.stdout.write(
      '\nOpen the page of a node that keeps none, play the video, and pull the plug of one that keeps it.\nStop with Ctrl-C; nothing is left behind.\n',
    )
    await ended(io.signal)
    return 0
  } finally {
    await Promise.all(children.map(end))
    await rm(folder, { recursive: true, force: true })
  }
}

async function startNode(
  name: string,
  network: string,
  folder: string,
  children: ChildProcess[],
  io: CliIo,
): Promise<DemoNode> {
  const program = fileURLToPath(new URL('../../../bin/playkite.js', import.meta.url))
  const args = [
    '--data',
    join(folder, name),
    '--name',
    name,
    '--network',
    network,
    '--zone',
    name,
    '--http',
    '0',
  ]
  const child = spawn(process.execPath, [program, 'start', '--json', ...args, '--capacity', CAPACITY], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...withoutSettings(io.env), PLAYKITE_LOG: 'error' },
  })
  children.push(child)
  child.stderr.pipe(io.stderr, { end: false })
  const line = Promise.withResolvers<string>()
  createInterface(child.stdout).once('line', line.resolve)
  child.once('exit', () =>
    line.reject(new PlaykiteClientError('internal', `The node ${name} did not start.`)),
  )
  return { name, child, ready: checked(Ready, parse(await line.promise)) }
}

/** Settings of a person's own node are none of the demo's: five nodes cannot share a port. */
function withoutSettings(env: CliIo['env']): CliIo['env'] {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('PLAYKITE_')))
}

async function untilAllFound(client: Playkite, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + FIND_MS
  while ((await client.status(signal)).nodesAlive < NAMES.length) {
    if (performance.now() > deadline) {
      throw new PlaykiteClientError(
        'unreachable',
        'The nodes do not find each other.',
        'Does a firewall block multicast on this machine?',
      )
    }
    await sleep(LOOK_MS, undefined, { signal })
  }
}

async function ended(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await exited
}
