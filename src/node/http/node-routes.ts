/** The machines, and how the network does. */
import { Health, NodeList, Status } from '../../contract/nodes.ts'
import type { NodeApi } from '../api.ts'
import { errorResponses } from './request-parts.ts'
import type { Server } from './server.ts'

export function addNodeRoutes(server: Server, api: NodeApi): void {
  server.get(
    '/nodes',
    {
      schema: {
        summary: 'All members',
        tags: ['nodes'],
        response: { 200: NodeList, ...errorResponses },
      },
    },
    async (_request, reply) => {
      void reply.header('cache-control', 'no-store')
      return api.nodes()
    },
  )
  server.get(
    '/status',
    {
      schema: {
        summary: 'How many videos and machines there are, and whether enough copies live',
        tags: ['nodes'],
        response: { 200: Status, ...errorResponses },
      },
    },
    async (_request, reply) => {
      void reply.header('cache-control', 'no-store')
      return api.status()
    },
  )
  server.get(
    '/healthz',
    {
      schema: {
        summary: 'Whether this node answers, and who it is',
        tags: ['nodes'],
        response: { 200: Health, ...errorResponses },
      },
    },
    async (_request, reply) => {
      void reply.header('cache-control', 'no-store')
      return { ok: true, id: api.id, name: api.name(), version: api.version }
    },
  )
}
