import { describe, expect, it } from 'vitest'
import { contentId, hashChunk } from '../../src/core/content-id.ts'
import { CHUNK_BYTES } from '../../src/core/limits.ts'
import { chunkCount } from '../../src/core/manifest.ts'
import type { Incoming, VideoStore } from '../../src/ports/video-store.ts'
import { openVideoStore } from '../../src/storage/video-store.ts'
import { CrashDisk, PowerCut, seeded } from '../support/crash-files.ts'
import { forever } from '../support/hosts.ts'
import { madeUpId } from '../support/made-up.ts'
import { ManualClock } from '../support/manual-clock.ts'

interface MadeUp {
  readonly id: ReturnType<typeof madeUpId>
  readonly chunks: readonly Uint8Array[]
  readonly size: number
  readonly cid: ReturnType<typeof contentId>
}

/** A small last chunk after one whole one: the same bytes each time. */
function madeUp(n: number): MadeUp {
  const chunks = [new Uint8Array(CHUNK_BYTES).fill(n), Uint8Array.of(n, 1, 2)]
  const size = CHUNK_BYTES + 3
  return { id: madeUpId(n), chunks, size, cid: contentId(Buffer.concat(chunks.map(hashChunk)), size) }
}

const [first, second] = [madeUp(1), madeUp(2)]
/** The catalogue's statement, which becomes true together with the replica. */
const entry = (video: MadeUp): string => `s/copy/${video.id}`
const put = (video: MadeUp) => ({ type: 'put' as const, key: entry(video), value: Uint8Array.of(1) })
const remove = (video: MadeUp) => ({ type: 'delete' as const, key: entry(video) })

const open = (disk: CrashDisk): Promise<VideoStore> =>
  openVideoStore({
    files: disk.files,
    records: disk.records,
    clock: new ManualClock(),
    capacity: 1e12,
    signal: forever,
  })

async function fill(incoming: Incoming, { chunks }: MadeUp): Promise<void> {
  for (const [index, chunk] of chunks.entries())
    await incoming.writeChunk(index, hashChunk(chunk), chunk, forever)
}

async function publish(store: VideoStore, video: MadeUp): Promise<void> {
  const incoming = await store.openIncoming(video.id, { size: video.size, extension: 'mp4' }, forever)
  await fill(incoming, video)
  await incoming.commit({ as: video.id, cid: video.cid, size: video.size }, [put(video)], forever)
}

/** Two videos are committed, and one of them deleted. @returns what was acknowledged before the power went */
async function live(disk: CrashDisk): Promise<ReadonlySet<string>> {
  const acknowledged = new Set<string>()
  const step = async (name: string, work: () => Promise<void>): Promise<void> => {
    await work()
    acknowledged.add(name)
  }
  try {
    const store = await open(disk)
    await step('first committed', () => publish(store, first))
    await step('second committed', () => publish(store, second))
    await step('first deleted', () => store.deleteReplica(first.id, [remove(first)], forever))
    await step('closed', () => store.close())
  } catch (error) {
    if (!(error instanceof PowerCut)) throw error
  }
  return acknowledged
}

/** What must hold when the power is back. @throws when it does not */
async function check(disk: CrashDisk, acknowledged: ReadonlySet<string>): Promise<void> {
  const store = await open(disk)
  for (const video of [first, second]) {
    const isHere = store.replica(video.id) !== undefined
    // The replica and the catalogue's statement are one unit of work.
    expect(disk.kept.has(entry(video))).toBe(isHere)
    if (!isHere) continue
    for (let index = 0; index < chunkCount(video.size); index++) {
      const bytes = await store.readChunk(video.id, index, { verify: true, signal: forever })
      expect(Buffer.compare(bytes, video.chunks[index]!)).toBe(0)
    }
  }
  if (acknowledged.has('first committed') && !disk.kept.has(entry(first)))
    expect(acknowledged.has('second committed')).toBe(true)
  if (acknowledged.has('second committed')) expect(store.replica(second.id)).toBeDefined()
  if (acknowledged.has('first deleted')) {
    expect(store.replica(first.id)).toBeUndefined()
    expect([...disk.names.keys()].some((name) => name.startsWith('videos/') && name.includes(first.id))).toBe(
      false,
    )
  }
  // Whatever was left goes on from where it is.
  for (const video of [first, second]) {
    if (store.replica(video.id) === undefined) await publish(store, video)
    expect(store.replica(video.id)?.cid).toBe(video.cid)
  }
  expect(store.allIncoming()).toEqual([])
}

async function changesOfALife(): Promise<number> {
  const disk = new CrashDisk()
  expect((await live(disk)).size).toBe(4)
  return disk.changes
}

describe('a power cut', () => {
  it('at every change of the disk loses nothing acknowledged and shows nothing half', async () => {
    const changes = await changesOfALife()
    expect(changes).toBeGreaterThan(20)
    for (let cutAt = 0; cutAt <= changes; cutAt++) {
      for (let seed = 0; seed < 12; seed++) {
        const disk = new CrashDisk()
        disk.cutAt = cutAt
        const acknowledged = await live(disk)
        disk.crash(seeded(seed * 1_000 + cutAt))
        await check(disk, acknowledged)
      }
    }
  })

  it('during the recovery from another one is harmless too', async () => {
    const changes = await changesOfALife()
    for (let cutAt = 3; cutAt <= changes; cutAt += 2) {
      for (let again = 0; again < 8; again++) {
        const disk = new CrashDisk()
        disk.cutAt = cutAt
        const acknowledged = await live(disk)
        disk.crash(seeded(cutAt))
        disk.cutAt = disk.changes + again
        await open(disk).catch((error: unknown) => {
          if (!(error instanceof PowerCut)) throw error
        })
        disk.crash(seeded(again))
        await check(disk, acknowledged)
      }
    }
  })

  it('is noticed by this test when files are not synced', async () => {
    const changes = await changesOfALife()
    const lost = async (): Promise<void> => {
      for (let cutAt = 0; cutAt <= changes; cutAt++) {
        for (let seed = 0; seed < 4; seed++) {
          const disk = new CrashDisk()
          disk.ignoresSync = true
          disk.cutAt = cutAt
          const acknowledged = await live(disk)
          disk.crash(seeded(seed))
          await check(disk, acknowledged)
        }
      }
    }
    await expect(lost()).rejects.toThrow()
  })
})
