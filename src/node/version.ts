import { createRequire } from 'node:module'

/** The package's version, as its package.json has it; both the sources and the built files lie two folders below it. */
export const VERSION = readVersion()

function readVersion(): string {
  const manifest: unknown = createRequire(import.meta.url)('../../package.json')
  if (
    typeof manifest === 'object' &&
    manifest !== null &&
    'version' in manifest &&
    typeof manifest.version === 'string'
  ) {
    return manifest.version
  }
  throw new Error('package.json has no version')
}
