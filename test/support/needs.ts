/** Tests that need more than Node: run where it is there, skipped with the reason elsewhere, failed where everything must run. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { type TestContext, it } from 'vitest'

/** Under this variable nothing may be skipped: what is missing fails. */
const ALL = process.env['PLAYKITE_TEST_ALL'] === '1'

export const CHROMIUM = '/usr/bin/chromium'

const reasons = {
  root: () => (process.getuid?.() === 0 ? undefined : 'needs root'),
  netns: () =>
    process.platform === 'linux' && runs('ip', ['netns', 'list'])
      ? undefined
      : 'needs network namespaces (iproute2, Linux)',
  browser: () => (existsSync(CHROMIUM) ? undefined : `needs ${CHROMIUM}`),
  ffmpeg: () => (runs('ffmpeg', ['-version']) ? undefined : 'needs ffmpeg'),
  curl: () => (runs('curl', ['--version']) ? undefined : 'needs curl'),
} as const

export type Need = keyof typeof reasons

type Test = (context: TestContext) => Promise<void> | void

/** As `it`, for a test that needs something of the machine: `itNeeds(['root'])('does …', async () => …)`. */
export function itNeeds(needs: readonly Need[]): (name: string, test: Test, timeoutMs?: number) => void {
  return (name, test, timeoutMs) =>
    it(
      name,
      async (context) => {
        const missing = needs.flatMap((need) => reasons[need]() ?? [])
        if (missing.length > 0 && ALL) {
          throw new Error(`this machine must run every test, but this one ${missing.join(', ')}`)
        }
        if (missing.length > 0) context.skip(missing.join(', '))
        await test(context)
      },
      timeoutMs,
    )
}

function runs(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' })
    return true
  } catch {
    // Not there, or not allowed: either way the test cannot run.
    return false
  }
}
