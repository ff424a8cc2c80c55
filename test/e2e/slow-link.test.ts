import { randomUUID } from 'node:crypto'
import { afterEach, describe, expect } from 'vitest'
import { Machines } from '../support/machines.ts'
import { itNeeds } from '../support/needs.ts'
import { madeUpVideo, sha256 } from '../support/videos.ts'

const MiB = 1_048_576
const TRANSFERS = 5

describe('one link of 100 Mbit/s', () => {
  let machines: Machines | undefined
  afterEach(async () => {
    await machines?.remove()
    machines = undefined
  })

  itNeeds(['root', 'netns', 'curl'])(
    'carries five streams at once, and small messages are still quick',
    async () => {
      machines = new Machines(randomUUID())
      for (const [n, name] of ['h1', 'h2', 'viewer'].entries()) {
        machines.plug(name, [{ switch: 'sw1', address: `10.82.1.${n + 1}/24` }])
      }
      machines.limit('viewer', '100mbit')
      await Promise.all([
        machines.start('h1'),
        machines.start('h2'),
        machines.start('viewer', ['--capacity', '0']),
      ])
      await machines.untilAlive('viewer', 3)
      const videos = new Map<string, string>()
      for (let n = 0; n < TRANSFERS; n++) {
        const bytes = madeUpVideo(12 * MiB)
        const { video } = JSON.parse(await machines.upload('h1', bytes)) as { video: { id: string } }
        videos.set(video.id, sha256(bytes))
      }
      const streams = [...videos].map(([id, hash]) => ({
        id,
        hash,
        stream: machines!.stream('viewer', id, 1_000 * MiB),
      }))
      await streams[0]!.stream.received(MiB)
      await machines.edit('h1', streams[0]!.id, 'Renamed while the link is full')
      await machines.untilShown('viewer', streams[0]!.id, 'Renamed while the link is full')
      for (const { hash, stream } of streams) expect(sha256(await stream.whole())).toBe(hash)
      await machines.untilAlive('viewer', 3)
    },
    240_000,
  )
})
