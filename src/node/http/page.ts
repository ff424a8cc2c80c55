/** The web page, as plain files of the package. */
import fastifyStatic from '@fastify/static'
import { fileURLToPath } from 'node:url'
import type { Server } from './server.ts'

/** Holds in the sources and in the package alike: both have the same folders. */
const folder = fileURLToPath(new URL('../../client/web/', import.meta.url))

/** Scripts, styles and media of this node alone: a title that smuggles in markup finds nothing that would run it. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "media-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

export async function addPage(server: Server): Promise<void> {
  await server.register(async (scope) => {
    await scope.register(fastifyStatic, {
      root: folder,
      // Routes for the files that are there, so that anything else gets our own 404.
      wildcard: false,
      decorateReply: false,
      schemaHide: true,
      // A newer version of the package must show at once; ETags keep it cheap.
      cacheControl: false,
      setHeaders: (reply) => {
        reply.header('cache-control', 'no-cache')
        reply.header('content-security-policy', contentSecurityPolicy)
      },
    })
  })
}
