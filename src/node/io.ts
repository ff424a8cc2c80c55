/** What a program may use of the process that it runs in. */
export interface Io {
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream
  /** Whether a person reads `stderr`. */
  readonly isTerminal: boolean
  readonly env: Readonly<Record<string, string | undefined>>
  /** Fires when the person wants it to end. */
  readonly signal: AbortSignal
}
