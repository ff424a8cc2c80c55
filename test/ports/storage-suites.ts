/** What every adapter of the storage ports must do. */
import { expect, it } from 'vitest'
import type { Files } from '../../src/ports/files.ts'
import type { Records } from '../../src/ports/records.ts'
import { forever } from '../support/hosts.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

export function filesSuite(make: () => Promise<Files>): void {
  it('reads what was written, at any place, and tells sizes', async () => {
    const files = await make()
    await files.makeFolder('a/b', forever)
    const file = await files.open('a/b/c', { create: true }, forever)
    await file.write(bytes('world'), 6, forever)
    await file.write(bytes('hello '), 0, forever)
    const into = new Uint8Array(20)
    expect(await file.read(into, 3, forever)).toBe(8)
    expect(new TextDecoder().decode(into.subarray(0, 8))).toBe('lo world')
    await file.truncate(5, forever)
    await file.sync(forever)
    await file.close()
    expect((await files.stat('a/b/c', forever))?.size).toBe(5)
    expect(await files.list('a/b', forever)).toEqual(['c'])
    expect(await files.freeBytes(forever)).toBeGreaterThan(0)
  })

  it('renames, removes, and says what is not there', async () => {
    const files = await make()
    await files.makeFolder('a', forever)
    await (await files.open('x', { create: true }, forever)).close()
    await files.rename('x', 'a/y', forever)
    await files.syncFolder('a', forever)
    expect(await files.stat('x', forever)).toBeUndefined()
    expect(await files.list('nowhere', forever)).toEqual([])
    await files.remove('a/y', forever)
    await files.remove('a/y', forever)
    const missing = expect.objectContaining({ code: 'not-found' })
    await expect(files.open('a/y', { create: false }, forever)).rejects.toEqual(missing)
    await expect(files.rename('a/y', 'z', forever)).rejects.toEqual(missing)
  })

  it('never leaves its folder, and heeds its signal', async () => {
    const files = await make()
    for (const path of ['../x', '/etc/passwd', 'a/../../x', 'a//b', 'a\\b', 'a\0b', '']) {
      await expect(files.open(path, { create: true }, forever)).rejects.toMatchObject({ code: 'bad-request' })
    }
    await expect(files.stat('x', AbortSignal.abort())).rejects.toMatchObject({ code: 'aborted' })
  })
}

export function recordsSuite(make: () => Promise<Records>): void {
  const put = (key: string, value: string) => ({ type: 'put' as const, key, value: bytes(value) })
  const keys = async (records: Records, prefix: string): Promise<readonly string[]> => {
    const found: string[] = []
    for await (const [key] of records.entries(prefix, forever)) found.push(key)
    return found
  }

  it('keeps batches, and walks by prefix in the order of keys', async () => {
    const records = await make()
    await records.batch(
      [put('b/2', 'two'), put('b/1', 'one'), put('a', 'x'), put('c', 'y')],
      { sync: true },
      forever,
    )
    await records.batch([{ type: 'delete', key: 'a' }, put('b/1', 'uno')], { sync: false }, forever)
    expect(await records.get('a', forever)).toBeUndefined()
    expect(new TextDecoder().decode(await records.get('b/1', forever))).toBe('uno')
    expect(await keys(records, 'b/')).toEqual(['b/1', 'b/2'])
    expect(await keys(records, '')).toEqual(['b/1', 'b/2', 'c'])
    await records.close()
  })

  it('walks what was there when the walk began', async () => {
    const records = await make()
    await records.batch([put('1', ''), put('2', ''), put('3', '')], { sync: false }, forever)
    const seen: string[] = []
    for await (const [key] of records.entries('', forever)) {
      seen.push(key)
      await records.batch([put('4', ''), { type: 'delete', key: '3' }], { sync: false }, forever)
    }
    expect(seen).toEqual(['1', '2', '3'])
    await records.close()
  })
}
