import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { requireKubectl, sample, samples } from '../../k0rdent/support.js';
import { type ApiServer, startApiServer } from '../../support/api-server/server.js';
import { bareRepository, cloneOf, git, temporaryFolder } from '../../support/git-fixtures.js';
import { kgit, kgitJson } from '../../support/kgit.js';
import { initialisedState } from '../../support/state-repository.js';

let server: ApiServer;
let repository: string;
let env: { KUBECONFIG: string };

beforeAll(async () => {
  requireKubectl();
  server = await startApiServer({ managements: [sample('mgmt-01-healthy.yaml')] });
  env = { KUBECONFIG: server.kubeconfig };
});
beforeEach(async () => {
  server.reset();
  Object.assign(server.cluster, { clusters: samples(), versions: ['v1beta1'] });
  repository = await initialisedState();
});
afterAll(() => server.stop());

const status = (args: string[] = [], more: Record<string, string> = {}) =>
  kgit(repository, ['status', ...args], { env: { ...env, ...more } });

describe('kgit status', () => {
  it('shows every cluster with its last event, in one list and no call per cluster', async () => {
    await kgitJson(repository, ['push-event', 'upgraded', '--cluster', 'azure-prod-weu', '--user', 'ada']);
    server.reset();
    const { json, code } = await status(['--json']);
    expect(code).toBe(0);
    expect(json).toMatchObject({ apiVersion: 'kgit/v1', kind: 'StatusResult', repository: { pending: 0 } });
    expect(json.clusters).toHaveLength(samples().length);
    const cluster = json.clusters.find(({ name }: { name: string }) => name === 'azure-prod-weu');
    expect(cluster).toMatchObject({
      management: 'default',
      namespace: 'kcm-system',
      state: 'Ready',
      ready: { status: 'True', reason: 'Succeeded', message: 'Object is ready' },
      services: { ready: 3, total: 3 },
      template: 'azure-standalone-cp-1-0-45',
      region: null,
      flags: [],
      lastEvent: { action: 'upgraded', user: 'ada' },
    });
    expect(json.contexts).toMatchObject([
      { context: 'admin', management: 'default', namespaces: { seen: '*', denied: [] }, error: null },
    ]);
    expect(server.requests.length).toBeLessThanOrEqual(11);
    const text = (await status()).stdout;
    expect(text).toMatch(/NAMESPACE +NAME +STATE +FOR +SERVICES +AGE +LAST EVENT +WHY/);
    expect(text).toMatch(/azure-prod-weu +Ready +\d+d +3\/3 +\d+d +upgraded \d+[sm] ago by ada/);
    expect(text).not.toContain('\u001b');
  });

  it('learns the identity of the management cluster once, says so, and refuses another', async () => {
    const { stderr, code } = await status();
    expect(code).toBe(0);
    const learnt = git(repository, 'rev-parse', '--short=10', 'main');
    expect(stderr).toContain(
      `first look at management cluster default: identity noted in kgit.yaml, published ${learnt}
from the next look on, a recorded cluster that is missing there counts as vanished
`,
    );
    expect(stderr).toContain(
      'from the next look on, a recorded cluster that is missing there counts as vanished',
    );
    expect((await status()).stderr).not.toContain('first look');
    expect(git(repository, 'show', 'main:kgit.yaml')).toContain('identity: management-uid:e0bc04d7');
    const before = git(repository, 'rev-parse', 'main');
    await status();
    expect(git(repository, 'rev-parse', 'main')).toBe(before);
    const management = sample('mgmt-01-healthy.yaml');
    Object.assign(management.metadata, { uid: '00000000-0000-0000-0000-000000000001' });
    const other = await startApiServer({ managements: [management] });
    try {
      const run = await kgit(repository, ['status', '--json'], { env: { KUBECONFIG: other.kubeconfig } });
      expect(run.code).toBe(17);
      expect(run.json.error).toMatchObject({ code: 'CLUSTER', exitCode: 17 });
    } finally {
      await other.stop();
    }
  });

  it('learns nothing with --no-learn, and says what that means', async () => {
    const before = git(repository, 'rev-parse', 'main');
    const { stderr, code } = await status(['--no-learn']);
    expect(code).toBe(0);
    expect(stderr).toContain('the identity of default is not in kgit.yaml (--no-learn): kgit cannot tell');
    expect(git(repository, 'rev-parse', 'main')).toBe(before);
  });

  it('does not talk to the remote to learn where --no-fetch forbids it', async () => {
    const remote = bareRepository();
    git(repository, 'push', '--quiet', remote, 'main');
    const clone = cloneOf(remote);
    const { stderr } = await kgit(clone, ['status', '--no-fetch'], { env });
    expect(stderr).toContain('(--no-fetch): kgit cannot tell');
    expect(git(remote, 'rev-parse', 'main')).toBe(git(repository, 'rev-parse', 'main'));
    expect(git(clone, 'rev-parse', 'main')).toBe(git(repository, 'rev-parse', 'main'));
  });

  it('writes nothing, neither here nor there, where the remote takes no writes', async () => {
    const remote = bareRepository();
    git(repository, 'push', '--quiet', remote, 'main');
    writeFileSync(join(remote, 'hooks/pre-receive'), '#!/bin/sh\necho read-only for you >&2\nexit 1\n', {
      mode: 0o755,
    });
    const clone = cloneOf(remote);
    const { stderr, code } = await kgit(clone, ['status'], { env });
    expect(code).toBe(0);
    expect(stderr).toMatch(/could not be noted in kgit.yaml, so kgit cannot tell.*read-only for you/);
    expect(git(clone, 'rev-parse', 'main')).toBe(git(repository, 'rev-parse', 'main'));
    expect((await kgitJson(clone, ['outbox'])).operations).toEqual([]);
  });

  it('tells untracked, vanished and lingering apart', async () => {
    await kgitJson(repository, [
      'push-event',
      'cluster_created',
      '--cluster',
      'gone',
      '--timestamp',
      '2026-08-01T00:00:00Z',
    ]);
    await kgitJson(repository, [
      'push-event',
      'cluster_deleted',
      '--cluster',
      'azure-prod-weu',
      '--timestamp',
      '2026-08-01T00:00:00Z',
    ]);
    await kgitJson(repository, ['push-event', 'cluster_deleted', '--cluster', 'long-gone']);
    expect(
      (await status(['--json'])).json.divergence.filter(({ kind }: { kind: string }) => kind === 'vanished'),
    ).toEqual([]);
    const { divergence } = (await status(['--json'])).json;
    const of = (kind: string) =>
      divergence
        .filter((one: { kind: string }) => one.kind === kind)
        .map(({ name }: { name: string }) => name);
    expect(of('vanished')).toEqual(['gone']);
    expect(of('lingering')).toEqual(['azure-prod-weu']);
    expect(of('untracked')).toHaveLength(samples().length - 1);
    // A namespace that could not be seen proves nothing.
    const team = (await status(['--context', 'team', '-n', 'team-payments', '--json'])).json;
    expect(team.divergence.filter(({ kind }: { kind: string }) => kind === 'vanished')).toEqual([]);
  });

  it('folds clusters that are known from an import alone into one line', async () => {
    const state = temporaryFolder();
    for (const name of ['old-1', 'old-2']) {
      const entry =
        '  - timestamp: "2025-12-04T01:33:57Z"\n    action: cluster_deployment_created\n    message: made\n';
      writeFileSync(`${state}/cluster-${name}-events.yaml`, `cluster_name: "${name}"\nevents:\n${entry}`);
    }
    await kgitJson(repository, ['import', state]);
    await status();
    const { divergence } = (await status(['--json'])).json;
    const vanished = divergence.filter(({ kind }: { kind: string }) => kind === 'vanished');
    expect(vanished).toHaveLength(1);
    expect(vanished[0]).toMatchObject({
      management: 'default',
      namespace: null,
      name: null,
      clusters: ['kcm-system/old-1', 'kcm-system/old-2'],
    });
  });

  it('--fail-on ends with 3 on what it names alone; an unknown word is a usage error', async () => {
    expect((await status(['--fail-on', 'failed,vanished'])).code).toBe(3);
    expect((await status(['--fail-on', 'vanished'])).code).toBe(0);
    expect((await status(['--fail-on', 'deletefailing'])).code).toBe(0);
    expect((await status(['--fail-on', 'nonsense'])).code).toBe(2);
  });

  it('--offline asks nobody and says so; -n and a name narrow it down', async () => {
    await kgitJson(repository, [
      'push-event',
      'cluster_created',
      '--cluster',
      'team-payments/azure-staging-neu',
    ]);
    const offline = await status(['--offline', '--json']);
    expect(server.requests).toEqual([]);
    expect(offline.stderr).toContain('not live');
    expect(offline.json).toMatchObject({
      live: false,
      clusters: [{ name: 'azure-staging-neu', recorded: 'created', state: null }],
    });
    const one = (await status(['team-payments/azure-staging-neu', '--json'])).json;
    expect(one.clusters.map(({ name }: { name: string }) => name)).toEqual(['azure-staging-neu']);
    const some = (await status(['-n', 'edge-platform', '-o', 'name'])).stdout.trim().split('\n');
    expect(some.length).toBeGreaterThan(2);
    expect(some.every((name) => name.startsWith('cluster/default/edge-platform/'))).toBe(true);
  });

  it('shows the rest where one context fails, and exits 17', async () => {
    const run = await status(['--context', 'admin', '--context', 'nobody', '--json']);
    expect(run.code).toBe(17);
    expect(run.json.clusters).toHaveLength(samples().length);
    expect(run.json.contexts[1].error.message).toContain('403');
  });

  it('knows the event of a cluster that was created after the last fetch', async () => {
    const remote = bareRepository();
    await kgitJson('.', ['init', temporaryFolder(), '--remote', remote]);
    const [here, there] = [cloneOf(remote), cloneOf(remote)];
    const untracked = async () =>
      (await kgitJson(here, ['status'], { env })).divergence.filter(
        ({ name }: { name: string }) => name === 'azure-prod-weu',
      );
    expect(await untracked()).toMatchObject([{ kind: 'untracked' }]);
    await kgitJson(there, ['push-event', 'cluster_created', '--cluster', 'azure-prod-weu']);
    expect(await untracked()).toEqual([]);
  });

  it('reads as a second clone does, and notes nothing it may not write', async () => {
    const remote = bareRepository();
    await kgitJson('.', ['init', temporaryFolder(), '--remote', remote]);
    const clone = cloneOf(remote);
    const hook = `${remote}/hooks/pre-receive`;
    writeFileSync(hook, '#!/bin/sh\necho read-only\nexit 1\n', { mode: 0o755 });
    const run = await kgit(clone, ['status'], { env });
    expect(run.code).toBe(0);
    expect(run.stderr).toContain('could not be noted');
    expect((await kgitJson(clone, ['outbox'])).operations).toEqual([]);
  });
});
