import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { diskError, systemCode } from './disk-errors.ts'

/** The text of a data folder's `config.json`; undefined if there is none. @throws PlaykiteError folder-unwritable, internal */
export async function readConfigFile(dataFolder: string): Promise<string | undefined> {
  const path = join(dataFolder, 'config.json')
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw diskError(error, `read ${path}`)
  }
}
