import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A folder for one test, removed when that is done. */
export async function tempDir(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'playkite-test-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}
