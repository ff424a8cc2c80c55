import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PlaykiteClientError } from '../../src/client/errors.ts'
import { Cluster, type NodeProcess, eventually } from '../support/cluster.ts'
import { madeUpVideo, sha256, sha256Of, slowly } from '../support/videos.ts'

/** Kills: half of publishers, half of holders, as the work asks for. */
const KILLS = 50
/** Bytes of each video, and how it is sent: 400 ms altogether, and a kill falls anywhere in it, in the commit, or shortly after. */
const SIZE = 4 * 1_048_576
const PART = 262_144
const PART_PAUSE_MS = 20
const KILL_WITHIN_MS = 700

describe('kill -9 at random moments', () => {
  let cluster: Cluster
  beforeAll(async () => {
    cluster = await Cluster.start(['a', 'b', 'c', 'd'])
  })
  afterAll(async () => {
    await cluster.remove()
  })

  it(`loses nothing acknowledged and shows nothing half in ${KILLS} kills of publishers and holders`, async () => {
    const acknowledged = new Map<string, string>()
    const sent = new Map<string, string>()
    for (let round = 0; round < KILLS; round++) {
      const publisher = cluster.node('a')
      const victim = round % 2 === 0 ? publisher : cluster.node(['b', 'c', 'd'][round % 3]!)
      const bytes = madeUpVideo(SIZE)
      sent.set(`Video ${round}`, sha256(bytes))
      const publishing = store(publisher, `Video ${round}`, bytes)
      await sleep(randomInt(KILL_WITHIN_MS))
      await cluster.kill(victim.name)
      const id = await publishing
      if (id !== undefined) acknowledged.set(id, sha256(bytes))
      await cluster.add(victim.name)
      await cluster.untilAlive(4)
    }
    const node = cluster.node('d')
    await eventually('all acknowledged are listed', async () => {
      const ids = new Set<string>()
      for await (const { id } of node.client.index()) ids.add(id)
      return [...acknowledged.keys()].every((id) => ids.has(id))
    })
    expect(acknowledged.size).toBeGreaterThan(0)
    for await (const video of node.client.index()) {
      const { hash, bytes } = await sha256Of(node.client.stream(video.id))
      expect({ title: video.title, hash, bytes }).toEqual({
        title: video.title,
        hash: sent.get(video.title),
        bytes: SIZE,
      })
    }
    for (const hash of acknowledged.values()) expect([...sent.values()]).toContain(hash)
  }, 600_000)
})

/** @returns the id when it was acknowledged, undefined when the publish failed */
async function store({ client }: NodeProcess, title: string, bytes: Uint8Array): Promise<string | undefined> {
  try {
    for await (const line of client.storing(slowly(bytes, PART, PART_PAUSE_MS), {
      title,
      size: bytes.length,
    })) {
      if (line.phase === 'safe') return line.video.id
    }
  } catch (error) {
    if (!(error instanceof PlaykiteClientError)) throw error
  }
  return undefined
}
