// `npm test`: first the checks, then the tests, all or those that were named.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { counts } from './check.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const { status } = spawnSync(
  process.execPath,
  [`${root}node_modules/vitest/vitest.mjs`, 'run', ...process.argv.slice(2)],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PLAYKITE_CHECKS: `${counts.passed} ${counts.failed}` },
  },
)
process.exitCode = counts.failed > 0 ? 1 : (status ?? 1)
