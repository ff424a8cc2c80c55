import { isListable } from '../../core/catalogue-view.ts'
import type { Cid, VideoId } from '../../core/ids.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'

/** Finds the video that has the same bytes. */
export class SameBytes {
  readonly #catalogue: Catalogue
  readonly #byCid = new Map<Cid, Set<VideoId>>()

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue
    for (const record of catalogue.videos()) this.#note(record.birth?.cid, record.id)
    catalogue.onChange(({ videos }) => {
      for (const { after } of videos) this.#note(after.birth?.cid, after.id)
    })
  }

  /** @returns the oldest video with these bytes that is not removed */
  find(cid: Cid): VideoId | undefined {
    const listed = [...(this.#byCid.get(cid) ?? [])].flatMap((id) => {
      const record = this.#catalogue.video(id)
      return record?.birth !== undefined && isListable(record) ? [record.birth] : []
    })
    return listed.toSorted((a, b) => a.createdAt - b.createdAt || (a.video < b.video ? -1 : 1))[0]?.video
  }

  #note(cid: Cid | undefined, id: VideoId): void {
    if (cid === undefined) return
    const ids = this.#byCid.get(cid) ?? new Set()
    this.#byCid.set(cid, ids.add(id))
  }
}
