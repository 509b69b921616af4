import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireKubectl, sample, samples } from '../../k0rdent/support.js';
import { type ApiServer, startApiServer } from '../../support/api-server/server.js';
import { cloneOf, git, temporaryFolder } from '../../support/git-fixtures.js';
import { serveHttp } from '../../support/http-remote.js';
import { kgit, kgitJson } from '../../support/kgit.js';
import { HANG_S, PATIENCE_MS } from '../../support/patience.js';
import {
  commitFiles,
  expectFailure,
  offlineClone,
  sharedState,
  stateRepository,
} from '../../support/state-repository.js';

interface Check {
  name: string;
  ok: boolean;
  detail: string;
  fix: string | null;
}

const INSIDE = [
  'settings',
  'git',
  'identity',
  'repository',
  'folder',
  'temporary-files',
  'local-files',
  'disk',
  'outbox',
  'pushes',
  'checkout',
];
const ALL = [...INSIDE, 'remote', 'write-access', 'locks', 'durability', 'clock', 'kubectl', 'cluster'];
const LONG_AGO = new Date(Date.now() - 7_200_000);

async function doctor(path: string, env: Record<string, string> = {}, args: string[] = []) {
  const run = await kgit(path, ['doctor', '--json', ...args], { env: { KGIT_USER: 'ada', ...env } });
  const checks: Check[] = run.json.checks;
  for (const { ok, fix } of checks) expect(ok ? fix === null : fix).toBeTruthy();
  expect(run.code).toBe(checks.every(({ ok }) => ok) ? 0 : 3);
  const of = (name: string) => checks.find((check) => check.name === name);
  return { run, checks, of, bad: checks.filter(({ ok }) => !ok).map(({ name }) => name) };
}

