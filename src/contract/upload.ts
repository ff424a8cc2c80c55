/** Publishing over HTTP: the query, and the lines that tell how it goes (`Accept: application/x-ndjson`). */
import { Type, type Static } from 'typebox'
import { ErrorBody } from './errors.ts'
import { PublishedVideo } from './video.ts'

/** In a query, `?any`, `?any=1` and `?any=true` all mean yes. */
const Flag = Type.Optional(
  Type.Union([
    Type.Literal(''),
    Type.Literal('1'),
    Type.Literal('true'),
    Type.Literal('0'),
    Type.Literal('false'),
  ]),
)

export const UploadQuery = Type.Object({
  title: Type.Optional(Type.String({ description: 'Without it: the file name without extension' })),
  description: Type.Optional(Type.String()),
  tag: Type.Optional(Type.Union([Type.String(), Type.Array(Type.String())])),
  name: Type.Optional(Type.String({ description: 'File name, for title and extension of a raw body' })),
  any: Flag,
  again: Flag,
})
export type UploadQuery = Static<typeof UploadQuery>

const rate = {
  bytes: Type.Integer({ description: 'Bytes that arrived so far' }),
  rate: Type.Union([Type.Number(), Type.Null()], { description: 'Bytes a second, lately' }),
  eta: Type.Union([Type.Number(), Type.Null()], {
    description: 'Seconds until all bytes are there; null while unknown',
  }),
  copies: Type.Integer({ description: 'Committed copies so far' }),
}

/** One line. `receiving` repeats, `safe` is the acknowledgement, `done` or `failed` is the last one. */
export const UploadLine = Type.Union([
  Type.Object({ phase: Type.Literal('receiving'), ...rate }),
  Type.Object({ phase: Type.Literal('safe'), ...rate, safe: Type.Boolean(), video: PublishedVideo }),
  Type.Object({ phase: Type.Literal('done'), ...rate, safe: Type.Boolean(), video: PublishedVideo }),
  Type.Object({ phase: Type.Literal('failed'), ...rate, error: ErrorBody.properties.error }),
])
export type UploadLine = Static<typeof UploadLine>
