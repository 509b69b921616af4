import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { wireguardKey } from '../model/secret/samples.js';
import { git, temporaryFolder } from '../support/git-fixtures.js';
import { kgit, kgitJson } from '../support/kgit.js';
import { commits, expectFailure, stateRepository } from '../support/state-repository.js';

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
      ['set', 'a=1', '--message', TOKEN],
      ['phase', 'skip', 'create_vms', '--reason', TOKEN],
    ];
    const runs = await Promise.all(lines.map((line) => kgit(path, [...line, '--json'])));
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
    expectFailure(await kgit(path, ['set', 'a=1', '--allow-secret', ' ', '--json']), 'USAGE', 2);
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
});
