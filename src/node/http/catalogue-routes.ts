/** Videos as entries of the catalogue: list, look up, change, remove, restore. */
import { Type } from 'typebox'
import { Resolved } from '../../contract/nodes.ts'
import {
  ListQuery,
  ManifestBody,
  Removal,
  Video,
  VideoChanges,
  VideoPage,
  WhyBody,
} from '../../contract/video.ts'
import { PlaykiteError } from '../../core/errors.ts'
import { CHUNK_BYTES } from '../../core/limits.ts'
import type { NodeApi } from '../api.ts'
import { clientSignal, errorResponses, videoIdOf, VideoQuery } from './request-parts.ts'
import type { Server } from './server.ts'

/** Characters of what /resolve looks for: a title at its limit. */
const MAX_RESOLVED_CHARACTERS = 300
const HASH_BYTES = 32

const noStore = 'no-store'

export function addCatalogueRoutes(server: Server, api: NodeApi): void {
  server.get(
    '/videos',
    {
      schema: {
        summary: 'List or search videos',
        tags: ['videos'],
        querystring: ListQuery,
        response: { 200: VideoPage, ...errorResponses },
      },
    },
    async (request, reply) => {
      void reply.header('cache-control', noStore)
      return api.list(request.query)
    },
  )
  server.get(
    '/video',
    {
      schema: {
        summary: 'One video',
        tags: ['videos'],
        querystring: VideoQuery,
        response: { 200: Video, ...errorResponses },
      },
    },
    async (request, reply) => {
      void reply.header('cache-control', noStore)
      return api.video(videoIdOf(request.query.id))
    },
  )
  addLookups(server, api)
  addChanges(server, api)
}

function addLookups(server: Server, api: NodeApi): void {
  server.get(
    '/resolve',
    {
      schema: {
        summary:
          'The id of a video (by id, unique prefix of it, or exact title) or of a node (by name, id or prefix)',
        tags: ['videos', 'nodes'],
        querystring: Type.Object({
          video: Type.Optional(Type.String({ maxLength: MAX_RESOLVED_CHARACTERS })),
          node: Type.Optional(Type.String({ maxLength: MAX_RESOLVED_CHARACTERS })),
        }),
        response: { 200: Resolved, ...errorResponses },
      },
    },
    async (request, reply) => {
      const { video, node } = request.query
      void reply.header('cache-control', noStore)
      if (video !== undefined && node === undefined) return api.resolveVideo(video)
      if (node !== undefined && video === undefined) return api.resolveNode(node)
      throw new PlaykiteError('bad-request', 'Either "video" or "node" must be in the query.', {
        remedy: 'Ask for /resolve?video=… or /resolve?node=…',
      })
    },
  )
  server.get(
    '/why',
    {
      schema: {
        summary: 'Why a video is kept where it is: rank, band and holders',
        tags: ['videos'],
        querystring: VideoQuery,
        response: { 200: WhyBody, ...errorResponses },
      },
    },
    async (request, reply) => {
      void reply.header('cache-control', noStore)
      return api.why(videoIdOf(request.query.id))
    },
  )
  server.get(
    '/manifest',
    {
      schema: {
        summary: "The hashes of a video's chunks, to verify what was fetched",
        tags: ['videos'],
        querystring: VideoQuery,
        response: { 200: ManifestBody, ...errorResponses },
      },
    },
    async (request, reply) => {
      const { cid, size, hashes } = await api.manifest(videoIdOf(request.query.id), clientSignal(reply.raw))
      return { cid, size, chunkSize: CHUNK_BYTES, chunks: hexHashes(hashes) }
    },
  )
}

function addChanges(server: Server, api: NodeApi): void {
  server.patch(
    '/video',
    {
      schema: {
        summary: 'Change the words of a video',
        tags: ['videos'],
        querystring: VideoQuery,
        body: VideoChanges,
        response: { 200: Video, ...errorResponses },
      },
    },
    async (request, reply) => api.edit(videoIdOf(request.query.id), request.body, clientSignal(reply.raw)),
  )
  server.delete(
    '/video',
    {
      schema: {
        summary: 'Remove a video; it can be restored until restorableUntil',
        tags: ['videos'],
        querystring: VideoQuery,
        response: { 200: Removal, ...errorResponses },
      },
    },
    async (request, reply) => api.remove(videoIdOf(request.query.id), clientSignal(reply.raw)),
  )
  server.post(
    '/restore',
    {
      schema: {
        summary: 'Undo a removal',
        tags: ['videos'],
        querystring: VideoQuery,
        response: { 200: Removal, ...errorResponses },
      },
    },
    async (request, reply) => api.restore(videoIdOf(request.query.id), clientSignal(reply.raw)),
  )
}

function hexHashes(hashes: Uint8Array): string[] {
  const bytes = Buffer.from(hashes.buffer, hashes.byteOffset, hashes.length)
  return Array.from({ length: hashes.length / HASH_BYTES }, (_, index) =>
    bytes.toString('hex', index * HASH_BYTES, (index + 1) * HASH_BYTES),
  )
}
