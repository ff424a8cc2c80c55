import { holdersOf, isRemoved } from '../../core/catalogue-view.ts'
import type { NodeId } from '../../core/ids.ts'
import type { Signed } from '../../core/statement-kinds.ts'
import type { Log } from '../../ports/log.ts'
import type { VideoStore } from '../../ports/video-store.ts'
import type { Author } from '../catalogue/author.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'

/**
 * On start: what the catalogue says that this node keeps, against its replica records, before any of it counts. What is missing is said
 * in the catalogue; a replica whose statement was lost is said to be kept again.
 */
export async function checkReplicas(
  self: NodeId,
  { catalogue, store, author, log }: { catalogue: Catalogue; store: VideoStore; author: Author; log: Log },
): Promise<void> {
  const corrections: Signed[] = []
  for (const { id, ...record } of catalogue.videos()) {
    const isHere = store.replica(id) !== undefined
    const isSaid = holdersOf({ id, ...record }).includes(self)
    if (isSaid && !isHere) corrections.push(author.write('copy', { video: id, state: 'none' }))
    if (isHere && !isSaid && !isRemoved({ id, ...record })) {
      corrections.push(author.write('copy', { video: id, state: 'keeps' }))
    }
  }
  if (corrections.length === 0) return
  const missing = corrections.filter(
    ({ statement }) => statement.kind === 'copy' && statement.state === 'none',
  )
  log.warn(
    { missing: missing.length, found: corrections.length - missing.length },
    'The catalogue and this disk differed',
  )
  await catalogue.accept(corrections, undefined)
}
