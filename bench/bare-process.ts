/**
 * A bare libp2p program with our transport settings, as the bound for ours: `receive` takes chunks of 1 MiB on lanes and acknowledges each
 * with a byte; `give` answers each byte with a chunk; `gateway` answers HTTP with the chunks that it asks of the address given. No hashes, no
 * disk, no catalogue. Prints its address.
 */
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createHost } from '../src/protocols/host.ts'
import { systemClock, systemRandom } from '../src/node/system.ts'

const CHUNK = 1_048_576
const [network = '', role = 'receive', source = '', chunks = '0'] = process.argv.slice(2)
/** Chunks under way, as ours. */
const WINDOW = 8
const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const host = await createHost({
  ...{ privateKeySeed: randomBytes(32), network, listenPort: 0, listenHost: '127.0.0.1', mdns: false },
  ...{ clock: systemClock, random: systemRandom, log: quiet },
})
const chunk = randomBytes(CHUNK)
const forever = new AbortController().signal
host.onLane((_from, _kind, lane) => {
  let received = 0
  lane.onClose(() => {})
  lane.onBytes((bytes) => {
    if (role === 'give') {
      for (let n = 0; n < bytes.length; n++) void lane.write([chunk], forever).catch(() => undefined)
      return
    }
    received += bytes.length
    for (; received >= CHUNK; received -= CHUNK)
      void lane.write([Uint8Array.of(1)], forever).catch(() => undefined)
  })
})
await host.start(forever)
if (role === 'gateway') {
  const lane = await host.openLane(await host.join(source, forever), 'bulk', forever)
  const server = createServer((_request, response) => {
    let [asked, received] = [0, 0]
    let isWaiting = false
    const ask = (): void => {
      while (asked < Number(chunks) && asked - Math.floor(received / CHUNK) < WINDOW) {
        asked += 1
        void lane.write([Uint8Array.of(1)], forever)
      }
    }
    lane.onClose(() => response.destroy())
    lane.onBytes((bytes) => {
      received += bytes.length
      response.write(bytes)
      if (received >= Number(chunks) * CHUNK) response.end()
      else if (response.writableLength < WINDOW * CHUNK) ask()
      else if (!isWaiting) {
        isWaiting = true
        response.once('drain', () => {
          isWaiting = false
          ask()
        })
      }
    })
    ask()
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}/\n`)
} else process.stdout.write(`${host.addresses()[0]}\n`)
