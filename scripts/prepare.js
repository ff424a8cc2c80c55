// Installs what is missing, before `npm start` and `npm test` of a checkout. Plain JavaScript for any Node: the one that the project needs
// is among what it installs.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const marker = `${root}node_modules/.playkite-prepared`
const lock = readFileSync(`${root}package-lock.json`)
const wanted = createHash('sha256')
  .update(lock)
  .update(readFileSync(`${root}package.json`))
  .digest('hex')

if (!existsSync(marker) || readFileSync(marker, 'utf8') !== wanted) {
  process.stderr.write('Installing what Playkite needs; this is done once…\n')
  // Not `npm ci`: the lock file names no optional builds for other systems, and `ci` refuses it for that.
  const args = ['install', '--no-audit', '--no-fund', '--loglevel=error']
  const { status } = spawnSync('npm', args, {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  })
  if (status !== 0) {
    process.stderr.write('npm could not install it. Is this machine online? Try `npm install` to see more.\n')
    process.exit(1)
  }
  // What is in the lock file is what was installed; npm may write it differently.
  writeFileSync(`${root}package-lock.json`, lock)
  writeFileSync(marker, wanted)
}
