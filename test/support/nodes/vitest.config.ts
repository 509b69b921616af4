import { defineConfig } from 'vitest/config';

/** For suites that run once more on another Node, within a run that has built the program. */
export default defineConfig({
  root: '.',
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/support/hermetic-env.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
