import type { NodeId, VideoId } from './ids.ts'

/** Characters of an id that a person must type at least. */
export const MIN_PREFIX = 4

export type Resolution<Id> =
  | { readonly type: 'one'; readonly id: Id }
  | { readonly type: 'none' }
  | { readonly type: 'many'; readonly ids: readonly Id[] }

/** A video by id, exact title, or prefix of its id. A title goes before a prefix: it was typed whole. */
export function resolveVideo(
  text: string,
  videos: Iterable<{ readonly id: VideoId; readonly title: string }>,
): Resolution<VideoId> {
  return resolve(
    text,
    [...videos].map(({ id, title }) => ({ id, name: title })),
  )
}

/** A node by name, id, or prefix of its id. */
export function resolveNode(
  text: string,
  nodes: Iterable<{ readonly id: NodeId; readonly name: string }>,
): Resolution<NodeId> {
  return resolve(text, [...nodes])
}

function resolve<Id extends string>(
  text: string,
  things: readonly { readonly id: Id; readonly name: string }[],
): Resolution<Id> {
  const exact = things.find(({ id }) => id === text)
  if (exact !== undefined) return { type: 'one', id: exact.id }
  const name = text.normalize('NFC')
  const named = things.filter((thing) => thing.name === name)
  if (named.length > 0) return among(named)
  if (text.length < MIN_PREFIX) return { type: 'none' }
  return among(things.filter(({ id }) => id.startsWith(text)))
}

function among<Id>(found: readonly { readonly id: Id }[]): Resolution<Id> {
  const [first] = found
  if (first === undefined) return { type: 'none' }
  return found.length === 1 ? { type: 'one', id: first.id } : { type: 'many', ids: found.map(({ id }) => id) }
}
