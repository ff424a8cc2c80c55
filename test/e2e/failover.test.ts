import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Cluster, type NodeProcess, eventually } from '../support/cluster.ts'
import { madeUpVideo, sha256, sha256Of, slowly } from '../support/videos.ts'

const MiB = 1_048_576

describe('holders that fail while somebody watches or publishes', () => {
  let cluster: Cluster
  beforeEach(async () => {
    cluster = await Cluster.start(['a', 'b', 'c', 'd', 'e'])
  })
  afterEach(async () => {
    await cluster.remove()
  })

  const bystander = (holders: readonly { id: string }[]): NodeProcess =>
    cluster.nodes.find(({ ready }) => !holders.some(({ id }) => id === ready.id))!

  /** Reads a video slowly, and does something to its source on the way. */
  async function watchWhile(size: number, harm: (source: NodeProcess) => Promise<unknown>): Promise<void> {
    const bytes = madeUpVideo(size)
    const { video } = await cluster.node('a').client.store(slowly(bytes, MiB, 0), { title: 'Watched', size })
    const viewer = bystander(video.holders)
    const stop = new AbortController()
    const sources: string[] = []
    const following = (async () => {
      for await (const { event, data } of await viewer.client.events(stop.signal)) {
        if (event === 'source') sources.push(data.holder)
      }
    })()
    const response = await fetch(viewer.client.streamUrl(video.id))
    const parts: Uint8Array[] = []
    let received = 0
    let isHarmed = false
    for await (const part of response.body!) {
      parts.push(part)
      received += part.length
      if (!isHarmed && received > size / 4) {
        isHarmed = true
        await eventually('a source is known', () => sources.length > 0)
        await harm(cluster.byId(sources.at(-1)!))
      }
    }
    expect(sha256(Buffer.concat(parts))).toBe(sha256(bytes))
    expect(isHarmed).toBe(true)
    stop.abort()
    await following
  }

  it('goes on with the stream when the serving holder is killed', async () => {
    await watchWhile(64 * MiB, (source) => cluster.kill(source.name))
  })

  it('goes on with the stream when the serving holder freezes', async () => {
    await watchWhile(64 * MiB, async (source) => source.process.kill('SIGSTOP'))
  })

  it('replaces a holder that is killed in mid-publish, by new chunks from the publisher and earlier ones from the others', async () => {
    const size = 24 * MiB
    const bytes = madeUpVideo(size)
    const before = cluster.nodes.map(({ client }) => client)
    expect(before).toHaveLength(5)
    const publishing = cluster.node('a').client.store(slowly(bytes, MiB, 300), { title: 'Replaced', size })
    const victim = await holderUnderWay(cluster)
    await cluster.kill(victim.name)
    const { video, safe } = await publishing
    expect(safe).toBe(true)
    expect(video.copies).toBe(3)
    expect(video.holders.map(({ id }) => id)).not.toContain(victim.ready.id)
    for (const { client, name } of cluster.nodes) {
      await eventually(`${name} lists it`, async () => (await client.list()).total === 1)
      expect((await sha256Of(client.stream(video.id))).hash).toBe(sha256(bytes))
    }
  })
})

/** A node other than `a` to which an upload is under way. */
async function holderUnderWay(cluster: Cluster): Promise<NodeProcess> {
  let found: NodeProcess | undefined
  await eventually('some node takes 6 MiB', async () => {
    for (const node of cluster.nodes) {
      if (node.name === 'a') continue
      const used = (await node.client.nodes()).find(({ self }) => self)?.usedBytes ?? 0
      if (used >= 6 * MiB) found = node
    }
    return found !== undefined
  })
  return found!
}
