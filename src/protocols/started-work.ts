import { messageOf } from '../core/errors.ts'
import type { Log } from '../ports/log.ts'

/** Loops that run until they are told to stop, all at once. */
export class StartedWork {
  readonly #controller = new AbortController()
  readonly #running = new Set<Promise<void>>()

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  start(loop: (signal: AbortSignal) => Promise<void>, log: Log): void {
    const running = loop(this.signal)
      .catch((error: unknown) => log.error({ reason: messageOf(error) }, 'A loop ended that should not'))
      .finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  async stop(): Promise<void> {
    this.#controller.abort()
    await Promise.all(this.#running)
  }
}
