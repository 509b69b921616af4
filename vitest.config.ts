import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';
import { CampaignsFirst } from './scripts/campaigns-first.js';
import { CountReporter } from './scripts/count-reporter.js';

/**
 * Folders of `test/` whose files call the modules of the folder of `src/` of the same name. A process runs many of these
 * files one after the other, each with modules of its own (`test/support/fresh-process.ts`): to start a process and to load
 * packages there takes a quarter of a second of processor time. Files elsewhere have a process of their own.
 */
const CALLERS = [
  'app',
  'forge',
  'gitstore',
  'k0rdent',
  'library',
  'mcp',
  'model',
  'news',
  'notify',
  'process',
  'review',
  'secrets',
  'serve',
  'setup',
  'store',
  'sync',
];
const callers = CALLERS.map((folder) => `test/${folder}/**/*.test.ts`);

const shared = {
  setupFiles: ['test/support/fresh-process.ts', 'test/support/hermetic-env.ts'],
  // For what never ends: a machine that is busy with other things passes the tests, too.
  testTimeout: 300_000,
  hookTimeout: 300_000,
};

export default defineConfig({
  test: {
    globalSetup: ['test/support/global-setup.ts'],
    sequence: { sequencer: CampaignsFirst },
    reporters: ['default', new CountReporter()],
    teardownTimeout: 300_000,
    // Most of a test is waiting for programs that it started, some of it for a time limit: more workers than cores.
    maxWorkers: availableParallelism() * 2,
    projects: [
      {
        test: {
          ...shared,
          name: 'own process',
          include: ['test/**/*.test.ts'],
          // A Gitea and a kube-apiserver take minutes to build, once: what needs one is of the long campaign alone.
          exclude: [
            ...configDefaults.exclude,
            ...callers,
            ...(process.env['CAMPAIGN'] === 'long'
              ? []
              : ['test/campaign/gitea-*.test.ts', 'test/campaign/kube-apiserver-*.test.ts']),
          ],
        },
      },
      { test: { ...shared, name: 'shared process', include: callers, isolate: false } },
    ],
  },
});
