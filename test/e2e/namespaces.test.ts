import { randomUUID } from 'node:crypto'
import { afterEach, describe, expect } from 'vitest'
import type { Ready } from '../../src/contract/nodes.ts'
import { Machines } from '../support/machines.ts'
import { itNeeds } from '../support/needs.ts'
import { madeUpVideo, sha256 } from '../support/videos.ts'

const MiB = 1_048_576

describe('hosts on a switch without a default route', () => {
  let machines: Machines | undefined
  afterEach(async () => {
    await machines?.remove()
    machines = undefined
  })

  itNeeds(['root', 'netns', 'curl'])(
    'find each other, one on two switches among them; a stream survives the pulled plug of its holder',
    async () => {
      machines = new Machines(randomUUID())
      const names = ['h1', 'h2', 'h3', 'h4']
      for (const [n, name] of names.entries())
        machines.plug(name, [{ switch: 'sw1', address: `10.81.1.${n + 1}/24` }])
      machines.plug('both', [
        { switch: 'sw1', address: '10.81.1.5/24' },
        { switch: 'sw2', address: '10.81.2.5/24' },
      ])
      machines.plug('far', [{ switch: 'sw2', address: '10.81.2.6/24' }])
      const all = [...names, 'both', 'far']
      const nodes = new Map<string, Ready>(
        await Promise.all(all.map(async (name) => [name, await machines!.start(name)] as const)),
      )
      for (const name of names) await machines.untilAlive(name, 5)
      await machines.untilAlive('both', 6)

      const bytes = madeUpVideo(48 * MiB)
      const published = JSON.parse(await machines.upload('h1', bytes)) as {
        video?: { id: string; holders: { id: string }[] }
      }
      const { id, holders } = published.video!
      expect(holders).toHaveLength(3)
      // The far machine reaches `both` alone: it hears of the video all the same, and plays it through that one.
      await machines.untilListed('far', id)
      expect(sha256(await machines.stream('far', id, 1_000 * MiB).whole())).toBe(sha256(bytes))

      const holderNames = all.filter((name) => holders.some((holder) => holder.id === nodes.get(name)?.id))
      const viewer = names.find((name) => !holderNames.includes(name)) ?? names[0]!
      const victim = holderNames.find((name) => name !== viewer && name !== 'both')!
      const stream = machines.stream(viewer, id, 8 * MiB)
      await stream.received(8 * MiB)
      machines.link(victim, 'down')
      expect(sha256(await stream.whole())).toBe(sha256(bytes))
      machines.link(victim, 'up')
      await machines.untilAlive(viewer, 5)
    },
    240_000,
  )
})
