// Builds the package: JavaScript and types into dist/, and the page's files as they are.
import { spawnSync } from 'node:child_process'
import { cpSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
rmSync(`${root}dist`, { recursive: true, force: true })
const { status } = spawnSync(
  process.execPath,
  [`${root}node_modules/typescript/bin/tsc`, '-p', 'tsconfig.build.json'],
  {
    cwd: root,
    stdio: 'inherit',
  },
)
if (status !== 0) process.exit(status ?? 1)
cpSync(`${root}src/client/web`, `${root}dist/client/web`, {
  recursive: true,
  filter: (path) => !path.endsWith('tsconfig.json') && !path.endsWith('.d.ts'),
})
