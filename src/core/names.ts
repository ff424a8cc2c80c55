import type { NodeId } from './ids.ts'

export interface NamedMember {
  readonly id: NodeId
  /** The name that it wishes for. */
  readonly name: string
  /** Wall clock in ms of its first join. */
  readonly joinedAt: number
}

/**
 * Unique names, the same on every member: the earliest first join (then the lower id) keeps a name, others get `-2`, `-3`, …
 * A name that somebody wishes for as it stands is never given to another as a numbered one.
 */
export function assignNames(members: readonly NamedMember[]): Map<NodeId, string> {
  const order = members.toSorted((a, b) => a.joinedAt - b.joinedAt || (a.id < b.id ? -1 : 1))
  const wished = new Set(members.map(({ name }) => name))
  const taken = new Set<string>()
  const names = new Map<NodeId, string>()
  for (const { id, name } of order) {
    let given = name
    for (let number = 2; taken.has(given) || (given !== name && wished.has(given)); number++)
      given = `${name}-${number}`
    taken.add(given)
    names.set(id, given)
  }
  return names
}
