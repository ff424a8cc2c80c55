/** The kind of a file by what its first bytes are, never by its name. Sources: ISO 14496-12, Matroska, RIFF, ISO 13818-1, RFC 3533, ID3, RFC 9639. */

/** Bytes of a file that its signature may need. */
export const SIGNATURE_BYTES = 64 * 1024

export interface MediaSignature {
  /** Media type. */
  readonly type: string
  /** File name extension without the dot. */
  readonly extension: string
}

/** @param head the first SIGNATURE_BYTES, or the whole file @returns undefined if it is neither video nor sound */
export function sniffMedia(head: Uint8Array): MediaSignature | undefined {
  const bytes = new Bytes(head)
  return (
    isoMedia(bytes) ??
    matroska(bytes) ??
    riff(bytes) ??
    ogg(bytes) ??
    byMagic(bytes) ??
    transportStream(bytes) ??
    framedAudio(bytes)
  )
}

class Bytes {
  readonly length: number
  readonly #head: Uint8Array

  constructor(head: Uint8Array) {
    this.#head = head
    this.length = head.length
  }

  at(offset: number): number {
    return this.#head[offset] ?? -1
  }

  text(offset: number, length: number): string {
    return String.fromCharCode(...this.#head.subarray(offset, offset + length))
  }

  uint32(offset: number): number {
    return (
      ((this.at(offset) << 24) |
        (this.at(offset + 1) << 16) |
        (this.at(offset + 2) << 8) |
        this.at(offset + 3)) >>>
      0
    )
  }

  starts(magic: readonly number[], offset = 0): boolean {
    return magic.every((byte, index) => this.at(offset + index) === byte)
  }

  includes(text: string, from: number, to: number): boolean {
    return this.text(from, Math.min(to, this.length) - from).includes(text)
  }
}

const video = (kind: string, extension: string): MediaSignature => ({ type: `video/${kind}`, extension })
const audio = (kind: string, extension: string): MediaSignature => ({ type: `audio/${kind}`, extension })

/** Brands of pictures in the same container. */
const pictureBrands = new Set([
  'avif',
  'avis',
  'heic',
  'heix',
  'heim',
  'heis',
  'hevc',
  'hevx',
  'mif1',
  'msf1',
  'jxl ',
  'crx ',
])
/** Boxes that QuickTime files without `ftyp` begin with. */
const bareBoxes = new Set(['moov', 'mdat', 'wide', 'free', 'skip', 'pnot'])

function isoMedia(bytes: Bytes): MediaSignature | undefined {
  const size = bytes.uint32(0)
  const box = bytes.text(4, 4)
  if (bareBoxes.has(box) && (size >= 8 || size === 1)) {
    const next = size < bytes.length ? bytes.text(size + 4, 4) : box
    return /^[a-z0-9]{4}$/.test(next) ? video('quicktime', 'mov') : undefined
  }
  if (box === 'styp' && size >= 8) return video('mp4', 'mp4')
  if (box !== 'ftyp' || size < 8) return undefined
  const brand = bytes.text(8, 4)
  if (pictureBrands.has(brand)) return undefined
  if (brand === 'qt  ') return video('quicktime', 'mov')
  if (brand.startsWith('M4A') || brand.startsWith('M4B')) return audio('mp4', 'm4a')
  if (brand.startsWith('3g')) return video('3gpp', '3gp')
  return brand.startsWith('M4V') ? video('mp4', 'm4v') : video('mp4', 'mp4')
}

function matroska(bytes: Bytes): MediaSignature | undefined {
  if (!bytes.starts([0x1a, 0x45, 0xdf, 0xa3])) return undefined
  if (bytes.includes('webm', 4, 64)) return video('webm', 'webm')
  return bytes.includes('matroska', 4, 64) ? video('x-matroska', 'mkv') : undefined
}

function riff(bytes: Bytes): MediaSignature | undefined {
  const form = bytes.text(0, 4)
  const kind = bytes.text(8, 4)
  if (form === 'RIFF' && kind === 'AVI ') return video('x-msvideo', 'avi')
  if ((form === 'RIFF' || form === 'RF64') && kind === 'WAVE') return audio('wav', 'wav')
  return form === 'FORM' && (kind === 'AIFF' || kind === 'AIFC') ? audio('aiff', 'aiff') : undefined
}

function ogg(bytes: Bytes): MediaSignature | undefined {
  if (bytes.text(0, 4) !== 'OggS' || bytes.at(4) !== 0) return undefined
  if (bytes.includes('theora', 27, 200)) return video('ogg', 'ogv')
  return audio('ogg', bytes.includes('OpusHead', 27, 200) ? 'opus' : 'ogg')
}

const asfHeader = [
  0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11, 0xa6, 0xd9, 0x00, 0xaa, 0x00, 0x62, 0xce, 0x6c,
]

function byMagic(bytes: Bytes): MediaSignature | undefined {
  if (bytes.text(0, 4) === 'fLaC') return audio('flac', 'flac')
  if (bytes.text(0, 3) === 'FLV' && bytes.at(3) === 1) return video('x-flv', 'flv')
  if (bytes.starts(asfHeader)) return video('x-ms-asf', 'wmv')
  if (bytes.starts([0, 0, 1, 0xba]) && (bytes.at(4) & 0xc0) !== 0x80) return video('mpeg', 'mpg')
  if (bytes.starts([0, 0, 1, 0xb3])) return video('mpeg', 'mpg')
  return bytes.text(0, 3) === 'ID3' && bytes.at(3) <= 4 ? audio('mpeg', 'mp3') : undefined
}

/** Sync bytes a packet's length apart; BDAV files have four bytes of time before each packet. */
function transportStream(bytes: Bytes): MediaSignature | undefined {
  const isRegular = (offset: number, step: number): boolean =>
    bytes.length >= offset + step * 4 &&
    [0, 1, 2, 3, 4].every((n) => offset + n * step >= bytes.length || bytes.at(offset + n * step) === 0x47)
  return isRegular(0, 188) || isRegular(4, 192) ? video('mp2t', 'ts') : undefined
}

/** MP3 and AAC have no magic number: three frames in a row, each where the one before says. */
function framedAudio(bytes: Bytes): MediaSignature | undefined {
  if (hasFrames(bytes, mp3FrameLength)) return audio('mpeg', 'mp3')
  return hasFrames(bytes, adtsFrameLength) ? audio('aac', 'aac') : undefined
}

function hasFrames(bytes: Bytes, lengthAt: (bytes: Bytes, offset: number) => number): boolean {
  let offset = 0
  for (let frame = 0; frame < 3; frame++) {
    const length = lengthAt(bytes, offset)
    if (length === 0) return false
    offset += length
  }
  return true
}

const mp3Bitrates = {
  1: [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0],
  2: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0],
} as const
const mp3Rates = [44_100, 48_000, 32_000]

