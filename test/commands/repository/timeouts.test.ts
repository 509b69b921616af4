import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireKubectl, sample, samples } from '../../k0rdent/support.js';
import { type ApiServer, startApiServer } from '../../support/api-server/server.js';
import { cloneOf, git, temporaryFolder } from '../../support/git-fixtures.js';
import { kgit, kgitJson } from '../../support/kgit.js';
import { neverAnswers, type SilentServer, trickles } from '../../support/silent-servers.js';
import { sharedState } from '../../support/state-repository.js';

const BOUND = ['--timeout', '1s'];
const ONE = ['--deployment', 'dep-a'];
const LATE = /did not answer in time/;

/** Commands that talk with the remote, what they exit with where it never ends, and whether they say so. */
const COMMANDS: readonly [code: number, ...words: string[]][] = [
  [16, 'push-event', 'x', ...ONE, '--require-publish'],
  [0, 'push-event', 'x', ...ONE],
  [16, 'push-event', 'x', ...ONE, '--propose'],
  [16, 'set', '--create-key', 'a=1', ...ONE, '--require-publish'],
  [16, 'phase', 'start', 'create_vms', ...ONE],
  [16, 'sync'],
  [16, 'outbox', 'retry'],
  [16, 'get', 'deployment.phase', '--fetch', ...ONE],
  [16, 'log', '--fetch'],
  [16, 'list', '--fetch'],
  [16, 'history', '--fetch', ...ONE],
  [16, 'diff', 'HEAD', '--fetch'],
  [16, 'validate', '--base', 'origin/main'],
  [16, 'lock', 'network'],
  [0, 'locks'],
  [16, 'unlock', 'network', '--force', '--reason', 'test'],
  [3, 'doctor'],
  [0, 'backup', 'backup'],
];

// Each command meets one of them: every kind of talk, a fetch, a push and a look, meets both.
const commandsOf = (server: 0 | 1) => COMMANDS.filter((_command, i) => i % 2 === server);

describe.each([
  ['accepts and never answers', neverAnswers, commandsOf(0)],
  ['sends a byte now and then, and never ends', trickles, commandsOf(1)],
] as const)('a git server that %s', (_what, start, commands) => {
  let server: SilentServer;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server.stop());

  // Each waits for a second: they wait side by side.
  it.concurrent.each(commands)('%i: %s %s', async (code, ...words) => {
    const clone = cloneOf(sharedState());
    git(clone, 'remote', 'set-url', 'origin', server.url);
    const run = await kgit(clone, [...words, ...BOUND], { env: { CI: undefined } });
    expect({ words, code: run.code, said: run.stdout + run.stderr }).toMatchObject({
      ...{ words, code, said: expect.stringMatching(LATE) },
    });
  });

  it.concurrent.each([
    ['run', 'x', ...ONE],
    ['lock', 'network'],
  ])('%s -- COMMAND', async (...words) => {
    const clone = cloneOf(sharedState());
    git(clone, 'remote', 'set-url', 'origin', server.url);
    const run = await kgit(clone, [...words, ...BOUND, '--', 'true'], { env: { CI: undefined } });
    expect(run.code).toBe(words[0] === 'run' ? 0 : 16);
    expect(run.stderr).toMatch(LATE);
  });

  it.concurrent.each([[['clone']], [['init', 'here', '--remote']], [['get', 'a', '--repo']]])(
    '%j URL',
    async (words) => {
      const run = await kgit(temporaryFolder(), [...words, server.url, ...BOUND, '--json']);
      expect(run.json.error).toMatchObject({ code: 'REMOTE', data: { cause: 'timeout' } });
      expect(run.code).toBe(16);
    },
  );

  it.concurrent('behind a credential helper that hangs, which ends with it', async () => {
    const clone = cloneOf(sharedState());
    const helper = join(temporaryFolder(), 'helper');
    writeFileSync(helper, '#!/bin/sh\nexec sleep 600\n', { mode: 0o755 });
    git(clone, 'config', 'credential.helper', helper);
    git(clone, 'remote', 'set-url', 'origin', server.url.replace('http:', 'https:'));
    const run = await kgit(clone, ['sync', ...BOUND, '--json'], { env: { KGIT_TOKEN: 'a-token' } });
    expect(run.json.error.data).toMatchObject({
      cause: expect.stringMatching(/^(timeout|certificate|unknown|connection-lost)/),
    });
    expect(run.code).toBe(16);
  });
});

describe('a cluster that never ends', () => {
  let server: ApiServer;
  let repository: string;
  beforeAll(async () => {
    requireKubectl();
    server = await startApiServer({ managements: [sample('mgmt-01-healthy.yaml')], clusters: samples() });
    repository = temporaryFolder();
    await kgitJson('.', ['init', repository]);
  });
  afterAll(() => server.stop());

  const ASKING = [
    ['status'],
    ['status', 'prod'],
    ['status', '--watch'],
    ['show', 'prod'],
    ['wait', 'prod', '--for', 'ready'],
    ['backfill'],
    ['import', '.', '--live'],
    ['doctor'],
  ];

  it('a plugin for credentials that hangs', async () => {
    const folder = temporaryFolder();
    const plugin = join(folder, 'plugin');
    writeFileSync(plugin, '#!/bin/sh\nexec sleep 600\n', { mode: 0o755 });
    // v1 is understood from kubectl 1.22 on, v1beta1 by all.
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1beta1',
      command: plugin,
      interactiveMode: 'Never',
    };
    const kubeconfig = {
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'a' },
      clusters: [{ name: 'a', cluster: { server: 'https://127.0.0.1:1' } }],
      contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
      users: [{ name: 'a', user: { exec } }],
    };
    const file = join(folder, 'config');
    writeFileSync(file, JSON.stringify(kubeconfig));
    const run = await kgit(repository, ['status', ...BOUND], { env: { KUBECONFIG: file } });
    expect(run).toMatchObject({ code: 17, stderr: expect.stringContaining('no answer in time') });
  });

  it.each(['endless', 'hang'] as const)('lists: %s', async (kind) => {
    server.reset();
    server.inject({ kind, when: ({ path }) => path.endsWith('/clusterdeployments') });
    const env = { KUBECONFIG: server.kubeconfig };
    for (const words of ASKING) {
      const run = await kgit(repository, [...words, ...BOUND], { env });
      const isDoctor = words[0] === 'doctor';
      expect({ words, code: run.code, said: run.stdout + run.stderr }).toMatchObject({
        ...{
          words,
          code: isDoctor ? 3 : 17,
          said: isDoctor
            ? expect.stringContaining('✗ cluster')
            : expect.stringContaining('no answer in time'),
        },
      });
    }
  });
});
