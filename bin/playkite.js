#!/usr/bin/env node
// The launcher: plain JavaScript that any Node reads, so that an old one can be told so in one line.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const OLDEST_NODE = 24
/** Set while this process is being replaced by itself, so that it happens once. */
const REPLACED = 'PLAYKITE_REPLACED'
/**
 * V8 collects all garbage again and again because of the many small buffers of encrypted streams; these two flags spare about a third of
 * the processor time of moving bytes (docs/performance.md). They must be on the command line. Known good on Node 24; a Node that does not
 * know a flag would not start at all, so other versions run without.
 */
const V8_FLAGS = ['--initial-old-space-size=128', '--external-memory-accounted-in-global-limit']
const FLAGS_KNOWN_GOOD = new Set([24])

const major = Number(process.versions.node.split('.')[0])
const argv = process.argv.slice(2)

if (major < OLDEST_NODE) {
  process.stderr.write(
    `Playkite needs Node ${OLDEST_NODE} or newer; this is ${process.version}. Get one at https://nodejs.org.\n`,
  )
  process.exitCode = 1
} else {
  replaceWithFlags()
  // A checkout runs from its sources, which this Node reads as they are; the package has only what was built from them.
  const sources = new URL('../src/main.ts', import.meta.url)
  const built = new URL('../dist/main.js', import.meta.url)
  const { main } = await import(existsSync(sources) ? sources.href : built.href)
  process.exitCode = await main(argv)
}

/** The same process, with the flags: `execve` keeps the process id, so that whoever started it can still stop it. */
function replaceWithFlags() {
  const wasReplaced = process.env[REPLACED] === String(process.pid)
  delete process.env[REPLACED]
  const movesBytes = argv[0] === 'start'
  if (wasReplaced || !movesBytes || !FLAGS_KNOWN_GOOD.has(major) || process.execve === undefined) return
  const script = fileURLToPath(import.meta.url)
  const args = [process.execPath, ...process.execArgv, ...V8_FLAGS, script, ...argv]
  try {
    process.execve(process.execPath, args, { ...process.env, [REPLACED]: String(process.pid) })
  } catch (error) {
    // Where the system has no such call Playkite runs all the same, with more garbage collection.
    process.stderr.write(`Running without V8 flags: ${String(error)}\n`)
  }
}
