/**
 * A multipart form as a stream: the words that stand before the file, and the file's bytes as they come. Nothing of the file is
 * kept: busboy reads on only as fast as the bytes are taken.
 */
import busboy from 'busboy'
import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { messageOf, PlaykiteError } from '../../core/errors.ts'

/** Bytes of one field: a description at its limit in 4-byte characters, three times over. */
const MAX_FIELD_BYTES = 64 * 1024
/** Fields of a form: all tags that a video may have, the other words, and some that we do not know. */
const MAX_FIELDS = 64

export interface FormFields {
  readonly title: readonly string[]
  readonly description: readonly string[]
  readonly tag: readonly string[]
  readonly any: readonly string[]
  readonly again: readonly string[]
}

export interface UploadForm {
  /** Values of the known fields before the file, in their order; a field may come several times. Unknown fields are passed over. */
  readonly fields: FormFields
  readonly fileName: string | undefined
  /** The file. Its end comes only when the whole form was read and was in order. @throws bad-request */
  readonly bytes: AsyncIterable<Uint8Array>
}

/** Reads up to the file; ends when the request's connection does. @throws bad-request if there is no file, or the form is broken */
export async function readForm(request: IncomingMessage): Promise<UploadForm> {
  const parser = openParser(request)
  const fields = { title: [], description: [], tag: [], any: [], again: [] } satisfies Record<
    string,
    string[]
  >
  const whole = Promise.withResolvers<void>()
  const file = Promise.withResolvers<Readable>()
  let fileName: string | undefined
  let hasFile = false
  // Whoever takes the bytes hears of a failure at their end; nobody is left to hear it when they were given up before.
  whole.promise.catch(() => undefined)

  const fail = (error: PlaykiteError): void => {
    whole.reject(error)
    file.reject(error)
    request.unpipe(parser)
    parser.destroy()
  }
  parser.on('field', (name, value, info) => {
    if (!Object.hasOwn(fields, name)) return
    if (info.valueTruncated) fail(broken(`its field "${name}" is longer than ${MAX_FIELD_BYTES} bytes`))
    else if (hasFile) fail(lateField(name))
    else (fields as Record<string, string[]>)[name]?.push(value)
  })
  parser.on('file', (_field, stream, info) => {
    hasFile = true
    fileName = unescaped(info.filename ?? '') || undefined
    stream.on('error', (error) => fail(broken(messageOf(error))))
    file.resolve(stream)
  })
  parser.on('filesLimit', () => fail(secondFile()))
  parser.on('fieldsLimit', () => fail(broken(`it has more than ${MAX_FIELDS} fields`)))
  parser.on('error', (error) => fail(broken(messageOf(error))))
  parser.on('close', () => {
    file.reject(noFile())
    whole.resolve()
  })
  request.once('close', () => {
    if (!request.complete) fail(cutOff())
  })
  request.pipe(parser)
  const stream = await file.promise
  return { fields, fileName, bytes: fileBytes(stream, whole.promise) }
}

function openParser(request: IncomingMessage): busboy.Busboy {
  const limits = { files: 1, fields: MAX_FIELDS, fieldSize: MAX_FIELD_BYTES }
  try {
    return busboy({ headers: request.headers, limits, defParamCharset: 'utf8' })
  } catch (error) {
    throw broken(messageOf(error))
  }
}

async function* fileBytes(file: Readable, whole: Promise<void>): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of file) yield chunk as Uint8Array
  } catch (error) {
    // The form says better than its file why it broke off.
    await whole
    throw error
  }
  await whole
}

/** File names as browsers and curl write them into forms (HTML, "multipart/form-data encoding algorithm"): three characters escaped. */
function unescaped(name: string): string {
  return name.replace(/%(0A|0D|22)/g, (escape) => decodeURIComponent(escape))
}

/** Bytes that stop before their end: the connection broke, or the client changed its mind. */
export function cutOff(cause?: unknown): PlaykiteError {
  return new PlaykiteError('bad-request', 'The upload broke off before all of its bytes had come.', {
    remedy: 'Send it again.',
    cause,
  })
}

function broken(why: string): PlaykiteError {
  return new PlaykiteError('bad-request', `The form cannot be read: ${why.replace(/\.$/, '')}.`, {
    remedy: 'Send multipart/form-data with one file, or the file itself as the body.',
  })
}

function noFile(): PlaykiteError {
  return new PlaykiteError('bad-request', 'The form has no file.', {
    remedy: 'Add one, as in curl -F title=Holiday -F file=@holiday.mp4',
  })
}

function secondFile(): PlaykiteError {
  return new PlaykiteError('bad-request', 'The form has more than one file.', {
    remedy: 'Send each video by a request of its own.',
  })
}

function lateField(name: string): PlaykiteError {
  return new PlaykiteError('bad-request', `The field "${name}" came after the file, where it is too late.`, {
    remedy: `Put it before the file, as in curl -F ${name}=… -F file=@…, or into the query: /upload?${name}=…`,
  })
}
