import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bareRepository, cloneOf, temporaryFolder } from '../../support/git-fixtures.js';
import { kgit, kgitJson } from '../../support/kgit.js';
import { PATIENCE_MS } from '../../support/patience.js';

async function clone(): Promise<{ remote: string; path: string; other: string }> {
  const remote = bareRepository();
  const other = temporaryFolder();
  await kgitJson('.', ['init', other, '--remote', remote]);
  return { remote, path: cloneOf(remote), other };
}

/** Makes the last fetch that old, in ms. */
const age = (path: string, ms: number) =>
  writeFileSync(join(path, '.git/kgit/fetched-at'), String(Date.now() - ms));

describe('how fresh an answer is', () => {
  it('fetches when the last fetch is older than read.maxAge, and not before', async () => {
    const { path, other } = await clone();
    await kgitJson(path, ['list', '--fetch']);
    await kgitJson(other, ['push-event', 'x', '--cluster', 'c']);
    expect((await kgitJson(path, ['list'])).items).toEqual([]);
    expect((await kgitJson(path, ['list'], { env: { KGIT_READ_MAX_AGE: '0' } })).items).toHaveLength(1);
    age(path, 61_000);
    const run = await kgit(path, ['list', '--json']);
    expect(Date.now() - Date.parse(run.json.repository.fetchedAt)).toBeLessThan(PATIENCE_MS);
    expect(run.stderr).toBe('');
  });

  it('does not trust a fetch that a clock which was wrong dated into the future', async () => {
    const { path, other } = await clone();
    await kgitJson(path, ['list', '--fetch']);
    await kgitJson(other, ['push-event', 'x', '--cluster', 'c']);
    age(path, -60 * 60_000);
    expect((await kgitJson(path, ['list'])).items).toHaveLength(1);
  });

  it('says on stderr how old an answer is that could not, or should not, be fetched', async () => {
    const { path, remote } = await clone();
    await kgitJson(path, ['list', '--fetch']);
    age(path, 10 * 60_000);
    expect((await kgit(path, ['list', '--no-fetch'])).stderr).toContain('fetched 10m ago');
    renameSync(remote, `${remote}.away`);
    const stale = await kgit(path, ['list', '--json']);
    expect(stale.code).toBe(0);
    expect(stale.stderr).toContain('fetched 10m ago');
    expect((await kgit(path, ['list', '--fetch'])).code).toBe(16);
    expect((await kgit(path, ['list', '--no-fetch', '--quiet'])).stderr).toBe('');
  });
});
