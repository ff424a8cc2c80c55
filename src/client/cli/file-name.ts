import type { Video } from '../../contract/video.ts'

const extensions: Readonly<Record<string, string>> = {
  'video/mp4': 'mp4',
  'video/quicktime': 'mov',
  'video/webm': 'webm',
  'video/x-matroska': 'mkv',
  'video/x-msvideo': 'avi',
  'video/mp2t': 'ts',
  'video/mpeg': 'mpg',
  'video/ogg': 'ogv',
  'video/3gpp': '3gp',
  'video/x-flv': 'flv',
  'video/x-ms-asf': 'wmv',
  'audio/mpeg': 'mp3',
  'audio/mp4': 'm4a',
  'audio/ogg': 'ogg',
  'audio/flac': 'flac',
  'audio/wav': 'wav',
  'audio/aac': 'aac',
  'audio/aiff': 'aiff',
}
/** Bytes of a name without its extension: file systems end at 255. */
const MAX_NAME_BYTES = 200

/** A name for a video's file: its title, without what a file system or a person would stumble over. */
export function fileNameOf({ title, type, id }: Pick<Video, 'title' | 'type' | 'id'>): string {
  const extension = `.${extensions[type] ?? 'bin'}`
  const bare = title.toLowerCase().endsWith(extension) ? title.slice(0, -extension.length) : title
  // Characters that turn the direction of writing can hide the extension.
  const clean = bare.replaceAll(/[\p{Cc}\p{Bidi_C}/\\:*?"<>|]+/gu, '_').replaceAll(/^[.\s-]+|[.\s]+$/g, '')
  let name = clean === '' ? id : clean
  while (Buffer.byteLength(name) > MAX_NAME_BYTES) name = [...name].slice(0, -1).join('')
  return `${name}${extension}`
}
