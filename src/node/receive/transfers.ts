import type { VideoId } from '../../core/ids.ts'
import type { EventData } from '../../contract/events.ts'
import type { Clock } from '../../ports/clock.ts'
import type { EventLog } from '../api.ts'
import { Rate } from '../rate.ts'

/** Milliseconds between two events of one transfer: as fast as somebody reads. */
const TELL_EVERY_MS = 1_000

interface Running {
  readonly kind: EventData<'transfer'>['kind']
  readonly size: number | null
  readonly rate: Rate
  bytes: number
  toldAt: number
}

/** What arrives on this machine's disk, told as events. */
export class Transfers {
  readonly #events: EventLog
  readonly #clock: Clock
  readonly #running = new Map<VideoId, Running>()

  constructor(events: EventLog, clock: Clock) {
    this.#events = events
    this.#clock = clock
  }

  /** Copies under way. */
  get copying(): number {
    return [...this.#running.values()].filter(({ kind }) => kind === 'copy').length
  }

  begin(video: VideoId, kind: Running['kind'], size: number | null): void {
    const rate = new Rate(this.#clock)
    this.#running.set(video, { kind, size, rate, bytes: 0, toldAt: Number.NEGATIVE_INFINITY })
    this.#tell(video, 'running')
  }

  add(video: VideoId, bytes: number): void {
    const running = this.#running.get(video)
    if (running === undefined) return
    running.bytes += bytes
    if (this.#clock.monotonic() - running.toldAt >= TELL_EVERY_MS) this.#tell(video, 'running')
  }

  end(video: VideoId, phase: 'done' | 'failed'): void {
    this.#tell(video, phase)
    this.#running.delete(video)
  }

  #tell(id: VideoId, phase: EventData<'transfer'>['phase']): void {
    const running = this.#running.get(id)
    if (running === undefined) return
    running.toldAt = this.#clock.monotonic()
    const { kind, bytes, size } = running
    this.#events.emit('transfer', { id, kind, phase, bytes, size, rate: running.rate.update(bytes) })
  }
}
