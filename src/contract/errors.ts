/** Errors as they leave a node through HTTP, and as the command line ends with them. */
import { Type, type Static } from 'typebox'

/** Every code with its HTTP status and the exit code of the command line (0 done, 1 failed, 2 usage, 3 not there, 4 no node, 5 no space). */
export const HTTP_ERRORS = {
  'bad-request': { status: 400, exit: 2 },
  ambiguous: { status: 409, exit: 2 },
  'not-found': { status: 404, exit: 3 },
  removed: { status: 410, exit: 3 },
  forbidden: { status: 403, exit: 1 },
  empty: { status: 422, exit: 1 },
  'not-media': { status: 415, exit: 1 },
  'no-space': { status: 507, exit: 5 },
  'no-holder': { status: 503, exit: 1 },
  internal: { status: 500, exit: 1 },
} as const

export type HttpErrorCode = keyof typeof HTTP_ERRORS

const codes = Object.keys(HTTP_ERRORS) as HttpErrorCode[]

export const ErrorBody = Type.Object(
  {
    error: Type.Object({
      code: Type.Unsafe<HttpErrorCode>(Type.Union(codes.map((code) => Type.Literal(code)))),
      message: Type.String({ description: 'What is wrong, as a sentence' }),
      remedy: Type.Union([Type.String(), Type.Null()], { description: 'What to do about it' }),
    }),
  },
  { title: 'Error' },
)
export type ErrorBody = Static<typeof ErrorBody>
