/** Commands about the whole network. */
import type { CliContext } from './context.ts'
import { formatBytes, formatTime, safeText, table } from './format.ts'

/** `playkite nodes` */
export async function nodes(context: CliContext): Promise<void> {
  const all = await context.client.nodes(context.signal)
  const rows = all.map((node) => [
    `${safeText(node.name)}${node.self ? ' *' : ''}`,
    node.state,
    String(node.videos),
    node.usedBytes === null ? '–' : formatBytes(node.usedBytes),
    formatBytes(node.capacityBytes),
    safeText(node.http ?? '–'),
    node.self ? 'now' : formatTime(node.lastSeenAt),
    node.id.slice(-8),
  ])
  const headings = ['NODE', 'STATE', 'VIDEOS', 'USED', 'CAPACITY', 'PAGE', 'LAST SEEN', 'ID']
  context.result(all, `${table(headings, rows, ['VIDEOS', 'USED', 'CAPACITY'])}\n\n* this node`)
}

/** `playkite status` */
export async function status(context: CliContext): Promise<void> {
  const now = await context.client.status(context.signal)
  const { videos, underReplicated, lost, repairing, nodesAlive, nodes: members, copiesWanted } = now
  const whole = videos - underReplicated - lost
  const lines = [
    `${nodesAlive} of ${members} machines are there.`,
    `${videos} ${videos === 1 ? 'video' : 'videos'}: ${whole} with ${copiesWanted} copies, ${underReplicated} with fewer, ${lost} on no machine that is there.`,
    ...(repairing > 0 ? [`${repairing} copies are being made.`] : []),
  ]
  context.result(now, lines.join('\n'))
}
