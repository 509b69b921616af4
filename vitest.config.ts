import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';
import { CampaignsFirst } from './scripts/campaigns-first.js';
import { CountReporter } from './scripts/count-reporter.js';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // A Gitea and a kube-apiserver take minutes to build, once: what needs one is of the long campaign alone.
    exclude: [
      ...configDefaults.exclude,
      ...(process.env['CAMPAIGN'] === 'long'
        ? []
        : ['test/campaign/gitea-*.test.ts', 'test/campaign/kube-apiserver-*.test.ts']),
    ],
    globalSetup: ['test/support/global-setup.ts'],
    setupFiles: ['test/support/hermetic-env.ts'],
    sequence: { sequencer: CampaignsFirst },
    reporters: ['default', new CountReporter()],
    // For what never ends: a machine that is busy with other things passes the tests, too.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    teardownTimeout: 300_000,
    // Most of a test is waiting for programs that it started, some of it for a time limit: more workers than cores.
    maxWorkers: availableParallelism() * 2,
  },
});
