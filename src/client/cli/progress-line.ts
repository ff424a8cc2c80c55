import type { CliIo } from './context.ts'

/** Milliseconds between lines where no person watches: enough for a log to show that it goes on. */
const LOG_MS = 10_000

/** One line on a terminal that is written over and over; elsewhere a line now and then. */
export class ProgressLine {
  readonly #io: CliIo
  readonly #logMs: number
  #shown = false
  #loggedAt = performance.now()

  constructor(io: CliIo, logMs: number = LOG_MS) {
    this.#io = io
    this.#logMs = logMs
  }

  show(text: string): void {
    if (this.#io.isTerminal) {
      this.#io.stderr.write(`\r\u001B[K${text}`)
      this.#shown = true
    } else if (performance.now() - this.#loggedAt >= this.#logMs) {
      this.#io.stderr.write(`${text}\n`)
      this.#loggedAt = performance.now()
    }
  }

  clear(): void {
    if (!this.#shown) return
    this.#io.stderr.write('\r\u001B[K')
    this.#shown = false
  }
}
