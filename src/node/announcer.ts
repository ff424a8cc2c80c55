import { restorableUntil } from '../core/catalogue-view.ts'
import type { VideoRecord } from '../core/catalogue-view.ts'
import { COPIES_WANTED } from '../core/limits.ts'
import type { EventLog } from './api.ts'
import type { Catalogue } from './catalogue/catalogue.ts'
import type { Members } from './members/members.ts'
import { type VideoView, isListed } from './views/video-view.ts'

/** Tells what changes in the catalogue and among the members as events. */
export function announceChanges(
  catalogue: Catalogue,
  members: Members,
  view: VideoView,
  events: EventLog,
): void {
  const copies = new Map<string, number>()
  const tellCopies = (record: VideoRecord): void => {
    const now = view.copies(record)
    if (copies.get(record.id) === now) return
    copies.set(record.id, now)
    events.emit('copies', { id: record.id, copies: now, wanted: COPIES_WANTED })
  }
  for (const record of catalogue.videos()) if (isListed(record)) copies.set(record.id, view.copies(record))

  catalogue.onChange(({ videos }) => {
    for (const { before, after } of videos) {
      const [was, is] = [before !== undefined && isListed(before), isListed(after)]
      if (isListed(after)) {
        if (!was) {
          const isBack = before !== undefined && before.removals.size > 0
          events.emit(isBack ? 'video-restored' : 'video-added', { video: view.show(after) })
        } else if (before?.words !== after.words) events.emit('video-changed', { video: view.show(after) })
        tellCopies(after)
      } else if (was && !is) {
        const until = restorableUntil(after)
        const restorable = until === undefined ? null : new Date(until).toISOString()
        events.emit('video-removed', { id: after.id, restorableUntil: restorable })
        copies.delete(after.id)
      }
    }
  })

  members.onChange(({ id, to }) => {
    events.emit('node-state', { id, name: members.nameOf(id), state: to })
    for (const record of catalogue.videos()) if (record.copies.has(id) && isListed(record)) tellCopies(record)
  })
}
