/** The file name under which a browser saves a video (RFC 6266, RFC 8187). */

const extensions: Readonly<Record<string, string>> = {
  'video/mp4': 'mp4',
  'video/webm': 'webm',
  'video/x-matroska': 'mkv',
  'video/quicktime': 'mov',
  'video/mp2t': 'ts',
  'video/ogg': 'ogv',
  'video/mpeg': 'mpg',
  'video/x-msvideo': 'avi',
  'video/x-flv': 'flv',
  'audio/mpeg': 'mp3',
  'audio/mp4': 'm4a',
  'audio/ogg': 'ogg',
  'audio/flac': 'flac',
  'audio/wav': 'wav',
  'audio/webm': 'weba',
}

/** The header for showing in place: a name in plain ASCII for old programs, and the right one. */
export function inlineDisposition(title: string, type: string): string {
  const extension = extensions[type]
  const base = cleaned(title)
  const has = extension === undefined || base.toLowerCase().endsWith(`.${extension}`)
  const name = has ? base : `${base}.${extension}`
  return `inline; filename="${asciiOf(name)}"; filename*=UTF-8''${encoded(name)}`
}

/** Without what file systems refuse: separators, control characters, what Windows forbids, dots and blanks at the ends. */
function cleaned(title: string): string {
  const name = title
    .toWellFormed()
    .replace(/[\p{Cc}\p{Zl}\p{Zp}/\\:*?"<>|]/gu, '_')
    .replace(/^[. ]+|[. ]+$/g, '')
  return name === '' ? 'video' : name
}

function asciiOf(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\w .()-]/g, '_')
  // A title of nothing but marks, as of vowels, leaves nothing before the extension.
  return /^(?:\.|$)/.test(plain) ? `video${plain}` : plain
}

/** RFC 8187's attr-char are fewer characters than encodeURIComponent leaves as they are. */
function encoded(name: string): string {
  return encodeURIComponent(name).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
