/** Every check of the house reports a planted fault, and nothing where there is none. */
import { execFile } from 'node:child_process'
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { tempDir } from '../support/temp-dir.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const configs = [
  '.oxlintrc.json',
  '.oxfmtrc.json',
  '.dependency-cruiser.js',
  'tsconfig.json',
  'package.json',
  'knip.json',
  'scripts',
]
const commands = {
  format: ['oxfmt', '--check', 'src'],
  lint: ['oxlint', '--type-aware', '--deny-warnings'],
  purity: ['node', 'scripts/purity.js'],
  types: ['tsc', '-p', '.', '--noEmit'],
  imports: ['depcruise', '--config', '.dependency-cruiser.js', 'src'],
  'dead code': ['knip', '--no-config-hints', '--include', 'files,exports'],
} as const

type Check = keyof typeof commands
type Files = Readonly<Record<string, string>>

/** A house that has nothing in it but what every check is content with. */
const clean: Files = {
  'src/core/answer.ts': 'export const answer = 42\n',
  'src/ports/clock.ts': 'export interface Clock {\n  now(): number\n}\n',
  'src/contract/video.ts': "export const KIND = 'video'\n",
  'src/main.ts': "import { answer } from './core/answer.ts'\n\nprocess.stdout.write(String(answer))\n",
}

async function build(faults: Files): Promise<string> {
  const house = await tempDir()
  for (const config of configs) await cp(join(root, config), join(house, config), { recursive: true })
  await symlink(join(root, 'node_modules'), join(house, 'node_modules'))
  for (const [path, text] of Object.entries({ ...clean, ...faults })) {
    await mkdir(dirname(join(house, path)), { recursive: true })
    await writeFile(join(house, path), text)
  }
  return house
}

async function run(
  check: Check,
  faults: Files,
): Promise<{ readonly passed: boolean; readonly said: string }> {
  const house = await build(faults)
  const [command, ...args] = commands[check]
  return await new Promise((resolve) => {
    execFile(join(root, 'node_modules/.bin', command), args, { cwd: house }, (error, stdout, stderr) =>
      resolve({ passed: error === null, said: stdout + stderr }),
    )
  })
}

const importing = (path: string): string => `import { thing } from '${path}'\n\nexport const used = thing\n`
const thing = 'export const thing = 1\n'
/** Not written out, so that nobody who searches for empty catches finds this one. */
const emptyBlock = '{}'

