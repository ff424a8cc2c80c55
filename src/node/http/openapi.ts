/** The description of the API, made from the schemas of the routes, and a page to read and try it: all from this machine. */
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { Server } from './server.ts'

/** Nothing from elsewhere: a LAN without internet shows the page as well. Swagger UI sets style attributes and data: images. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Must run before the routes that it describes are added. */
export async function addOpenApi(server: Server, version: string): Promise<void> {
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Playkite',
        description:
          'One video library across the machines of a LAN. Every machine answers for the whole network.',
        version,
      },
      tags: [
        { name: 'videos', description: 'The catalogue, publishing and watching' },
        { name: 'nodes', description: 'The machines' },
        { name: 'events', description: 'What happens, live' },
      ],
    },
  })
  await server.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: contentSecurityPolicy,
    // Without the bar on top, which would take the URL of any other API.
    uiConfig: { deepLinking: true, tryItOutEnabled: true, layout: 'BaseLayout' },
    theme: { title: 'Playkite API' },
  })
  server.get('/openapi.json', { schema: { hide: true } }, async () => server.swagger())
}
