import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PublishedVideo } from '../../src/contract/video.ts'
import { Cluster, eventually } from '../support/cluster.ts'
import { madeUpVideo, sha256, sha256Of, slowly } from '../support/videos.ts'

const MiB = 1_048_576
const VIEWERS = 20
const PUBLISHERS = 4
const SIZE = 12 * MiB

describe('twenty viewers and four publishers together', () => {
  let cluster: Cluster
  beforeAll(async () => {
    cluster = await Cluster.start(['a', 'b', 'c', 'd'])
  })
  afterAll(async () => {
    await cluster.remove()
  })

  it('all get and keep every byte', async () => {
    const hashes = new Map<string, string>()
    const publish = async (n: number): Promise<PublishedVideo> => {
      const bytes = madeUpVideo(SIZE)
      const { client } = cluster.nodes[n % cluster.nodes.length]!
      const { video } = await client.store(slowly(bytes, MiB, 20), { title: `Video ${n}`, size: SIZE })
      hashes.set(video.id, sha256(bytes))
      return video
    }
    const before = await Promise.all([publish(0), publish(1), publish(2)])
    const watch = async (n: number): Promise<void> => {
      const { id } = before[n % before.length]!
      const { client, ready } = cluster.nodes[n % cluster.nodes.length]!
      expect(ready.ready).toBe(true)
      expect((await sha256Of(client.stream(id))).hash).toBe(hashes.get(id))
    }
    const [published] = await Promise.all([
      Promise.all(Array.from({ length: PUBLISHERS }, (_, n) => publish(10 + n))),
      Promise.all(Array.from({ length: VIEWERS }, (_, n) => watch(n))),
    ])
    for (const { client, name } of cluster.nodes) {
      await eventually(
        `${name} lists all`,
        async () => (await client.list()).total === before.length + PUBLISHERS,
      )
      for (const { id } of published) expect((await sha256Of(client.stream(id))).hash).toBe(hashes.get(id))
    }
    const balance = (await cluster.node('a').client.nodes()).map(({ videos }) => videos)
    expect(balance.reduce((sum, videos) => sum + videos, 0)).toBe(3 * (before.length + PUBLISHERS))
  })

  it('lose no acknowledged video when the network of the publisher goes at every tenth of the way', async () => {
    const publisher = cluster.node('a')
    for (let tenth = 1; tenth < 10; tenth++) {
      const bytes = madeUpVideo(10 * MiB)
      let sent = 0
      const cut = async function* (): AsyncGenerator<Uint8Array> {
        for await (const part of slowly(bytes, MiB, 1)) {
          if (sent++ === tenth) throw new Error('the network is gone')
          yield part
        }
      }
      const publishing = publisher.client.store(cut(), { title: `Cut at ${tenth}`, size: bytes.length })
      await expect(publishing).rejects.toThrow(/./)
    }
    await eventually('nothing half is kept', async () => {
      const { usedBytes } = (await publisher.client.nodes()).find(({ self }) => self)!
      const keeps = (await publisher.client.list()).videos.filter(({ holders }) =>
        holders.some(({ id }) => id === publisher.ready.id),
      )
      return usedBytes === keeps.reduce((sum, { size }) => sum + size, 0)
    })
    expect((await publisher.client.list()).videos.every(({ title }) => !title.startsWith('Cut'))).toBe(true)
  })
})
