import { PlaykiteError } from '../core/errors.ts'
import type { Replica } from '../ports/video-store.ts'

export function noSpace(why: string): PlaykiteError {
  return new PlaykiteError('no-space', `This machine has no room for the video: ${why}.`, {
    remedy: 'Remove videos, free space on its disk, or give it more with --capacity.',
  })
}

export function damagedChunk({ video, path }: Replica, index: number): PlaykiteError {
  return new PlaykiteError('corrupt', `Chunk ${index} of ${video} is damaged on this disk (${path}).`, {
    remedy: 'Check that disk. Other copies are used meanwhile.',
  })
}
