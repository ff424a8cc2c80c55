import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Files } from '../../src/ports/files.ts'
import { openDiskFiles } from '../../src/storage/disk-files.ts'
import { openLevelRecords } from '../../src/storage/level-records.ts'
import { memoryFiles } from '../../src/storage/memory-files.ts'
import { memoryRecords } from '../../src/storage/memory-records.ts'
import { encodeReplica } from '../../src/storage/stored.ts'
import { openVideoStore } from '../../src/storage/video-store.ts'
import { filesSuite, recordsSuite } from '../ports/storage-suites.ts'
import { videoStoreSuite } from '../ports/video-store-suite.ts'
import { CrashDisk } from '../support/crash-files.ts'
import { forever } from '../support/hosts.ts'
import { madeUpId } from '../support/made-up.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { tempDir } from '../support/temp-dir.ts'

const diskFiles = async (): Promise<Files> => openDiskFiles(await tempDir())
const levelRecords = async () => {
  const records = await openLevelRecords(join(await tempDir(), 'records'), forever)
  onTestFinished(() => records.close())
  return records
}

describe('files on the disk', () => filesSuite(diskFiles))
describe('files in memory', () => filesSuite(async () => memoryFiles()))
describe('records in level', () => recordsSuite(levelRecords))
describe('records in memory', () => recordsSuite(async () => memoryRecords()))
describe('records that forget', () => recordsSuite(async () => new CrashDisk().records))
describe('a video store on the disk', () =>
  videoStoreSuite(async () => ({ files: await diskFiles(), records: await levelRecords() })))
describe('a video store in memory', () =>
  videoStoreSuite(async () => ({ files: memoryFiles(), records: memoryRecords() })))

describe('a start with 10 000 videos', () => {
  it('reads no video bytes', async () => {
    const records = memoryRecords()
    const batch = Array.from({ length: 10_000 }, (_, n) => {
      const video = madeUpId(n)
      const path = `videos/${video.slice(0, 2)}/${video}.mp4`
      const cid = 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku' as never
      return {
        type: 'put' as const,
        key: `replica/${video}`,
        value: encodeReplica({ video, cid, size: 1_000, path, checkedAt: 0 }),
      }
    })
    await records.batch(batch, { sync: true }, forever)
    const files = memoryFiles()
    const opened: string[] = []
    const watched: Files = {
      open: (path, options, signal) => {
        opened.push(path)
        return files.open(path, options, signal)
      },
      stat: async (path, signal) => {
        opened.push(path)
        return await files.stat(path, signal)
      },
      list: files.list.bind(files),
      makeFolder: files.makeFolder.bind(files),
      rename: files.rename.bind(files),
      remove: files.remove.bind(files),
      syncFolder: files.syncFolder.bind(files),
      freeBytes: files.freeBytes.bind(files),
    }
    const store = await openVideoStore({
      files: watched,
      records,
      clock: new ManualClock(),
      capacity: 1e12,
      signal: forever,
    })
    expect(store.replicas()).toHaveLength(10_000)
    expect(opened).toEqual([])
  })
})
