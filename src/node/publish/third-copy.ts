import { holdersOf } from '../../core/catalogue-view.ts'
import { isPlaykiteError } from '../../core/errors.ts'
import type { NodeId, VideoId } from '../../core/ids.ts'
import { COPIES_WANTED } from '../../core/limits.ts'
import { nextHolder } from '../../core/placement.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Log } from '../../ports/log.ts'
import type { Network } from '../../ports/network.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'
import type { Members } from '../members/members.ts'

/** Milliseconds for a machine to begin a copy. */
const BEGIN_MS = 10_000
/** Milliseconds between two looks at the copies. */
const LOOK_EVERY_MS = 250
/** Milliseconds without a new copy, or news of one under way, after which the next machine is asked. */
const COPY_PATIENCE_MS = 60_000

export interface ThirdCopyTools {
  readonly network: Network
  readonly members: Members
  readonly catalogue: Catalogue
  readonly clock: Clock
  readonly log: Log
}

/** Copies of a video on machines that are there. */
export function livingCopies(catalogue: Catalogue, members: Members, video: VideoId): readonly NodeId[] {
  const record = catalogue.video(video)
  return record === undefined ? [] : holdersOf(record).filter((id) => members.counts(id))
}

/**
 * Makes the copies that a publish still owes, after its acknowledgement: a machine of the band copies the video from those that have it.
 * `stillComing` are machines of the publish itself that may yet commit. Ends when all copies are there, or nobody is left to ask.
 */
export async function makeMissingCopies(
  video: VideoId,
  tools: ThirdCopyTools,
  stillComing: () => boolean,
  signal: AbortSignal,
): Promise<void> {
  const tried = new Set<NodeId>()
  for (;;) {
    const copies = await untilCopiesOrStalled(video, tools, stillComing, signal)
    if (copies.length >= COPIES_WANTED) return
    if (!(await askNext(video, copies, tried, tools, signal))) return
    const before = copies.length
    const until = tools.clock.monotonic() + COPY_PATIENCE_MS
    while (
      tools.clock.monotonic() < until &&
      livingCopies(tools.catalogue, tools.members, video).length <= before
    ) {
      await tools.clock.sleep(LOOK_EVERY_MS, signal)
    }
  }
}

async function untilCopiesOrStalled(
  video: VideoId,
  { catalogue, members, clock }: ThirdCopyTools,
  stillComing: () => boolean,
  signal: AbortSignal,
): Promise<readonly NodeId[]> {
  for (;;) {
    const copies = livingCopies(catalogue, members, video)
    if (copies.length >= COPIES_WANTED || !stillComing()) return copies
    await clock.sleep(LOOK_EVERY_MS, signal)
  }
}

/** @returns whether a machine has begun */
async function askNext(
  video: VideoId,
  copies: readonly NodeId[],
  tried: Set<NodeId>,
  { network, members, catalogue, log }: ThirdCopyTools,
  signal: AbortSignal,
): Promise<boolean> {
  const size = catalogue.video(video)?.birth?.size ?? null
  for (;;) {
    const alive = members.candidates().filter((candidate) => candidate.alive)
    const next = nextHolder(video, alive, { size, holders: new Set(copies), tried })
    if (next === undefined) return false
    tried.add(next.id)
    try {
      const options = { timeoutMs: BEGIN_MS, signal }
      await network.request(next.id, 'replica/pull', { video, sources: copies }, options)
      return true
    } catch (error) {
      if (!isPlaykiteError(error) || signal.aborted) throw error
      log.warn({ peer: next.id, video, reason: error.message }, 'A machine did not take the missing copy')
    }
  }
}
