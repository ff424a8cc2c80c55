import { randomBytes } from 'node:crypto'
import { chmod, mkdir, open, readFile, readdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { PlaykiteError } from '../core/errors.ts'
import { type NodeId, parseNodeId } from '../core/ids.ts'
import type { Signer } from '../ports/signer.ts'
import { diskError, systemCode } from './disk-errors.ts'
import { lockFolder } from './folder-lock.ts'
import { SEED_BYTES, signerFromSeed } from './node-key.ts'

/** The data folder is for its owner alone: it has the node's key. */
const FOLDER_MODE = 0o700
const KEY_MODE = 0o600

const KEY = 'node.key'
const MARKER = 'playkite.json'
const VIDEOS_MARKER = join('videos', '.playkite')
/** What may stand in a folder that is to become a data folder. */
const HARMLESS = new Set(['config.json', 'lock', 'lost+found', MARKER, `${MARKER}.new`, `${KEY}.new`])

export interface DataFolder {
  readonly path: string
  readonly signer: Signer
  /** The node's private key, 32 bytes. */
  readonly seed: Uint8Array
  close(): Promise<void>
}

/**
 * Opens a node's data folder, and makes it if there is none.
 * @throws PlaykiteError folder-in-use, folder-unwritable, folder-foreign (another node's, half of one, or a folder with other files)
 */
export async function openDataFolder(path: string): Promise<DataFolder> {
  await makeFolder(path)
  const lock = await lockFolder(join(path, 'lock'))
  try {
    const seed = (await readKey(path)) ?? (await firstStart(path))
    const signer = signerFromSeed(seed)
    for (const marker of [MARKER, VIDEOS_MARKER]) await checkMarker(path, marker, signer.id)
    return { path, signer, seed, close: () => lock.release() }
  } catch (error) {
    await lock.release()
    throw error
  }
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: FOLDER_MODE })
    // A folder that was made for it by hand is closed to others too.
    await chmod(path, FOLDER_MODE)
  } catch (error) {
    if (systemCode(error) === 'EEXIST' || systemCode(error) === 'ENOTDIR') {
      throw new PlaykiteError('folder-unwritable', `${path} is a file, not a folder.`, {
        remedy: 'Give a folder with --data DIR.',
        cause: error,
      })
    }
    throw diskError(error, `make the data folder ${path}`)
  }
}

async function readKey(path: string): Promise<Uint8Array | undefined> {
  const text = await readIfThere(join(path, KEY))
  if (text === undefined) return undefined
  const seed = Buffer.from(text.trim(), 'hex')
  if (seed.length === SEED_BYTES) return seed
  throw foreign(
    `${join(path, KEY)} is no key of Playkite.`,
    'Restore it from a backup, or choose another folder with --data DIR.',
  )
}

/** Markers first, the key last: a crash between them leaves what looks like the folder of a first start. */
async function firstStart(path: string): Promise<Uint8Array> {
  const names = await readdir(path)
  const other = names.find((name) => !HARMLESS.has(name) && name !== 'videos')
  if (other !== undefined || !(await isFresh(join(path, 'videos')))) {
    const ofNode = names.includes('records') || names.includes('videos')
    const what = ofNode
      ? `has videos of a node but not its key (${KEY})`
      : `has other files in it (${other ?? ''})`
    throw foreign(
      `The folder ${path} ${what}.`,
      'Choose an empty folder with --data DIR, or put back what is missing.',
    )
  }
  const seed = randomBytes(SEED_BYTES)
  const { id } = signerFromSeed(seed)
  await mkdir(join(path, 'videos'), { recursive: true, mode: FOLDER_MODE })
  for (const marker of [VIDEOS_MARKER, MARKER]) {
    await writeSynced(join(path, marker), `${JSON.stringify({ v: 1, node: id })}\n`)
  }
  await writeSynced(join(path, KEY), `${seed.toString('hex')}\n`)
  return seed
}

/** Whether there is no videos folder yet, or one that a first start began. */
async function isFresh(videos: string): Promise<boolean> {
  try {
    return (await readdir(videos)).every((name) => name.startsWith('.playkite'))
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return true
    throw diskError(error, `list ${videos}`)
  }
}

async function checkMarker(path: string, marker: string, id: NodeId): Promise<void> {
  const text = await readIfThere(join(path, marker))
  const node = text === undefined ? undefined : nodeOf(text)
  if (node === id) return
  const file = join(path, marker)
  if (text === undefined) {
    throw foreign(
      `${file} is missing: part of this data folder is not here.`,
      'Mount the disk or put back the folder that is missing; to begin anew, choose another folder with --data DIR.',
    )
  }
  throw foreign(
    `${file} is of another node (${node ?? 'unreadable'}).`,
    'Put back the folder that belongs to this node, or choose another one with --data DIR.',
  )
}

function nodeOf(text: string): NodeId | undefined {
  const id = /"node":"(\w+)"/.exec(text)?.[1]
  return id === undefined ? undefined : parseNodeId(id)
}

/** Writes a small file so that it is there whole or not at all, also after a crash. */
async function writeSynced(path: string, text: string): Promise<void> {
  try {
    const handle = await open(`${path}.new`, 'w', KEY_MODE)
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(`${path}.new`, path)
    const folder = await open(join(path, '..'), 'r')
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  } catch (error) {
    throw diskError(error, `write ${path}`)
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw diskError(error, `read ${path}`)
  }
}

function foreign(message: string, remedy: string): PlaykiteError {
  return new PlaykiteError('folder-foreign', message, { remedy })
}
