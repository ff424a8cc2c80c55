import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Ready } from '../../src/contract/nodes.ts'
import { Playkite } from '../../src/client/playkite.ts'

const sources = fileURLToPath(new URL('../../bin/playkite.js', import.meta.url))
/** Milliseconds for a node to start on a busy machine. */
const START_MS = 60_000

/** A node as a process of its own. */
export interface NodeProcess {
  readonly name: string
  readonly data: string
  readonly ready: Ready
  readonly client: Playkite
  readonly process: ChildProcess
  /** What it said on stderr. */
  readonly log: readonly string[]
}

/** Nodes as real processes on loopback, in a network of their own, with folders that are removed at the end. */
export class Cluster {
  readonly network = `test-${randomBytes(6).toString('hex')}`
  readonly #folder: Promise<string> = mkdtemp(join(tmpdir(), 'playkite-cluster-'))
  readonly #nodes = new Map<string, NodeProcess>()
  readonly #program: string

  /** @param program the launcher to start nodes with */
  constructor(program: string = sources) {
    this.#program = program
  }

  get nodes(): readonly NodeProcess[] {
    return [...this.#nodes.values()]
  }

  /** Starts nodes side by side, and waits until each sees all. */
  static async start(names: readonly string[], flags: readonly string[] = []): Promise<Cluster> {
    const cluster = new Cluster()
    await Promise.all(names.map((name) => cluster.add(name, flags)))
    await cluster.untilAlive(names.length)
    return cluster
  }

  node(name: string): NodeProcess {
    const node = this.#nodes.get(name)
    if (node === undefined) throw new Error(`there is no node ${name}`)
    return node
  }

  byId(id: string): NodeProcess {
    return this.nodes.find(({ ready }) => ready.id === id) ?? fail(`there is no node ${id}`)
  }

  /** Starts a node, or starts it again on its folder. */
  async add(name: string, flags: readonly string[] = []): Promise<NodeProcess> {
    const data = join(await this.#folder, name)
    const given = ['--data', data, '--name', name, '--network', this.network, '--http', '0', '--zone', name]
    const args = [this.#program, 'start', '--json', ...given, ...flags]
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, PLAYKITE_LOG: 'debug' },
    })
    const log: string[] = []
    createInterface(child.stderr).on('line', (line) => log.push(line))
    const ready = await readyLine(child, log)
    const node = { name, data, ready, client: new Playkite(ready.http), process: child, log }
    this.#nodes.set(name, node)
    return node
  }

  /** As pulling the plug of a machine whose kernel still runs: no goodbye, but the sockets close. */
  async kill(name: string, signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
    const { process: child } = this.node(name)
    this.#nodes.delete(name)
    if (child.exitCode !== null) return child.exitCode
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
    child.kill(signal)
    return await ended
  }

  /** Waits until every node sees `count` alive. */
  async untilAlive(count: number): Promise<void> {
    for (const { client, name } of this.nodes) {
      await eventually(`${name} sees ${count} nodes`, async () => (await client.status()).nodesAlive >= count)
    }
  }

  /** Ends all nodes and removes what they kept. */
  async remove(): Promise<void> {
    // A frozen process ends only after it goes on.
    for (const { process: child } of this.nodes) child.kill('SIGCONT')
    await Promise.all(this.nodes.map(({ name }) => this.kill(name)))
    await rm(await this.#folder, { recursive: true, force: true })
  }
}

/** Waits for something to come true; ten times longer than it should take. */
export async function eventually(
  what: string,
  isTrue: () => boolean | Promise<boolean>,
  withinMs = 30_000,
): Promise<void> {
  const deadline = performance.now() + withinMs
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`waited ${withinMs} ms in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function readyLine(child: ChildProcess, log: readonly string[]): Promise<Ready> {
  const { stdout } = child
  if (stdout === null) throw new Error('the node has no stdout')
  const line = Promise.withResolvers<string>()
  createInterface(stdout).once('line', line.resolve)
  child.once('exit', (code) => line.reject(new Error(`the node ended with ${code}: ${log.join('\n')}`)))
  const timer = setTimeout(
    () => line.reject(new Error(`the node did not start: ${log.join('\n')}`)),
    START_MS,
  )
  try {
    return JSON.parse(await line.promise) as Ready
  } finally {
    clearTimeout(timer)
  }
}

function fail(message: string): never {
  throw new Error(message)
}