describe('kgit doctor', () => {
  it('passes every check in a healthy clone, and changes nothing', async () => {
    const remote = sharedState();
    git(remote, 'config', 'core.fsync', 'all');
    const path = cloneOf(remote);
    const { run, checks, of, bad } = await doctor(path);
    expect(bad).toEqual([]);
    expect(checks.map(({ name }) => name)).toEqual(ALL);
    expect(run.json).toMatchObject({
      apiVersion: 'kgit/v1',
      kind: 'DoctorResult',
      repository: { pending: 0 },
    });
    expect(run.stderr).toBe('');
    expect(of('git')?.detail).toMatch(/^\d+\.\d+/);
    expect(of('remote')?.detail).toMatch(/has main, protocol 2, no partial clones, atomic push/);
    expect(of('kubectl')?.detail).toMatch(/^v1\.\d+/);
    expect(of('cluster')?.detail).toContain('not set up');
    expect(readdirSync(join(path, '.git'))).not.toContain('kgit');
  });

  it('lists checks for people, the fix below each finding, details with -o wide', async () => {
    const path = stateRepository();
    const run = await kgit(path, ['doctor']);
    expect(run.code).toBe(3);
    expect(run.stdout).toContain('✓ git\n');
    expect(run.stdout).toMatch(/✗ identity +git has no user\.name.*\n {4}→ git config --global user\.name/);
    expect(run.stdout).toMatch(/1 finding\n$/);
    const wide = await kgit(path, ['doctor', '-o', 'wide'], { env: { KGIT_USER: 'ada' } });
    expect(wide).toMatchObject({ code: 0, stderr: '' });
    expect(wide.stdout).toMatch(/✓ remote +none: the repository is purely local\n/);
    expect((await kgit(path, ['doctor', '-o', 'name'])).stdout).toBe('identity\n');
  });

  it('works outside a repository, without git and kubectl, and in a folder that is no state repository', async () => {
    const outside = await doctor(temporaryFolder());
    expect(outside.bad).toEqual(['repository']);
    expect(outside.of('repository')?.fix).toContain('kgit init');
    const programs = temporaryFolder();
    symlinkSync(process.execPath, join(programs, 'node'));
    const bare = await doctor(temporaryFolder(), { PATH: programs });
    // Without git, kgit uses its own (backend git-embedded).
    expect(bare.bad).toEqual(['repository', 'kubectl']);
    const plain = await doctor(cloneOf(sharedState()), { KGIT_REPO: '/no/such/folder' });
    expect(plain.bad).toEqual(['repository']);
  });

  it('works with a broken kgit.yaml, broken settings, a git that is too old', async () => {
    const path = stateRepository();
    expect((await doctor(path, { KGIT_TIMEOUT: 'soon' })).bad).toEqual(['settings']);
    commitFiles(path, { 'kgit.yaml': 'apiVersion: kgit/v9\n' });
    const broken = await doctor(path);
    expect(broken.bad).toEqual(['repository']);
    expect(broken.of('repository')?.detail).toContain('kgit.yaml');
    expectFailure(await kgit(path, ['doctor', '--json', '--timeout', 'soon']), 'USAGE', 2);
    const programs = temporaryFolder();
    writeFileSync(join(programs, 'git'), '#!/bin/sh\necho git version 2.20.1\n', { mode: 0o755 });
    const old = await doctor(path, { PATH: `${programs}:${process.env['PATH']}` });
    expect(old.of('git')).toMatchObject({ ok: false, detail: expect.stringContaining('2.20.1') });
  });

  it('reports what waits: unpublished, unreadable, for another target', async () => {
    const path = offlineClone();
    for (let i = 0; i < 2; i++) await kgitJson(path, ['push-event', 'noted', '--cluster', 'a', '--queue']);
    const outbox = join(path, '.git/kgit/outbox');
    const { of, bad } = await doctor(path);
    expect(bad).toEqual(['outbox', 'remote']);
    expect(of('outbox')).toMatchObject({ fix: 'Publish them: kgit sync' });
    expect(of('outbox')?.detail).toMatch(/^2 writes wait to be published, the oldest is from \d+ s ago/);
    const [first = ''] = readdirSync(outbox);
    writeFileSync(join(outbox, first), '{"cut o');
    git(path, 'remote', 'set-url', 'origin', 'http://127.0.0.1:2/other.git');
    const later = (await doctor(path)).of('outbox');
    expect(later?.detail).toMatch(
      /^1 cannot be read, 1 for another remote or branch \(http:\/\/127\.0\.0\.1:1\/state\.git#main\)/,
    );
    expect(later?.fix).toContain(`kgit outbox drop ${first.slice(13)}`);
  });

  it('reports a checkout that cannot follow', async () => {
    const remote = sharedState();
    const [path, other] = [cloneOf(remote), cloneOf(remote)];
    await kgitJson(other, ['set', '--create-key', 'a=1']);
    await kgitJson(path, ['get', '--fetch']);
    expect((await doctor(path)).of('checkout')).toMatchObject({
      ok: true,
      detail: expect.stringContaining('1 revisions behind'),
    });
    writeFileSync(join(path, 'deployments/dep-a/state.yaml'), 'mine: true\n');
    const blocked = (await doctor(path)).of('checkout');
    expect(blocked).toMatchObject({ ok: false, fix: expect.stringContaining('kgit sync') });
    expect(blocked?.detail).toContain('deployments/dep-a/state.yaml');
    git(path, 'checkout', '--quiet', '.');
    commitFiles(path, { 'mine.txt': '' });
    expect((await doctor(path)).of('checkout')?.detail).toContain('1 commits of your own');
    writeFileSync(join(path, '.git/kgit/checkout.json'), '{"checkouts": [], "from": null, "to": "x"}');
    expect((await doctor(path)).of('checkout')?.detail).toContain('interrupted');
  });

  it('reports a folder that is not writable, and files left by killed processes', async () => {
    const path = stateRepository();
    const folder = join(path, '.git/kgit');
    mkdirSync(join(folder, 'outbox'), { recursive: true });
    for (const name of ['outbox/000000000001-X.abc.tmp', 'young.tmp']) writeFileSync(join(folder, name), '');
    utimesSync(join(folder, 'outbox/000000000001-X.abc.tmp'), LONG_AGO, LONG_AGO);
    const left = (await doctor(path)).of('temporary-files');
    expect(left?.fix).toMatch(/rm -rf \S+000000000001-X\.abc\.tmp$/);
    rmSync(folder, { recursive: true });
    writeFileSync(folder, '');
    expect((await doctor(path)).of('folder')).toMatchObject({ ok: false });
  });
});

describe('kgit doctor and remotes', () => {
  it('an unreachable one, and one that does not answer in time', async () => {
    const { bad, of } = await doctor(offlineClone());
    expect(bad).toEqual(['remote']);
    expect(of('remote')?.detail).toContain('127.0.0.1');
    expect(of('remote')?.detail).not.toMatch(/http\.c|packet/);
    const slow = offlineClone('ssh://host.invalid/x.git');
    git(slow, 'config', 'core.sshCommand', `sleep ${HANG_S};`);
    const began = Date.now();
    expect((await doctor(slow, {}, ['--timeout', '1s'])).bad).toEqual(['remote']);
    expect(Date.now() - began).toBeLessThan(PATIENCE_MS);
  });

  it('no write access, a clock that is wrong', async () => {
    const remote = sharedState();
    const path = cloneOf(remote);
    for (const [canPush, date, bad] of [
      [true, new Date(), []],
      [false, undefined, ['write-access']],
      [true, LONG_AGO, ['clock']],
    ] as const) {
      const server = await serveHttp(remote, { canPush, ...(date ? { date } : {}) });
      git(path, 'remote', 'set-url', 'origin', `${server.url}/${basename(remote)}`);
      const report = await doctor(path);
      await server.stop();
      expect(report.bad).toEqual(bad);
      expect(report.of('clock')?.detail).toMatch(/^this clock is \d+s (ahead of|behind) the remote's$/);
    }
  });

  it('a remote without atomic push, one that is gone, one without the branch', async () => {
    const remote = sharedState();
    const path = cloneOf(remote);
    git(remote, 'config', 'receive.advertiseAtomic', 'false');
    git(remote, 'config', 'uploadpack.allowFilter', 'true');
    const report = await doctor(path);
    expect(report.bad).toEqual(['durability']);
    expect(report.of('remote')?.detail).toContain('partial clones, no atomic push');
    git(remote, 'update-ref', '-d', 'refs/heads/main');
    expect((await doctor(path)).of('remote')?.detail).toContain('has no main yet');
    renameSync(remote, `${remote}.gone`);
    expect((await doctor(path)).of('remote')).toMatchObject({
      ok: false,
      fix: expect.stringContaining('git ls-remote'),
    });
  });

  it.each([true, false])('a clone that is behind gets the same answers; atomic push: %s', async (atomic) => {
    const remote = sharedState();
    git(remote, 'config', 'receive.advertiseAtomic', String(atomic));
    const server = await serveHttp(remote, { canPush: true });
    try {
      const [path, url, other] = [cloneOf(remote), cloneOf(remote), cloneOf(remote)];
      git(url, 'remote', 'set-url', 'origin', `${server.url}/${basename(remote)}`);
      const answers = async () => {
        const both = [await doctor(path), await doctor(url)];
        return both.flatMap(({ of }) => ['remote', 'write-access', 'locks'].map((name) => of(name)));
      };
      const before = await answers();
      expect(before.map((check) => check?.ok)).toEqual(before.map(() => true));
      commitFiles(other, { 'a.txt': '' });
      git(other, 'push', '--quiet', 'origin', 'main');
      expect(await answers()).toEqual(before);
      expect(git(remote, 'for-each-ref', '--format=%(refname)')).toBe('refs/heads/main');
    } finally {
      await server.stop();
    }
  });

  it('a last commit from the future', async () => {
    const path = stateRepository();
    commitFiles(path, { 'a.txt': '' }, new Date(Date.now() + 3_600_000).toISOString());
    const { bad, of } = await doctor(path);
    expect(bad).toEqual(['clock']);
    expect(of('clock')?.detail).toMatch(/the last commit is 3\d\d\ds ahead of this clock/);
  });
});

describe('kgit doctor and clusters', () => {
  let server: ApiServer;
  beforeAll(async () => {
    requireKubectl();
    server = await startApiServer({ managements: [sample('mgmt-01-healthy.yaml')] });
  });
  afterAll(() => server.stop());

  it('what the current context may see', async () => {
    Object.assign(server.cluster, { clusters: samples(), versions: ['v1beta1'] });
    const path = stateRepository();
    const env = { KUBECONFIG: server.kubeconfig };
    const seen = (await doctor(path, env)).of('cluster');
    expect(seen).toMatchObject({
      ok: true,
      detail: `context admin: ${samples().length} clusterdeployments in all namespaces`,
    });
    Object.assign(server.cluster, { versions: [] });
    expect((await doctor(path, env)).of('cluster')).toMatchObject({
      ok: false,
      fix: expect.stringContaining('--context'),
    });
  });

  it('a cluster that cannot be reached, a kubeconfig that cannot be read', async () => {
    const path = stateRepository();
    const file = join(temporaryFolder(), 'config');
    writeFileSync(file, 'a: [');
    expect((await doctor(path, { KUBECONFIG: file })).bad).toEqual(['cluster']);
    const cluster = '{name: c, cluster: {server: "http://127.0.0.1:1"}}';
    const context = '{name: x, context: {cluster: c, user: u}}';
    writeFileSync(
      file,
      `apiVersion: v1\nkind: Config\ncurrent-context: x\nclusters: [${cluster}]\ncontexts: [${context}]\nusers: [{name: u, user: {}}]\n`,
    );
    expect((await doctor(path, { KUBECONFIG: file })).bad).toEqual(['cluster']);
  });
});
