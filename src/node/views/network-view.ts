import { holdersOf } from '../../core/catalogue-view.ts'
import type { NodeId, VideoId } from '../../core/ids.ts'
import { COPIES_WANTED } from '../../core/limits.ts'
import { explainPlacement } from '../../core/placement.ts'
import type { NodeInfo, Status } from '../../contract/nodes.ts'
import type { WhyBody } from '../../contract/video.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'
import type { Member, Members } from '../members/members.ts'
import type { Transfers } from '../receive/transfers.ts'
import { type VideoView, isListed } from './video-view.ts'

/** Members, the state of the network, and why videos are where they are: as people see it. */
export class NetworkView {
  readonly #catalogue: Catalogue
  readonly #members: Members
  readonly #view: VideoView
  readonly #transfers: Transfers

  constructor(catalogue: Catalogue, members: Members, view: VideoView, transfers: Transfers) {
    this.#catalogue = catalogue
    this.#members = members
    this.#view = view
    this.#transfers = transfers
  }

  nodes(): NodeInfo[] {
    const replicas = this.#replicasByNode()
    const own = this.#members.list().find(({ self }) => self)
    const infos = this.#members.list().map((member) => ({
      id: member.id,
      name: member.name,
      state: member.state,
      self: member.self,
      videos: replicas.get(member.id) ?? 0,
      usedBytes: member.report?.usedBytes ?? null,
      capacityBytes: member.statement.capacity,
      http: reachableHttp(member, own),
      lastSeenAt: member.lastSeenAt === undefined ? null : new Date(member.lastSeenAt).toISOString(),
      version: member.statement.version,
    }))
    return infos.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  }

  status(): Status {
    let [videos, underReplicated, lost] = [0, 0, 0]
    for (const record of this.#catalogue.videos()) {
      if (!isListed(record)) continue
      videos += 1
      const copies = this.#view.copies(record)
      if (copies === 0) lost += 1
      else if (copies < COPIES_WANTED) underReplicated += 1
    }
    const members = this.#members.list()
    return {
      videos,
      copiesWanted: COPIES_WANTED,
      underReplicated,
      lost,
      repairing: this.#transfers.copying,
      nodesAlive: members.filter(({ state }) => state === 'alive').length,
      nodes: members.filter(({ state }) => state !== 'left').length,
    }
  }

  /** @throws PlaykiteError not-found, removed */
  why(id: VideoId): WhyBody {
    const record = this.#view.record(id)
    const holders = new Set(holdersOf(record))
    const explained = explainPlacement(id, this.#members.candidates(), { size: record.birth.size, holders })
    return {
      id,
      rank: explained.map((node) => ({
        ...node,
        name: this.#members.nameOf(node.id),
        holder: holders.has(node.id),
        state: this.#members.stateOf(node.id),
        lastProvenAt: null,
      })),
    }
  }

  #replicasByNode(): ReadonlyMap<NodeId, number> {
    const counts = new Map<NodeId, number>()
    for (const record of this.#catalogue.videos()) {
      for (const holder of holdersOf(record)) counts.set(holder, (counts.get(holder) ?? 0) + 1)
    }
    return counts
  }
}

/** A page on another machine's loopback is of no use here. Nodes of one zone that listen on loopback are taken for one machine. */
function reachableHttp({ statement, self }: Member, own: Member | undefined): string | null {
  const { http, zone } = statement
  if (http === null || self) return http
  const isLoopback = /^http:\/\/(?:127\.|localhost|\[::1\])/.test(http)
  return isLoopback && zone !== own?.statement.zone ? null : http
}
