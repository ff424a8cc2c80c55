import type { CliIo } from './context.ts'

/** One line on a terminal that is written over and over; nothing where nobody watches. */
export class ProgressLine {
  readonly #io: CliIo
  #shown = false

  constructor(io: CliIo) {
    this.#io = io
  }

  show(text: string): void {
    if (!this.#io.isTerminal) return
    this.#io.stderr.write(`\r\u001B[K${text}`)
    this.#shown = true
  }

  clear(): void {
    if (!this.#shown) return
    this.#io.stderr.write('\r\u001B[K')
    this.#shown = false
  }
}
