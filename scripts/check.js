// Everything that is known about the code without running it. All checks run; the names of those that failed come last.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const web = 'src/client/web/tsconfig.json'

const checks = [
  ['format', 'oxfmt', '--check', 'src', 'test', 'examples', 'bench', 'scripts', 'bin'],
  ['lint', 'oxlint', '--type-aware', '--deny-warnings'],
  ['types', 'tsc', '-p', '.', '--noEmit'],
  ...(existsSync(`${root}${web}`) ? [['types of the page', 'tsc', '-p', web, '--noEmit']] : []),
  ['purity of core', 'node', 'scripts/purity.js'],
  ['import directions', 'depcruise', '--config', '.dependency-cruiser.js', 'src'],
  ['dead code', 'knip', '--no-config-hints'],
]

export const counts = { passed: 0, failed: 0 }
const failed = []

for (const [name, command, ...args] of checks) {
  const { status, stdout } = spawnSync(`${root}node_modules/.bin/${command}`, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  })
  if (status === 0) counts.passed += 1
  else failed.push(name)
  process.stdout.write(`${status === 0 ? '✓' : '✗'} ${name}\n${status === 0 ? '' : stdout}`)
}
counts.failed = failed.length
if (failed.length > 0) {
  process.stdout.write(`Failed: ${failed.join(', ')}\n`)
  process.exitCode = 1
}
