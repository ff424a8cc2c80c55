/** The bounds: what a bare libp2p program reaches on this machine, with the same transport settings and V8 flags. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createHost } from '../src/protocols/host.ts'
import type { Host, Lane } from '../src/protocols/lane.ts'
import { systemClock, systemRandom } from '../src/node/system.ts'

const CHUNK = 1_048_576
/** Chunks under way to each peer, as ours. */
const WINDOW = 8
const V8_FLAGS = ['--initial-old-space-size=128', '--external-memory-accounted-in-global-limit']
const program = fileURLToPath(new URL('bare-process.ts', import.meta.url))
const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const forever = new AbortController().signal

/** Bytes a second of one sender that sends every chunk to `receivers` processes. */
export async function barePublish(receivers: number, chunks: number): Promise<number> {
  const body = randomBytes(CHUNK)
  return await withPeers(receivers, async (lanes) => {
    await Promise.all(lanes.map((lane) => pump(lane, chunks, 1, () => lane.write([body], forever))))
    return chunks * CHUNK
  })
}

/** Bytes a second through a gateway process that takes chunks from another process; `download` reads its URL. */
export async function bareGateway(
  chunks: number,
  download: (url: string) => Promise<number>,
): Promise<number> {
  const network = randomUUID()
  const children: ChildProcess[] = []
  try {
    const source = await start(children, network, 'give')
    return await download(await start(children, network, 'gateway', source, String(chunks)))
  } finally {
    for (const child of children) child.kill('SIGKILL')
  }
}

async function start(children: ChildProcess[], ...args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [...V8_FLAGS, program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  return await new Promise((resolve) => createInterface(child.stdout).once('line', resolve))
}

/** Sends `chunks` messages, WINDOW at a time; one is done when `answerBytes` have come back. */
async function pump(
  lane: Lane,
  chunks: number,
  answerBytes: number,
  send: () => Promise<void>,
): Promise<void> {
  const done = Promise.withResolvers<void>()
  let [sent, received] = [0, 0]
  const more = (): void => {
    while (sent < chunks && sent - Math.floor(received / answerBytes) < WINDOW) {
      sent += 1
      send().catch(done.reject)
    }
    if (received >= chunks * answerBytes) done.resolve()
  }
  lane.onClose(() => done.reject(new Error('the lane ended')))
  lane.onBytes((bytes) => {
    received += bytes.length
    more()
  })
  more()
  await done.promise
}

async function withPeers(count: number, work: (lanes: readonly Lane[]) => Promise<number>): Promise<number> {
  const network = randomUUID()
  const children: ChildProcess[] = []
  const host: Host = await createHost({
    ...{ privateKeySeed: randomBytes(32), network, listenPort: 0, listenHost: '127.0.0.1', mdns: false },
    ...{ clock: systemClock, random: systemRandom, log: quiet },
  })
  await host.start(forever)
  try {
    const lanes: Lane[] = []
    for (let n = 0; n < count; n++) {
      const address = await start(children, network, 'receive')
      lanes.push(await host.openLane(await host.join(address, forever), 'bulk', forever))
    }
    const began = performance.now()
    const bytes = await work(lanes)
    return (bytes / (performance.now() - began)) * 1000
  } finally {
    for (const child of children) child.kill('SIGKILL')
    await host.stop(forever)
  }
}
