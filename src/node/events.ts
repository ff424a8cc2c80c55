import { EVENTS_KEPT, type EventData, type EventName, type PlaykiteEvent } from '../contract/events.ts'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import type { EventLog } from './api.ts'
import { Bell } from './bell.ts'

type Kept = PlaykiteEvent & { readonly number: number }

/**
 * The events of one start of a node, the last EVENTS_KEPT replayable. Their ids are "run-number": an id of another start is known as
 * such, and answered with `reset`.
 */
export function createEventLog({ clock, random }: { clock: Clock; random: Random }): EventLog {
  return new MemoryEventLog(clock, random.uuid().slice(0, 8))
}

class MemoryEventLog implements EventLog {
  readonly #clock: Clock
  readonly #run: string
  readonly #bell = new Bell()
  readonly #kept: Kept[] = []
  #last = 0

  constructor(clock: Clock, run: string) {
    this.#clock = clock
    this.#run = run
  }

  emit<N extends EventName>(event: N, data: Omit<EventData<N>, 'at'>): void {
    this.#last += 1
    this.#kept.push({ event, data: { at: this.#now(), ...data }, number: this.#last } as unknown as Kept)
    if (this.#kept.length > EVENTS_KEPT) this.#kept.shift()
    this.#bell.ring()
  }

  follow(
    lastId: string | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<{ readonly id: string } & PlaykiteEvent> {
    // Here and not in the generator, which begins with the first read: "from now on" is from this call on.
    return this.#stream(lastId === undefined ? this.#last : this.#numberOf(lastId), signal)
  }

  /** @param from number of the last event that the reader has; undefined if that is not known */
  async *#stream(
    from: number | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<{ readonly id: string } & PlaykiteEvent> {
    let seen = from
    while (!signal.aborted) {
      const forgotten = this.#last - this.#kept.length
      if (seen === undefined || seen < forgotten) {
        seen = this.#last
        yield { id: this.#id(seen), event: 'reset', data: { at: this.#now() } }
        continue
      }
      const next: Kept | undefined = this.#kept[seen - forgotten]
      if (next === undefined) {
        if (!(await this.#rung(signal))) return
      } else {
        const { number, ...event } = next
        seen = number
        yield { id: this.#id(number), ...event }
      }
    }
  }

  /** @returns false when the reader has gone */
  async #rung(signal: AbortSignal): Promise<boolean> {
    await this.#bell.wait(signal).catch(() => undefined)
    return !signal.aborted
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString()
  }

  #id(number: number): string {
    return `${this.#run}-${number}`
  }

  /** @returns undefined for an id that this start did not give */
  #numberOf(id: string): number | undefined {
    const [run, number] = id.split('-')
    const parsed = Number(number)
    return run === this.#run && Number.isInteger(parsed) && parsed >= 0 && parsed <= this.#last
      ? parsed
      : undefined
  }
}
