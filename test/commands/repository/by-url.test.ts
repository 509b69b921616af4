import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bareRepository, fsck, git, temporaryFolder } from '../../support/git-fixtures.js';
import { kgit, kgitJson } from '../../support/kgit.js';

/** A machine that never saw the repository. */
function machine() {
  const home = temporaryFolder();
  const env = { HOME: home, XDG_CACHE_HOME: join(home, 'cache'), XDG_STATE_HOME: join(home, 'state') };
  return { env, clones: join(home, 'cache/kgit/clones'), state: join(home, 'state/kgit') };
}

async function published(filters = true): Promise<{ remote: string; url: string }> {
  const remote = bareRepository();
  git(remote, 'config', 'uploadpack.allowFilter', String(filters));
  await kgitJson('.', ['init', temporaryFolder(), '--remote', remote, '--deployment', 'd']);
  return { remote, url: `file://${remote}` };
}

const ids = (remote: string) =>
  [...git(remote, 'ls-tree', '-r', '--name-only', 'main').matchAll(/([0-9A-Z]{26})-touched/g)].map(
    ([, id]) => id,
  );
const commits = (clone: string) => Number(git(clone, 'rev-list', '--count', '--all'));

describe('--repo URL', () => {
  it.each([
    ['with filters', true],
    ['without filters', false],
  ])(
    'writes with the tip alone, and gets the history for the first command that reads it, from a server %s',
    async (_name, filters) => {
      const { remote, url } = await published(filters);
      const { env, clones } = machine();
      const elsewhere = temporaryFolder();
      const run = (...args: string[]) => kgitJson(elsewhere, [...args, '--repo', url], { env });
      for (let i = 0; i < 3; i++) await run('push-event', 'touched', '--cluster', `c${i}`);
      await run('set', 'deployment.phase=create_vms', '--if-absent', 'deployment.phase');
      expect((await run('get', 'deployment.phase')).value).toBe('create_vms');
      expect(readdirSync(clones)).toEqual([expect.stringMatching(/^state-[0-9a-f]{16}\.tip\.git$/)]);
      expect(commits(join(clones, readdirSync(clones)[0] as string))).toBeLessThan(
        Number(git(remote, 'rev-list', '--count', 'main')),
      );
      const { events } = await run('log');
      expect(events).toHaveLength(5);
      expect(readdirSync(clones)).toHaveLength(2);
      await run('push-event', 'touched', '--cluster', 'c1');
      expect((await run('log', 'c1')).events).toHaveLength(2);
      expect(ids(remote)).toHaveLength(4);
      fsck(remote);
    },
  );

  it('is safe with several first processes, after a kill on the way, and when the cache is thrown away', async () => {
    const { remote, url } = await published();
    const { env, clones, state } = machine();
    const stale = join(clones, 'state-0000.tmp');
    mkdirSync(stale, { recursive: true });
    utimesSync(stale, 0, 0);
    const runs = await Promise.all(
      Array.from({ length: 6 }, (_, i) =>
        kgitJson('.', ['push-event', 'touched', '--cluster', `c${i}`, '--repo', url], { env }),
      ),
    );
    expect(ids(remote).sort()).toEqual(runs.map(({ id }) => id).sort());
    expect(readdirSync(clones).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    await kgitJson('.', ['push-event', 'touched', '--cluster', 'queued', '--repo', url, '--queue'], { env });
    rmSync(clones, { recursive: true });
    expect(existsSync(state)).toBe(true);
    expect((await kgitJson('.', ['sync', '--repo', url], { env })).published).toHaveLength(1);
    expect(ids(remote)).toHaveLength(7);
  });

  it('makes a clone anew that what cleans a cache has left in part', async () => {
    const { url } = await published();
    const { env, clones } = machine();
    await kgitJson('.', ['push-event', 'touched', '--cluster', 'c', '--repo', url], { env });
    await kgitJson('.', ['log', '--repo', url], { env });
    for (const name of readdirSync(clones)) rmSync(join(clones, name, 'HEAD'));
    await kgitJson('.', ['push-event', 'touched', '--cluster', 'c', '--repo', url], { env });
    expect((await kgitJson('.', ['log', 'c', '--repo', url], { env })).events).toHaveLength(2);
    expect(readdirSync(clones).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('queues while the remote is away, and says what an empty or unknown one needs', async () => {
    const { remote, url } = await published();
    const { env } = machine();
    const write = ['push-event', 'touched', '--cluster', 'c', '--repo', url];
    await kgitJson('.', write, { env });
    renameSync(remote, `${remote}.away`);
    const away = await kgit('.', [...write, '--json'], { env });
    expect(away.code).toBe(16);
    expect(away.json.error.data.kept).toBe(true);
    renameSync(`${remote}.away`, remote);
    await kgitJson('.', ['sync', '--repo', url], { env });
    expect(ids(remote)).toHaveLength(2);
    const empty = await kgit(
      '.',
      ['push-event', 'x', '--cluster', 'c', '--repo', `file://${bareRepository()}`],
      { env },
    );
    expect(empty.code).toBe(10);
    expect(empty.stderr).toContain('kgit init');
    expect((await kgit('.', ['list', '--repo', 'file:///nonexistent/state.git'], { env })).code).toBe(16);
  });

  it('never holds a credential', async () => {
    const { env, clones } = machine();
    const run = await kgit('.', ['list', '--repo', 'https://ada:hunter2secret@127.0.0.1:1/state.git'], {
      env,
    });
    expect(run.code).toBe(2);
    expect(run.stderr).toContain('KGIT_TOKEN');
    expect(run.stderr).not.toContain('hunter2secret');
    expect(existsSync(clones)).toBe(false);
  });
});
