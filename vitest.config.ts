import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { CountReporter } from './scripts/count-reporter.js';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    setupFiles: ['test/support/hermetic-env.ts'],
    reporters: ['default', new CountReporter()],
    // For what never ends: a machine that is busy with other things passes the tests, too.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // A file of tests leaves nothing behind in its process but the environment, which each gets anew.
    isolate: false,
    // Most of a test is waiting for programs that it started, some of it for a time limit: more workers than cores.
    maxWorkers: Math.ceil(availableParallelism() * 1.5),
  },
});
