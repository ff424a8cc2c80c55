import { PlaykiteError } from '../../core/errors.ts'

/** Why a video could not be kept. @param isFull whether no machine had room to begin with */
export function tooFewMachines(cause: PlaykiteError | undefined, isFull: boolean): PlaykiteError {
  if (isFull || cause?.code === 'no-space') {
    return new PlaykiteError('no-space', 'No machine has room for this video: it was not published.', {
      remedy: 'Remove videos, add a machine, or give Playkite more of a disk with --capacity.',
      cause,
    })
  }
  if (cause?.code === 'clock-off') {
    return new PlaykiteError(
      'bad-request',
      "This machine's clock is far ahead of the others: they refuse what it publishes.",
      {
        remedy: 'Set the clock of this machine, and publish again.',
        cause,
      },
    )
  }
  return new PlaykiteError('unreachable', 'Too few machines could take this video: it was not published.', {
    remedy: 'Look at `playkite nodes`, and publish it again.',
    cause,
  })
}

export function notMedia(): PlaykiteError {
  return new PlaykiteError('not-media', 'This is no video and no sound, by its first bytes.', {
    remedy: 'Publish it all the same with --any.',
  })
}

export function noBytes(): PlaykiteError {
  return new PlaykiteError('empty', 'The file has no bytes.', {
    remedy: 'If it was still being written, publish it when that is done.',
  })
}

export function wrongSize(said: number, came: number): PlaykiteError {
  return new PlaykiteError(
    'bad-request',
    `${said} bytes were announced, but ${came} came: it was not published.`,
    {
      remedy: 'Publish it again.',
    },
  )
}