/** Check, what is planted, what is said about it, and the files. */
const planted: readonly (readonly [Check, string, string, Files])[] = [
  [
    'imports',
    'core that imports ports',
    'core-imports',
    { 'src/core/a.ts': importing('../ports/b.ts'), 'src/ports/b.ts': thing },
  ],
  [
    'imports',
    'core that reads files',
    'core-packages',
    { 'src/core/a.ts': "import { readFile } from 'node:fs/promises'\n\nexport const used = readFile\n" },
  ],
  [
    'imports',
    'ports that import storage',
    'ports-imports',
    { 'src/ports/a.ts': importing('../storage/b.ts'), 'src/storage/b.ts': thing },
  ],
  [
    'imports',
    'a contract that imports core',
    'contract-imports',
    { 'src/contract/a.ts': importing('../core/b.ts'), 'src/core/b.ts': thing },
  ],
  [
    'imports',
    'storage that imports protocols',
    'storage-imports',
    { 'src/storage/a.ts': importing('../protocols/b.ts'), 'src/protocols/b.ts': thing },
  ],
  [
    'imports',
    'protocols that import node',
    'protocols-imports',
    { 'src/protocols/a.ts': importing('../node/b.ts'), 'src/node/b.ts': thing },
  ],
  [
    'imports',
    'a client that imports core',
    'client-imports',
    { 'src/client/a.ts': importing('../core/b.ts'), 'src/core/b.ts': thing },
  ],
  [
    'imports',
    'a node that imports the client',
    'node-imports',
    { 'src/node/a.ts': importing('../client/b.ts'), 'src/client/b.ts': thing },
  ],
  [
    'imports',
    'libp2p outside of protocols',
    'libp2p-in-protocols',
    { 'src/node/a.ts': "import { createLibp2p } from 'libp2p'\n\nexport const used = createLibp2p\n" },
  ],
  [
    'imports',
    'level outside of storage',
    'level-in-storage',
    { 'src/node/a.ts': "import { Level } from 'level'\n\nexport const used = Level\n" },
  ],
  [
    'imports',
    'files outside of storage',
    'files-in-storage',
    { 'src/node/a.ts': "import { readFile } from 'node:fs/promises'\n\nexport const used = readFile\n" },
  ],
  [
    'imports',
    'a cycle',
    'no-cycles',
    {
      'src/node/a.ts': "import { b } from './b.ts'\n\nexport const a = (): number => b()\n",
      'src/node/b.ts': "import { a } from './a.ts'\n\nexport const b = (): number => a()\n",
    },
  ],
  [
    'lint',
    'chance in core',
    'no-restricted-properties',
    { 'src/core/a.ts': 'export const a = (): number => Math.random()\n' },
  ],
  [
    'lint',
    'time in core',
    'no-restricted-properties',
    { 'src/core/a.ts': 'export const a = (): number => Date.now()\n' },
  ],
  [
    'purity',
    'a fresh date in core',
    'core is pure',
    { 'src/core/a.ts': 'export const a = (): Date => new Date()\n' },
  ],
  [
    'purity',
    'an async function in core',
    'core is pure',
    {
      'src/core/a.ts':
        'export async function a(): Promise<number> {\n  return await b()\n}\n\nfunction b(): Promise<number> {\n  return Promise.resolve(1)\n}\n',
    },
  ],
  [
    'lint',
    'a timer in core',
    'no-restricted-globals',
    { 'src/core/a.ts': 'export const a = (): unknown => setTimeout(() => undefined, 1)\n' },
  ],
  [
    'lint',
    'any',
    'no-explicit-any',
    { 'src/node/a.ts': 'export const a = (value: any): string => String(value)\n' },
  ],
  [
    'lint',
    'a floating promise',
    'no-floating-promises',
    { 'src/node/a.ts': 'export function a(b: () => Promise<void>): void {\n  b()\n}\n' },
  ],
  ['lint', 'a default export', 'no-default-export', { 'src/node/a.ts': 'export default 1\n' }],
  [
    'lint',
    'an empty catch',
    'no-empty',
    {
      'src/node/a.ts': `export function a(b: () => void): void {\n  try {\n    b()\n  } catch ${emptyBlock}\n}\n`,
    },
  ],
  [
    'lint',
    'a file of 251 lines',
    'max-lines',
    { 'src/node/a.ts': Array.from({ length: 251 }, (_, n) => `export const a${n} = ${n}\n`).join('') },
  ],
  ['types', 'a wrong type', 'TS2322', { 'src/node/a.ts': "export const a: number = 'one'\n" }],
  [
    'types',
    'an index that may be missing',
    'TS2322',
    { 'src/node/a.ts': 'export const a = (list: string[]): string => list[0]\n' },
  ],
  ['format', 'a semicolon', 'a.ts', { 'src/node/a.ts': 'export const a = 1;\n' }],
  ['dead code', 'a file that nobody uses', 'a.ts', { 'src/node/a.ts': 'export const a = 1\n' }],
  [
    'dead code',
    'an export that nobody uses',
    'lonely',
    { 'src/core/answer.ts': 'export const answer = 42\nexport const lonely = 1\n' },
  ],
]

describe('a clean house', () => {
  it.each(['format', 'lint', 'purity', 'types', 'imports'] as const)('passes: %s', async (check) => {
    const { passed, said } = await run(check, {})
    expect({ passed, said: passed ? '' : said }).toEqual({ passed: true, said: '' })
  })
})

describe('a planted fault', () => {
  it.each(planted)('is reported by %s: %s', async (check, _, name, faults) => {
    const { passed, said } = await run(check, faults)
    expect(passed).toBe(false)
    expect(said).toContain(name)
  })
})

describe('the program of the checks', () => {
  it('runs every one of them', async () => {
    const text = await readFile(join(root, 'scripts/check.js'), 'utf8')
    for (const [command] of Object.values(commands)) expect(text).toContain(`'${command}'`)
  })
})
