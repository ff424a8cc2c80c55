import type { Reporter, TestModule } from 'vitest/node'

/** Ends the run with one line that programs can read, after the reasons of what was skipped. The checks before the tests count as well. */
export default class CountingReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const [checksPassed = 0, checksFailed = 0] = (process.env['PLAYKITE_CHECKS'] ?? '0 0')
      .split(' ')
      .map(Number)
    const counts = { passed: checksPassed, failed: checksFailed + errors.length, skipped: 0, pending: 0 }
    const skipped: string[] = []
    for (const module of modules) {
      // A file that could not be loaded has no tests that could fail.
      if (module.errors().length > 0) counts.failed += 1
      for (const test of module.children.allTests()) {
        const result = test.result()
        counts[result.state] += 1
        if (result.state === 'skipped') skipped.push(`${test.fullName}: ${result.note ?? 'not chosen'}`)
      }
    }
    const lines = skipped.map((line) => `skipped ${line}`)
    const tail = counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''
    process.stdout.write([...lines, `${counts.passed} passed, ${counts.failed} failed${tail}`, ''].join('\n'))
  }
}
