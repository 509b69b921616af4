import { defineConfig } from 'vitest/config';
import { CountReporter } from './scripts/count-reporter.js';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    setupFiles: ['test/support/hermetic-env.ts'],
    reporters: ['default', new CountReporter()],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Most of a test is waiting for programs that it started: one worker per core, where vitest keeps one core free.
    maxWorkers: '100%',
  },
});
