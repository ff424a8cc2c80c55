import { expect, it, onTestFinished } from 'vitest'
import { contentId, hashChunk } from '../../src/core/content-id.ts'
import { CHUNK_BYTES, INCOMING_KEPT_MS, RECHECK_AFTER_MS } from '../../src/core/limits.ts'
import type { Files } from '../../src/ports/files.ts'
import type { Records } from '../../src/ports/records.ts'
import type { Incoming, VideoStore } from '../../src/ports/video-store.ts'
import { sweepIncoming } from '../../src/storage/sweep-incoming.ts'
import { openVideoStore } from '../../src/storage/video-store.ts'
import { forever } from '../support/hosts.ts'
import { madeUpId } from '../support/made-up.ts'
import { ManualClock } from '../support/manual-clock.ts'

export interface Disk {
  readonly files: Files
  readonly records: Records
}

const chunks = [new Uint8Array(CHUNK_BYTES).fill(3), Uint8Array.of(1, 2, 3)] as const
const size = CHUNK_BYTES + 3
const cid = contentId(Buffer.concat(chunks.map(hashChunk)), size)
const id = madeUpId(1)
const code = (value: string): unknown => expect.objectContaining({ code: value })

/** What a video store must do over any adapters. */
export function videoStoreSuite(make: () => Promise<Disk>): void {
  const clock = new ManualClock()
  const open = async (disk: Disk, capacity = 1e12): Promise<VideoStore> => {
    const store = await openVideoStore({ ...disk, clock, capacity, signal: forever })
    onTestFinished(() => store.close())
    return store
  }
  const begin = (store: VideoStore, known = true): Promise<Incoming> =>
    store.openIncoming(id, { size: known ? size : null, extension: 'mp4' }, forever)
  const write = (incoming: Incoming, index: 0 | 1): Promise<void> =>
    incoming.writeChunk(index, hashChunk(chunks[index]), chunks[index], forever)
  const commit = async (store: VideoStore, as = id): Promise<void> => {
    const incoming = await begin(store)
    await Promise.all([write(incoming, 1), write(incoming, 0)])
    await incoming.commit({ as, cid, size }, [{ type: 'put', key: 's/x', value: Uint8Array.of(9) }], forever)
  }

  it('takes chunks in any order and makes them a plain file with its manifest and its entry', async () => {
    const disk = await make()
    const store = await open(disk)
    await commit(store)
    const replica = store.replica(id)!
    expect(replica).toMatchObject({ video: id, cid, size, path: `videos/${id.slice(0, 2)}/${id}.mp4` })
    const file = await disk.files.open(replica.path, { create: false }, forever)
    const whole = new Uint8Array(size)
    expect(await file.read(whole, 0, forever)).toBe(size)
    await file.close()
    expect(Buffer.compare(whole, Buffer.concat(chunks))).toBe(0)
    expect(await store.readChunk(id, 1, { signal: forever })).toEqual(chunks[1])
    expect((await store.manifest(id, forever)).cid).toBe(cid)
    expect([...(await disk.records.get('s/x', forever))!]).toEqual([9])
    expect(store.incoming(id)).toBeUndefined()
    expect(await store.usage(forever)).toMatchObject({ usedBytes: size, promisedBytes: 0 })
    await expect(begin(store)).rejects.toEqual(code('refused'))
  })

  it('goes on after a restart where it stopped, clean or not', async () => {
    for (const isClean of [true, false]) {
      const disk = await make()
      const store = await open(disk)
      await write(await begin(store), 1)
      if (isClean) await store.close()
      const again = await open(disk)
      expect(again.allIncoming()).toHaveLength(1)
      expect(again.incoming(id)?.hashOf(1) !== undefined).toBe(isClean)
      const incoming = await begin(again)
      expect(incoming.count).toBe(1)
      expect(await incoming.readChunk(1, forever)).toEqual(chunks[1])
      await write(incoming, 0)
      await incoming.commit({ as: id, cid, size }, [], forever)
      expect(again.replica(id)?.size).toBe(size)
    }
  })

  it('takes an upload under the id of the same bytes published before', async () => {
    const store = await open(await make())
    await commit(store, madeUpId(2))
    expect(store.replica(madeUpId(2))?.path).toContain(madeUpId(2))
    expect(store.replica(id)).toBeUndefined()
  })

  it('refuses wrong bytes, wrong places, and commits of what is not whole', async () => {
    const store = await open(await make())
    const incoming = await begin(store)
    await expect(incoming.writeChunk(0, hashChunk(chunks[1]), chunks[0], forever)).rejects.toEqual(
      code('corrupt'),
    )
    await expect(incoming.writeChunk(2, hashChunk(chunks[1]), chunks[1], forever)).rejects.toEqual(
      code('corrupt'),
    )
    await expect(incoming.writeChunk(0, hashChunk(chunks[1]), chunks[1], forever)).rejects.toEqual(
      code('corrupt'),
    )
    await write(incoming, 0)
    const target = { as: id, cid, size }
    await expect(incoming.commit(target, [], forever)).rejects.toEqual(code('catalogue-only'))
    await write(incoming, 1)
    const other = contentId(hashChunk(chunks[1]), 3)
    await expect(incoming.commit({ ...target, cid: other }, [], forever)).rejects.toEqual(code('corrupt'))
    await incoming.commit(target, [], forever)
    await expect(write(incoming, 0)).rejects.toEqual(code('not-found'))
  })

  it('notices damage on the disk: always when asked to, else when the last check is a day old', async () => {
    const disk = await make()
    const store = await open(disk)
    await commit(store)
    const file = await disk.files.open(store.replica(id)!.path, { create: false }, forever)
    await file.write(Uint8Array.of(77), 5, forever)
    await file.close()
    expect((await store.readChunk(id, 0, { signal: forever }))[5]).toBe(77)
    await expect(store.readChunk(id, 0, { verify: true, signal: forever })).rejects.toEqual(code('corrupt'))
    await clock.advance(RECHECK_AFTER_MS + 1)
    await expect(store.readChunk(id, 0, { signal: forever })).rejects.toEqual(code('corrupt'))
    expect(await store.readChunk(id, 1, { signal: forever })).toEqual(chunks[1])
  })

  it('promises no more than it has: capacity, disk, and uploads of unknown size', async () => {
    const disk = await make()
    const store = await open(disk, size + 10)
    await begin(store)
    expect(await store.usage(forever)).toMatchObject({ usedBytes: 0, promisedBytes: size })
    const next = store.openIncoming(madeUpId(2), { size: 11, extension: 'mp4' }, forever)
    await expect(next).rejects.toEqual(code('no-space'))
    const pipe = await store.openIncoming(madeUpId(3), { size: null, extension: 'mp4' }, forever)
    await expect(pipe.writeChunk(0, hashChunk(chunks[0]), chunks[0], forever)).rejects.toEqual(
      code('no-space'),
    )
    const huge = (await open(await make(), Number.MAX_SAFE_INTEGER)).openIncoming(
      id,
      { size: 2 ** 52, extension: 'mp4' },
      forever,
    )
    await expect(huge).rejects.toEqual(code('no-space'))
  })

  it('gives up uploads whose last byte is a day old, and deletes replicas with what belongs to them', async () => {
    const disk = await make()
    const store = await open(disk)
    await commit(store)
    await (
      await store.openIncoming(madeUpId(5), { size, extension: 'mp4' }, forever)
    ).writeChunk(0, hashChunk(chunks[0]), chunks[0], forever)
    const now = clock.now()
    expect(await sweepIncoming(store, now + INCOMING_KEPT_MS, forever)).toBe(false)
    expect(await sweepIncoming(store, now + INCOMING_KEPT_MS + 1, forever)).toBe(true)
    expect(await sweepIncoming(store, now + INCOMING_KEPT_MS + 1, forever)).toBe(false)
    await store.deleteReplica(id, [{ type: 'delete', key: 's/x' }], forever)
    expect(store.replicas()).toEqual([])
    expect(await disk.files.list(`videos/${id.slice(0, 2)}`, forever)).toEqual([])
    expect(await disk.files.list('incoming', forever)).toEqual([])
    expect(await disk.records.get('s/x', forever)).toBeUndefined()
    expect(await store.usage(forever)).toMatchObject({ usedBytes: 0, promisedBytes: 0 })
  })
}
