import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Ready, Status } from '../../src/contract/nodes.ts'
import { eventually } from './cluster.ts'
import { type Cable, Namespaces } from './namespaces.ts'

const run = promisify(execFile)
const program = fileURLToPath(new URL('../../bin/playkite.js', import.meta.url))

export interface RemoteStream {
  received(bytes: number): Promise<void>
  whole(): Promise<Uint8Array>
}

/** Whole nodes on machines of their own, as network namespaces; what people would do there is done by curl on the same machine. */
export class Machines {
  readonly #network: string
  readonly #spaces = new Namespaces()
  readonly #folder: Promise<string> = mkdtemp(join(tmpdir(), 'playkite-machines-'))
  readonly #nodes = new Map<string, Ready>()
  readonly #children: ChildProcess[] = []

  constructor(network: string) {
    this.#network = network
  }

  plug(name: string, cables: readonly Cable[]): void {
    this.#spaces.machine(name, cables)
    this.#spaces.loopback(name)
  }

  link(name: string, state: 'up' | 'down'): void {
    this.#spaces.link(name, state)
  }

  /** Both ways of a machine's first cable get no more than this, such as `100mbit`. */
  limit(name: string, rate: string): void {
    this.#spaces.limit(name, rate)
  }

  async edit(name: string, id: string, title: string): Promise<void> {
    const json = ['-H', 'Content-Type: application/json', '-d', JSON.stringify({ title })]
    await this.#curl(name, `/video?id=${id}`, '-X', 'PATCH', ...json)
  }

  /** Waits ten times the second that is promised. */
  async untilShown(name: string, id: string, text: string): Promise<void> {
    const isShown = async (): Promise<boolean> => (await this.#curl(name, `/video?id=${id}`)).includes(text)
    await eventually(`${name} shows ${text}`, isShown, 10_000)
  }

  async start(name: string, more: readonly string[] = []): Promise<Ready> {
    const data = join(await this.#folder, name)
    const flags = [
      '--json',
      '--data',
      data,
      '--name',
      name,
      '--network',
      this.#network,
      '--http',
      '0',
      '--zone',
      name,
    ]
    const child = this.#spaces.run(name, program, ['start', ...flags, ...more])
    this.#children.push(child)
    const line = Promise.withResolvers<string>()
    createInterface(child.stdout!).once('line', line.resolve)
    child.once('exit', (code) => line.reject(new Error(`the node on ${name} ended with ${code}`)))
    const ready = JSON.parse(await line.promise) as Ready
    this.#nodes.set(name, ready)
    return ready
  }

  async untilAlive(name: string, count: number): Promise<void> {
    await eventually(
      `${name} sees ${count} nodes`,
      async () => {
        const { nodesAlive } = JSON.parse(await this.#curl(name, '/status')) as Status
        return nodesAlive >= count
      },
      90_000,
    )
  }

  async untilListed(name: string, id: string): Promise<void> {
    await eventually(
      `${name} lists ${id}`,
      async () => (await this.#curl(name, '/videos')).includes(id),
      90_000,
    )
  }

  /** @returns the last line of the answer */
  async upload(name: string, bytes: Uint8Array): Promise<string> {
    const file = join(await this.#folder, 'upload.mp4')
    await writeFile(file, bytes)
    const lines = await this.#curl(
      name,
      '/upload?title=Film',
      '-T',
      file,
      '-H',
      'Accept: application/x-ndjson',
    )
    return lines.trim().split('\n').at(-1) ?? ''
  }

  /** Reads a stream slowly enough that something can happen meanwhile. */
  stream(name: string, id: string, bytesPerSecond: number): RemoteStream {
    const args = ['-s', '--limit-rate', String(bytesPerSecond), `${this.#url(name)}/stream?id=${id}`]
    const child = spawn('ip', ['netns', 'exec', this.#spaces.nameOf(name), 'curl', ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const parts: Uint8Array[] = []
    let size = 0
    child.stdout.on('data', (part: Uint8Array) => {
      parts.push(part)
      size += part.length
    })
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
    return {
      received: (bytes) => eventually(`${bytes} bytes have come`, () => size >= bytes),
      whole: async () => {
        const code = await ended
        if (code !== 0) throw new Error(`curl ended with ${code}`)
        return Buffer.concat(parts)
      },
    }
  }

  async remove(): Promise<void> {
    const exits = this.#children.map((child) => new Promise((resolve) => child.once('exit', resolve)))
    this.#spaces.remove()
    await Promise.all(exits)
    await rm(await this.#folder, { recursive: true, force: true })
  }

  async #curl(name: string, path: string, ...args: readonly string[]): Promise<string> {
    const command = [
      'netns',
      'exec',
      this.#spaces.nameOf(name),
      'curl',
      '-s',
      ...args,
      this.#url(name) + path,
    ]
    return (await run('ip', command, { maxBuffer: 64 * 1024 * 1024 })).stdout
  }

  #url(name: string): string {
    const ready = this.#nodes.get(name)
    if (ready === undefined) throw new Error(`no node runs on ${name}`)
    return ready.http
  }
}
