/** The program: `start` builds a node, everything else is the command line, which talks to one. */
import type { CliIo } from './client/cli/context.ts'
import { type StartOptions, runCli } from './client/cli/program.ts'
import { PlaykiteError } from './core/errors.ts'
import { VERSION } from './node/version.ts'

/** Exit codes of `start` (docs/architecture.md, "Commands"). */
const EXIT_FAILED = 1
const EXIT_USAGE = 2

/** @param argv without node and script @returns the exit code */
export async function main(argv: readonly string[]): Promise<number> {
  const { stdin, stdout, stderr, env } = process
  endWithBrokenPipe(stdout)
  goOnWithBrokenPipe(stderr)
  const io: CliIo = {
    ...{ stdin, stdout, stderr, env, cwd: process.cwd(), signal: untilInterrupted() },
    isOutTerminal: stdout.isTTY,
    isTerminal: stderr.isTTY,
  }
  try {
    return await runCli(argv, { io, version: VERSION, start: (options) => start(options, io) })
  } finally {
    // Given up in the middle of a pipe, it would wait for the rest of it.
    stdin.destroy()
  }
}

async function start(options: StartOptions, io: CliIo): Promise<number> {
  // Loaded only now: a node is most of the program, and the other commands should be quick.
  const { runStart } = await import('./node/start.ts')
  try {
    return await runStart(options, io)
  } catch (error) {
    if (!(error instanceof PlaykiteError)) throw error
    const remedy = error.remedy === undefined ? '' : `\n${error.remedy}`
    io.stderr.write(`playkite: ${error.message}${remedy}\n`)
    return error.code === 'bad-config' ? EXIT_USAGE : EXIT_FAILED
  }
}

/** Fires at the first Ctrl-C or SIGTERM; a second one ends the process at once. */
function untilInterrupted(): AbortSignal {
  const interrupted = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (interrupted.signal.aborted) process.exit(EXIT_FAILED)
      interrupted.abort(new PlaykiteError('aborted', `stopped by ${signal}`))
    })
  }
  return interrupted.signal
}

/** `playkite list | head` is no failure: whoever read has enough. */
function endWithBrokenPipe(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit(0)
  })
}

/** Nobody reads what is said any more: no reason to stop a node, or a publish half-way. */
function goOnWithBrokenPipe(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}
