import { PlaykiteError } from '../core/errors.ts'
import type { VideoId } from '../core/ids.ts'

/** The folder of what is incomplete. */
const INCOMING_FOLDER = 'incoming'
/** The folder of replicas, in subfolders by the first two digits of the id: a folder of 10 000 files is slow to look at for people. */
const VIDEOS_FOLDER = 'videos'

/** Characters of an extension; longer ones are no extension that a player knows. */
const MAX_EXTENSION_CHARACTERS = 16
const extensionPattern = /^[a-z0-9]+$/i

export function incomingPath(video: VideoId): string {
  return `${INCOMING_FOLDER}/${video}`
}

export function replicaFolder(video: VideoId): string {
  return `${VIDEOS_FOLDER}/${video.slice(0, 2)}`
}

/** Where a replica lives. An extension that is not plain letters and digits is left out: it came from another machine. */
export function replicaPath(video: VideoId, extension: string): string {
  const usable = extension.length <= MAX_EXTENSION_CHARACTERS && extensionPattern.test(extension)
  return `${replicaFolder(video)}/${video}${usable ? `.${extension.toLowerCase()}` : ''}`
}

/** The folder that a path names a file of; '' is the root. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}

/**
 * Holds a path against the rules of the `Files` port: relative, `/` between names, nothing that leaves the folder.
 * @throws PlaykiteError bad-request
 */
export function checkPath(path: string): string {
  const bad = path.split('/').some((name) => name === '' || name === '.' || name === '..')
  if (bad || path.includes('\\') || path.includes('\0'))
    throw new PlaykiteError('bad-request', `"${path}" is no path below the data folder`)
  return path
}

/** As `checkPath`, for operations on folders, where '' is the root itself. */
export function checkFolder(path: string): string {
  return path === '' ? path : checkPath(path)
}
