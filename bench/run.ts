/**
 * `npm run bench [-- --size 256]`: figures of a network of four nodes on this machine, each beside its bound in the same run. The last run is
 * kept in bench/results/last.json and compared with.
 */
import { createReadStream, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Cluster, type NodeProcess } from '../test/support/cluster.ts'
import { bareGateway, barePublish } from './bare.ts'
import { library } from './library.ts'

const MiB = 1_048_576
const size = Number(process.argv[process.argv.indexOf('--size') + 1] ?? 256) || 256
const results = fileURLToPath(new URL('results/last.json', import.meta.url))
const figures = new Map<string, number>()
const last = await readLast()

const folder = await mkdtemp(join(tmpdir(), 'playkite-bench-'))
const cluster = await Cluster.start(['a', 'b', 'c', 'd'])
try {
  const file = join(folder, 'film.mp4')
  await makeFile(file, size)
  say(`four nodes, a film of ${size} MiB`)

  const bound = await barePublish(3, size)
  const began = performance.now()
  const small = await store(cluster.node('a'), file, size * MiB)
  const rate = (size * MiB * 1000) / (performance.now() - began)
  note('publish, MB/s', rate / 1e6)
  note('publish, bare libp2p to three, MB/s', bound / 1e6)
  note('publish, part of the bound', rate / bound)

  const viewer = cluster.nodes.find(({ ready }) => !small.holders.some(({ id }) => id === ready.id))!
  const holder = cluster.byId(small.holders[0]!.id)
  const bareRead = await bareGateway(size, download)
  const remote = await download(viewer.client.streamUrl(small.id))
  note('stream of a remote video, MB/s', remote / 1e6)
  note('bare gateway, MB/s', bareRead / 1e6)
  note('stream of a remote video, part of the bare gateway', remote / bareRead)
  const plain = await plainHttp(file)
  const local = await download(holder.client.streamUrl(small.id))
  note('stream of a local video, MB/s', local / 1e6)
  note('node:http, MB/s', plain / 1e6)
  note('stream of a local video, part of node:http', local / plain)

  const ranges = await times(100, async () => {
    const start = Math.floor(Math.random() * (size - 1) * MiB)
    await fetchRange(viewer, small.id, start, start + MiB)
  })
  note('random 1 MiB ranges of a remote video, p50 ms', ranges.p50)
  note('random 1 MiB ranges of a remote video, p99 ms', ranges.p99)
  const first = await times(20, () => fetchRange(viewer, small.id, 0, 1))
  note('first byte of a remote video, p99 ms', first.p99)
  const lists = await times(100, () => viewer.client.list())
  note('list over HTTP, p99 ms', lists.p99)
  for (const { name, process: child } of cluster.nodes)
    note(`peak memory of node ${name}, MB`, peakMemory(child.pid ?? 0))
} finally {
  await cluster.remove()
  await rm(folder, { recursive: true, force: true })
}
for (const [name, call] of Object.entries(await library(10_000))) {
  const { p99 } = await times(200, async () => call())
  note(`${name} of 10 000 videos, p99 ms`, p99)
}
await mkdir(fileURLToPath(new URL('results', import.meta.url)), { recursive: true })
await writeFile(results, `${JSON.stringify(Object.fromEntries(figures), null, 2)}\n`)

function note(name: string, value: number): void {
  figures.set(name, value)
  const before = last.get(name)
  const change = before === undefined ? '' : `  (last run ${before.toPrecision(3)})`
  say(`${name.padEnd(52)} ${value.toPrecision(3)}${change}`)
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

async function store(
  node: NodeProcess,
  file: string,
  bytes: number,
): ReturnType<NodeProcess['client']['read']> {
  return (
    await node.client.store(createReadStream(file, { highWaterMark: MiB }), { title: 'Film', size: bytes })
  ).video
}

async function makeFile(path: string, mebibytes: number): Promise<void> {
  const handle = await open(path, 'w')
  try {
    for (let n = 0; n < mebibytes; n++) {
      const bytes = randomBytes(MiB)
      if (n === 0) bytes.set(Buffer.from('00000018667479706d703432000000006d70343269736f6d', 'hex'))
      await handle.write(bytes)
    }
  } finally {
    await handle.close()
  }
}

/** Bytes a second. */
async function download(url: string): Promise<number> {
  const began = performance.now()
  let bytes = 0
  for await (const part of (await fetch(url)).body!) bytes += part.length
  return (bytes * 1000) / (performance.now() - began)
}

async function plainHttp(file: string): Promise<number> {
  const server = createServer((_request, response) => createReadStream(file).pipe(response))
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const rate = await download(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  server.close()
  return rate
}

async function fetchRange(node: NodeProcess, id: string, start: number, end: number): Promise<void> {
  const response = await fetch(node.client.streamUrl(id), { headers: { range: `bytes=${start}-${end - 1}` } })
  await response.arrayBuffer()
}

async function times(count: number, work: () => Promise<unknown>): Promise<{ p50: number; p99: number }> {
  const taken: number[] = []
  for (let n = 0; n < count; n++) {
    const began = performance.now()
    await work()
    taken.push(performance.now() - began)
  }
  const sorted = taken.toSorted((x, y) => x - y)
  const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]!
  return { p50: at(0.5), p99: at(0.99) }
}

/** VmHWM of proc(5). */
function peakMemory(pid: number): number {
  const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return (Number(kilobytes) * 1024) / 1e6
}

async function readLast(): Promise<ReadonlyMap<string, number>> {
  try {
    return new Map(Object.entries(JSON.parse(await readFile(results, 'utf8')) as Record<string, number>))
  } catch {
    // The first run on this machine.
    return new Map()
  }
}
