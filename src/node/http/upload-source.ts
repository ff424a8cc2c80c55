/** An upload as it comes: its words from query and form, its bytes from a form's file or the raw body. */
import type { IncomingMessage } from 'node:http'
import type { UploadQuery } from '../../contract/upload.ts'
import type { PublishRequest } from '../api.ts'
import { PlaykiteError } from '../../core/errors.ts'
import { cutOff, type FormFields, readForm } from './upload-form.ts'

export interface UploadSource {
  readonly request: Omit<PublishRequest, 'onProgress'>
  readonly bytes: AsyncIterable<Uint8Array>
}

/** @throws bad-request if it is a form without file, or a broken one */
export async function openUpload(request: IncomingMessage, query: UploadQuery): Promise<UploadSource> {
  if (isForm(request)) {
    const form = await readForm(request)
    const fileName = query.name ?? form.fileName
    return { request: { ...words(query, form.fields), fileName, size: undefined }, bytes: form.bytes }
  }
  const size = request.headers['content-length']
  return {
    request: {
      ...words(query, noFields),
      fileName: query.name,
      size: size === undefined ? undefined : Number(size),
    },
    bytes: rawBytes(request),
  }
}

function isForm(request: IncomingMessage): boolean {
  return /^multipart\/form-data\b/i.test(request.headers['content-type'] ?? '')
}

const noFields: FormFields = { title: [], description: [], tag: [], any: [], again: [] }

/** What the query says goes before what the form says; tags are those of both. */
function words(query: UploadQuery, fields: FormFields): Omit<PublishRequest, 'fileName' | 'size'> {
  const queryTags = query.tag === undefined ? [] : typeof query.tag === 'string' ? [query.tag] : query.tag
  return {
    title: blankAsNone(query.title ?? fields.title.at(-1)),
    description: query.description ?? fields.description.at(-1) ?? '',
    tags: [...queryTags, ...fields.tag],
    any: flag('any', query.any ?? fields.any.at(-1)),
    again: flag('again', query.again ?? fields.again.at(-1)),
  }
}

/** A form whose title was left empty has none. */
function blankAsNone(title: string | undefined): string | undefined {
  return title?.trim() === '' ? undefined : title
}

/** `on` is what a browser sends for a ticked box. */
function flag(name: string, value: string | undefined): boolean {
  if (value === undefined || value === '0' || value === 'false') return false
  if (value === '' || value === '1' || value === 'true' || value === 'on') return true
  throw new PlaykiteError('bad-request', `"${name}" may be true or false, not ${JSON.stringify(value)}.`)
}

async function* rawBytes(request: IncomingMessage): AsyncGenerator<Uint8Array> {
  try {
    // Giving up on the bytes must not cut the connection: the answer still has to go out.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) yield chunk as Uint8Array
  } catch (error) {
    throw cutOff(error)
  }
}