/** ISO 11172-3, layer III. @returns 0 if there is no frame */
function mp3FrameLength(bytes: Bytes, offset: number): number {
  const second = bytes.at(offset + 1)
  if (bytes.at(offset) !== 0xff || (second & 0xe6) !== 0xe2) return 0
  const versionBits = (second >> 3) & 3
  if (versionBits === 1) return 0
  const version = versionBits === 3 ? 1 : 2
  const third = bytes.at(offset + 2)
  const bitrate = (mp3Bitrates[version][third >> 4] ?? 0) * 1000
  const baseRate = mp3Rates[(third >> 2) & 3]
  if (bitrate === 0 || baseRate === undefined) return 0
  const rate = baseRate / (versionBits === 3 ? 1 : versionBits === 2 ? 2 : 4)
  return Math.floor(((version === 1 ? 144 : 72) * bitrate) / rate) + ((third >> 1) & 1)
}

/** ISO 13818-7. @returns 0 if there is no frame */
function adtsFrameLength(bytes: Bytes, offset: number): number {
  if (bytes.at(offset) !== 0xff || (bytes.at(offset + 1) & 0xf6) !== 0xf0) return 0
  if (((bytes.at(offset + 2) >> 2) & 0xf) > 12) return 0
  const length =
    ((bytes.at(offset + 3) & 3) << 11) | (bytes.at(offset + 4) << 3) | (bytes.at(offset + 5) >> 5)
  return length > 7 ? length : 0
}
