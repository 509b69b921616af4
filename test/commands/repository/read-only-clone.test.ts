import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { bareRepository, cloneOf, git, temporaryFolder } from '../../support/git-fixtures.js';
import { kgit, kgitJson } from '../../support/kgit.js';
import { emptyState, expectFailure } from '../../support/state-repository.js';

const mounts: string[] = [];

/** A folder as it is on a medium that can only be read; needs root, and fails without. */
function readOnly(path: string): string {
  const place = join(temporaryFolder(), 'read-only');
  mkdirSync(place);
  execFileSync('mount', ['--bind', path, place]);
  mounts.push(place);
  execFileSync('mount', ['-o', 'remount,bind,ro', place]);
  return place;
}

afterAll(() => {
  for (const place of mounts) execFileSync('umount', [place]);
});

const PUSH = ['push-event', 'touched', '--deployment', 'dep-a'];

/** A clone that was used before or not, read-only, and behind its remote or not. */
async function clone({ isUsed, isBehind }: { isUsed: boolean; isBehind: boolean }) {
  const remote = bareRepository();
  git(emptyState(), 'push', '--quiet', remote, 'main');
  const writer = cloneOf(remote);
  await kgitJson(writer, ['set', '--create-key', 'region=eastus', '--deployment', 'dep-a', '--create']);
  await kgitJson(writer, [...PUSH, '--param', 'n=1']);
  await kgitJson(writer, ['lock', 'network']);
  const path = cloneOf(remote);
  if (isUsed) {
    await kgitJson(path, ['locks']);
    await kgitJson(path, ['log', '--fetch']);
  }
  if (isBehind) {
    await kgitJson(writer, [...PUSH, '--param', 'n=2']);
    await kgitJson(writer, ['unlock', 'network']);
    await kgitJson(writer, ['lock', 'network']);
  }
  return { path: readOnly(path), writer };
}

const READS = [
  ['get', 'region', '--deployment', 'dep-a'],
  ['log'],
  ['list'],
  ['history', '--deployment', 'dep-a'],
  ['status', '--offline'],
  ['locks'],
  ['outbox'],
  ['validate'],
  ['verify'],
];
const WRITES = [
  PUSH,
  [...PUSH, '--queue'],
  ['set', '--create-key', 'a.b=1', '--deployment', 'dep-a'],
  ['sync'],
  ['lock', 'other'],
  ['run', 'deploy', '--deployment', 'dep-a', '--', 'true'],
];

describe.each([
  ['never used, behind its remote', { isUsed: false, isBehind: true }],
  ['never used', { isUsed: false, isBehind: false }],
  ['used before, behind its remote', { isUsed: true, isBehind: true }],
  ['used before', { isUsed: true, isBehind: false }],
])('a clone that can only be read: %s', (_how, state) => {
  it('answers reads, and says once what it cannot keep', async () => {
    const { path } = await clone(state);
    const env = { KGIT_READ_MAX_AGE: '0s' };
    for (const words of READS) {
      const run = await kgit(path, words, { env });
      const note = `kgit ${words.join(' ')}: ${run.stdout}${run.stderr}`;
      expect(run.code, note).toBe(0);
      expect(run.stdout, note).not.toBe('');
      const told = run.stderr.split('\n').filter((line) => /read-only/.test(line));
      expect(told.length, note).toBeLessThanOrEqual(1);
      expect(
        run.stderr
          .split('\n')
          .filter((line) => line && !told.includes(line))
          .join(),
        note,
      ).not.toMatch(/error|fatal|EROFS|ENOENT|connection broke/);
    }
    const { stderr } = await kgit(path, ['log'], { env });
    expect(stderr).toMatch(/^answered from what is here, .*read-only for you\n$/);
    const { events } = await kgitJson(path, ['log'], { env });
    expect(events).toHaveLength(2);
    const { locks, stale } = await kgitJson(path, ['locks']);
    const isSeen = state.isUsed || !stale;
    expect(locks.map(({ name }: { name: string }) => name)).toEqual(isSeen ? ['network'] : []);
    const to = temporaryFolder();
    const exported = await kgit(path, ['export', '--to', to]);
    expect([exported.code, exported.stderr]).toEqual([0, expect.stringMatching(/read-only/)]);
    expect(existsSync(join(to, 'state'))).toBe(true);
  });

  it('refuses writes as ENVIRONMENT, with what to do, and writes nothing', async () => {
    const { path, writer } = await clone(state);
    for (const words of WRITES) {
      const end = words.indexOf('--');
      const json = end < 0 ? [...words, '--json'] : [...words.slice(0, end), '--json', ...words.slice(end)];
      const error = expectFailure(await kgit(path, json), 'ENVIRONMENT', 18);
      expect(error.message, words.join(' ')).toMatch(/[Rr]ead-only/);
      expect(error.suggestions.join(), words.join(' ')).toMatch(/writable for you/);
    }
    const events = (await kgitJson(writer, ['log', '--fetch'])).events.length;
    expect(events).toBe(state.isBehind ? 3 : 2);
    expect(git(path, 'status', '--porcelain')).toBe('');
  });
});
