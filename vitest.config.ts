import { defineConfig } from 'vitest/config'

/** Milliseconds for a test: ten times what the slowest takes on a quiet machine. */
const TEST_MS = 120_000

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: TEST_MS,
    hookTimeout: TEST_MS,
    maxWorkers: 2,
    reporters: ['default', './test/support/counting-reporter.ts'],
  },
})
