import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { wireguardKey } from '../../model/secret/samples.js';
import { cloneOf, git, temporaryFolder } from '../../support/git-fixtures.js';
import { inTurn, kgit, kgitJson } from '../../support/kgit.js';
import { commits, expectFailure, sharedState, stateRepository } from '../../support/state-repository.js';

const TOKEN = `gh${'p_'}${'k3VxQ9mZ2LrT8wYbN4cHs7DfG1jPuE6aXoR5'}`;

/** All that git keeps, as text: every object, loose or packed, reachable or not. */
function allObjects(path: string): string {
  return execFileSync('git', ['cat-file', '--batch-all-objects', '--batch', '--buffer'], {
    cwd: path,
    encoding: 'latin1',
    maxBuffer: 64 * 1024 * 1024,
  });
}

/** All that kgit keeps beside git. */
function kept(path: string): string {
  const folder = join(path, '.git/kgit');
  if (!existsSync(folder)) return '';
  const names = readdirSync(folder, { recursive: true, withFileTypes: true });
  return names
    .flatMap((e) => (e.isFile() ? [readFileSync(join(e.parentPath, e.name), 'utf8')] : []))
    .join('\n');
}

describe('secrets', () => {
  it('are refused wherever they stand: 19, not repeated, and in no git object', async () => {
    const path = stateRepository();
    const key = wireguardKey(1);
    const notes = join(temporaryFolder(), 'notes');
    writeFileSync(notes, `first line\nexport TOKEN=${TOKEN}\n`);
    const push = ['push-event', 'x', '--cluster', 'prod'];
    const lines = [
      [...push, '--param', `token=${TOKEN}`],
      [...push, '--param', `deep:={a: [{b: "${TOKEN}"}]}`],
      [...push, '--command', `curl -H "Authorization: Bearer ${TOKEN}" https://x`],
      [...push, '--message', `see ${TOKEN}`],
      [...push, '--reason', `https://me:${TOKEN}@git.example.com/x`],
      [...push, '--notes', `@${notes}`],
      [...push, '--run-id', TOKEN],
      [...push, '--user', TOKEN],
      [...push, '--allow-secret', `it is ${TOKEN}`],
      ['set', `deployment.vpn.private_key=${key}`],
      ['set', `deployment.note=${TOKEN}`],
      ['set', `deployment."${TOKEN}"=1`],
      ['set', '--create-key', 'a=1', '--message', TOKEN],
      ['phase', 'skip', 'create_vms', '--reason', TOKEN],
    ];
    const runs = await inTurn(lines.map((line) => () => kgit(path, [...line, '--json'])));
    const batch = { input: `${JSON.stringify({ subject: 'cluster/a', action: 'x', notes: TOKEN })}\n` };
    runs.push(await kgit(path, ['push-event', '--stdin', '--json'], batch));
    runs.push(await kgit(path, ['push-event', '--stdin', '--queue', '--json'], batch));
    for (const run of runs) {
      expectFailure(run, 'SECRET', 19);
      expect(run.stdout + run.stderr).not.toContain(TOKEN);
      expect(run.stdout + run.stderr).not.toContain(key);
    }
    expect(commits(path)).toBe(1);
    const stored = allObjects(path) + kept(path);
    expect(stored).not.toContain(TOKEN);
    expect(stored).not.toContain(key);
  });

  it('are written with --allow-secret, and the reason is recorded', async () => {
    const path = stateRepository();
    const allow = ['--allow-secret', 'a demo token, revoked'];
    await kgitJson(path, ['push-event', 'x', '--cluster', 'prod', '--param', `token=${TOKEN}`, ...allow]);
    await kgitJson(path, ['set', `deployment.note=${TOKEN}`, ...allow]);
    const { events } = await kgitJson(path, ['log']);
    expect(events.map((event: Record<string, unknown>) => event['secret_override'])).toEqual([
      { reason: 'a demo token, revoked', paths: ['parameters.token'] },
      { reason: 'a demo token, revoked', paths: ['deployment.note'] },
    ]);
    expect(git(path, 'show', 'HEAD:deployments/dep-a/state.yaml')).toContain(TOKEN);
    await kgitJson(path, ['unset', 'deployment.note']);
    expect((await kgitJson(path, ['log', '--limit', '1'])).events[0].changes[0].before).not.toContain(TOKEN);
    expectFailure(
      await kgit(path, ['set', '--create-key', 'a=1', '--allow-secret', ' ', '--json']),
      'USAGE',
      2,
    );
  });

  it('are not what placeholders and public values are', async () => {
    const path = stateRepository();
    const words = [
      'deployment.token=<redacted>',
      'deployment.password=',
      `deployment.public_key=${wireguardKey(3, false)}`,
    ];
    expect((await kgitJson(path, ['set', ...words])).delivery).toBe('published');
  });

  it('are refused by every way out, with the field named', async () => {
    const remote = sharedState();
    const path = cloneOf(remote);
    const lower = `gl${'dt-'}k3vxq9mz2lrt8wybn4ch`;
    const lines: [field: string, line: string[]][] = [
      ['lock', ['lock', lower]],
      ['reason', ['lock', 'net', '--reason', `for ${TOKEN}`]],
      ['user', ['lock', 'net', '--user', TOKEN]],
      ['run_id', ['lock', 'net', '--run-id', TOKEN]],
      ['email', ['lock', 'net', '--user', `x@${TOKEN}.example`]],
      ['run_id', ['push-event', 'x', '--cluster', 'prod', '--run-id', TOKEN]],
      ['the name', ['push-event', 'x', '--cluster', lower]],
      ['title', ['set', '--create-key', 'a=1', '--propose', '--title', `uses ${TOKEN}`]],
      ['proposal_branch', ['set', '--create-key', 'a=1', '--propose', '--proposal-branch', `mine/${TOKEN}`]],
      ['management', ['init', join(temporaryFolder(), 'state'), '--management', lower]],
      ['user', ['init', join(temporaryFolder(), 'state'), '--user', TOKEN]],
      ['parameters.db_pass', ['push-event', 'x', '--cluster', 'prod', '--param', 'db_pass=ruttich']],
      ['command', ['push-event', 'x', '--cluster', 'prod', '--command', 'echo ruttich | sudo -S id']],
    ];
    for (const [field, line] of lines) {
      const run = await kgit(path, [...line, '--json']);
      expect(expectFailure(run, 'SECRET', 19).message, line.join(' ')).toContain(
        `${field} looks like a secret`,
      );
      expect(run.stdout + run.stderr).not.toContain(TOKEN);
      expect(run.stdout + run.stderr).not.toContain(lower);
      expect(run.stdout + run.stderr).not.toContain('ruttich');
    }
    expect(git(remote, 'for-each-ref', '--format=%(refname)')).toBe('refs/heads/main');
    expect(commits(remote)).toBe(1);
    expect(allObjects(path) + kept(path)).not.toContain(TOKEN);
  });

  it('go into a lock with --allow-secret, and the reason stands there', async () => {
    const path = stateRepository();
    const allow = ['--allow-secret', 'a demo token, revoked'];
    const lock = await kgitJson(path, ['lock', 'net', '--reason', `for ${TOKEN}`, ...allow]);
    expect(lock.reason).toBe(`for ${TOKEN}; secret allowed: a demo token, revoked`);
    await kgitJson(path, ['unlock', 'net']);
    expect((await kgitJson(path, ['lock', 'net', '--reason', 'plain', ...allow])).reason).toBe('plain');
  });

  it('of another do not keep a lock from being broken', async () => {
    const path = stateRepository();
    await kgitJson(path, ['lock', 'net', '--user', `ada ${TOKEN}`, '--allow-secret', 'a test']);
    await kgitJson(path, ['unlock', 'net', '--force', '--user', 'grace']);
    const { events } = await kgitJson(path, ['log', 'lock/net']);
    expect(events[0].parameters.holder).toBe('ada ***');
  });

  it('are in no message of a command line that cannot be read', async () => {
    const path = stateRepository();
    for (const line of [
      ['lock', TOKEN],
      ['push-event', 'x', '--cluster', `A/${TOKEN}`],
      ['frobnicate', TOKEN],
      [TOKEN],
    ]) {
      for (const format of [[], ['--json']]) {
        const run = await kgit(path, [...line, ...format]);
        expect(run.code).toBe(2);
        expect(run.stdout + run.stderr).not.toContain(TOKEN);
      }
    }
  });

  it("are no committer, whatever git's settings hold", async () => {
    const path = stateRepository();
    git(path, 'config', 'user.name', 'Ada');
    git(path, 'config', 'user.email', `${TOKEN}@example.com`);
    await kgitJson(path, ['push-event', 'x', '--cluster', 'prod', '--user', 'ada']);
    expect(git(path, 'log', '-1', '--format=%an %cn %ce')).toBe('ada kgit kgit@localhost');
  });
});
