import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeUlid } from '../../../src/model/value/ulid.js';
import { bareRepository, cloneOf, git, temporaryFolder } from '../../support/git-fixtures.js';
import { kgit, kgitJson } from '../../support/kgit.js';
import { commitFiles, expectResult } from '../../support/state-repository.js';

const dep = ['--deployment', 'dep-a'];

/** A remote with a deployment that kgit itself began, and a clone of it. */
async function begun(): Promise<{ remote: string; path: string }> {
  const remote = bareRepository();
  const path = cloneOf(remote);
  await kgitJson(path, ['init', '--deployment', 'dep-a', '--remote', remote]);
  await kgitJson(path, ['set', 'deployment.phase=a', 'kof.list:=[1]', ...dep]);
  await kgitJson(path, ['unset', 'kof.list', ...dep]);
  return { remote, path };
}

const verify = (path: string, ...args: string[]) => kgit(path, ['verify', '--json', ...args]);
const rules = (json: { findings: { rule: string }[] }) => json.findings.map(({ rule }) => rule);

describe('kgit verify', () => {
  it('folds events to the state, before and after sealing, whatever the clocks of their writers', async () => {
    const { path } = await begun();
    const early = { KGIT_USER: 'early' };
    await kgitJson(path, ['set', 'deployment.phase=b', ...dep], { env: early });
    await kgit(path, ['set', 'deployment.phase=c', ...dep]);
    const first = await verify(path);
    expectResult(first.json, 'Verify');
    expect(first).toMatchObject({ code: 0 });
    expect(first.json).toMatchObject({ total: 0, trusted: null, deployments: 1 });
    await kgitJson(path, ['compact', '--before', 'today']);
    const again = await verify(path);
    expect(again.json).toMatchObject({ total: 0, trusted: git(path, 'rev-parse', 'HEAD') });
  });

  it('asks the commits for the order where the clocks of two writers hide it, be the month sealed since', async () => {
    const path = temporaryFolder();
    await kgitJson(path, ['init']);
    const noon = Date.UTC(2025, 6, 11, 12);
    // The last writer's clock is late: by ids its change comes before the way there and back of the others.
    const steps = [
      [0, undefined, 'a'],
      [2, 'a', 'b'],
      [3, 'b', 'a'],
      [1, 'a', 'c'],
    ] as const;
    for (const [minute, before, after] of steps) {
      const time = noon + minute * 60_000;
      const id = makeUlid(time, BigInt(minute));
      const was = before === undefined ? '' : `    before: ${before}\n`;
      const changes = `changes:\n  - path: deployment.phase\n${was}    after: ${after}\n`;
      const stamp = new Date(time).toISOString();
      commitFiles(path, {
        'deployments/dep-a/state.yaml': `deployment:\n  phase: ${after}\n`,
        [`deployments/dep-a/events/2025-07/${id}-state_changed.yaml`]: `id: ${id}\ntimestamp: "${stamp}"\naction: state_changed\nuser: ada\n${changes}`,
      });
    }
    expect((await verify(path)).json).toMatchObject({ total: 0, events: 4 });
    await kgitJson(path, ['compact', '--before', 'today']);
    expect((await verify(path)).json).toMatchObject({ total: 0, events: 4 });
  });

  it('finds a state that was edited by hand, and trusts nothing then', async () => {
    const { path } = await begun();
    await verify(path);
    const trusted = git(path, 'rev-parse', 'HEAD');
    const state = 'deployments/dep-a/state.yaml';
    commitFiles(path, { [state]: readFileSync(join(path, state), 'utf8').replace('phase: a', 'phase: z') });
    git(path, 'push', '--quiet', 'origin', 'main');
    for (const _ of [1, 2]) {
      const run = await verify(path, '--fetch');
      expect(run.code).toBe(3);
      expect(rules(run.json)).toEqual(['state-without-event']);
      expect(run.json.trusted).toBe(trusted);
    }
  });

  it('finds a rewritten history, until it is trusted anew', async () => {
    const { remote, path } = await begun();
    await verify(path);
    const other = cloneOf(remote);
    git(other, 'reset', '--quiet', '--hard', 'HEAD~1');
    await kgitJson(other, ['set', 'deployment.phase=x', ...dep, '--queue']);
    commitFiles(other, { 'note.md': 'x\n' });
    git(other, 'push', '--quiet', '--force', 'origin', 'main');
    const run = await verify(path, '--fetch');
    expect(run.code).toBe(3);
    expect(rules(run.json)).toEqual(['history-rewritten']);
    expect((await verify(path, '--trust')).json.total).toBe(0);
    expect((await verify(path)).json.total).toBe(0);
  });

  it('finds that the verified revision came in as a second parent', async () => {
    const { remote, path } = await begun();
    await verify(path);
    const other = cloneOf(remote);
    git(other, 'switch', '--quiet', '-c', 'side', 'HEAD~1');
    commitFiles(other, { 'note.md': 'x\n' });
    git(other, 'merge', '--quiet', '-m', 'foxtrot', 'main');
    git(other, 'push', '--quiet', 'origin', 'side:main');
    expect(rules((await verify(path, '--fetch')).json)).toEqual(['history-rewritten']);
  });
});

const REQUIRED =
  'apiVersion: kgit/v1\nkind: StateRepository\nmanagements:\n  default: {}\nsettings:\n  signatures: required\n';

function sshKey(): { key: string; allowed: string } {
  const key = join(temporaryFolder(), 'key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'ada', '-f', key]);
  return { key, allowed: `ada@example.com ${readFileSync(`${key}.pub`, 'utf8')}` };
}

function gpgKey(): { home: string; id: string; armoured: string } {
  // The agent's socket must have a short path.
  const home = temporaryFolder('kgit-gpg-');
  const gpg = (...args: string[]) =>
    execFileSync('gpg', ['--homedir', home, '--batch', '--quiet', ...args], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
  gpg('--passphrase', '', '--quick-gen-key', 'Ada <ada@example.com>', 'ed25519', 'sign', 'never');
  const id = /^fpr:+([0-9A-F]+)/m.exec(gpg('--list-keys', '--with-colons'))?.[1] as string;
  return { home, id, armoured: gpg('--armor', '--export', id) };
}

describe('signatures', () => {
  it('of SSH are asked for where kgit.yaml does, by allowed signers of the trusted revision', async () => {
    const { remote, path } = await begun();
    const [ada, eve] = [sshKey(), sshKey()];
    const asked = { 'kgit.yaml': REQUIRED, '.kgit/signers/allowed_signers': ada.allowed };
    commitFiles(path, asked);
    git(path, 'push', '--quiet', 'origin', 'main');
    expect((await verify(path, '--fetch')).json).toMatchObject({ total: 0, signatures: 0 });
    const sign = (key: string) => {
      git(path, 'config', 'gpg.format', 'ssh');
      git(path, 'config', 'user.signingkey', key);
      git(path, 'config', 'commit.gpgsign', 'true');
    };
    sign(ada.key);
    await kgitJson(path, ['set', 'deployment.phase=b', ...dep]);
    expect((await verify(path)).json).toMatchObject({ total: 0, signatures: 1 });
    sign(eve.key);
    commitFiles(path, { '.kgit/signers/allowed_signers': eve.allowed });
    git(path, 'config', 'commit.gpgsign', 'false');
    commitFiles(path, { 'note.md': 'x\n' });
    git(path, 'push', '--quiet', 'origin', 'main');
    const run = await verify(path, '--fetch');
    expect(run.code).toBe(3);
    const messages = run.json.findings.map(({ message }: { message: string }) =>
      message.replace(/^commit \w+/, ''),
    );
    expect(messages).toEqual([': its signature is of nobody who is allowed', ': it is not signed']);
    expect(remote).toBeTruthy();
  });

  it('follow who may sign: from the next commit on, and only where somebody allowed changed it', async () => {
    const { path } = await begun();
    const [ada, bob, eve] = [sshKey(), sshKey(), sshKey()];
    const signers = '.kgit/signers/allowed_signers';
    commitFiles(path, { 'kgit.yaml': REQUIRED, [signers]: ada.allowed });
    const signed = (key: string, files: Record<string, string>) => {
      for (const [name, value] of Object.entries({ 'gpg.format': 'ssh', 'user.signingkey': key }))
        git(path, 'config', name, value);
      git(path, 'config', 'commit.gpgsign', 'true');
      commitFiles(path, files);
      git(path, 'push', '--quiet', 'origin', 'main');
      return git(path, 'rev-parse', '--short=12', 'HEAD');
    };
    signed(ada.key, { [signers]: ada.allowed + bob.allowed });
    signed(bob.key, { 'note.md': 'of bob\n' });
    signed(bob.key, { [signers]: bob.allowed });
    expect((await verify(path, '--fetch')).json).toMatchObject({ total: 0, signatures: 3 });
    const late = signed(ada.key, { 'note.md': 'of ada, who may not any more\n' });
    const grab = signed(eve.key, { [signers]: eve.allowed });
    const after = signed(eve.key, { 'note.md': 'of eve\n' });
    signed(bob.key, { 'note.md': 'of bob, who still may\n' });
    const { findings } = (await verify(path, '--fetch')).json;
    const commits = findings.map(({ message }: { message: string }) => /^commit (\w+)/.exec(message)?.[1]);
    expect(commits).toEqual([late, grab, after]);
  });

  it('of GPG, by the keys of the repository alone', async () => {
    const { path } = await begun();
    const [ada, eve] = [gpgKey(), gpgKey()];
    mkdirSync(join(path, '.kgit/signers'), { recursive: true });
    writeFileSync(join(path, '.kgit/signers/ada.asc'), ada.armoured);
    commitFiles(path, { 'kgit.yaml': REQUIRED });
    const signed = (home: string, id: string) => {
      execFileSync(
        'git',
        [
          '-C',
          path,
          '-c',
          'user.name=Ada',
          '-c',
          'user.email=ada@example.com',
          'commit',
          '--quiet',
          '--allow-empty',
          `-S${id}`,
          '-m',
          'x',
        ],
        {
          env: { ...process.env, GNUPGHOME: home },
        },
      );
      git(path, 'push', '--quiet', 'origin', 'main');
    };
    signed(ada.home, ada.id);
    expect((await verify(path, '--fetch')).json).toMatchObject({ total: 0, signatures: 1 });
    signed(eve.home, eve.id);
    const run = await verify(path, '--fetch');
    expect(rules(run.json)).toEqual(['signature']);
    expect(run.code).toBe(3);
  });
});
