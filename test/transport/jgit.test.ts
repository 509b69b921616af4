import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { StateStore } from '../../src/store/port/state-store.js';
import { expectSound, makeFleet, syncAll } from '../support/campaign/fleet.js';
import { bareRepository, cloneOf, fsck, git, temporaryFolder } from '../support/git-fixtures.js';
import { type JgitFault, type JgitServer, startJgitServer } from '../support/jgit-server/jgit-server.js';
import { kgit, kgitJson } from '../support/kgit.js';
import { openGitStore } from '../support/open-git-store.js';
import { expectFailure } from '../support/state-repository.js';
import { storeContract } from '../support/store-contract.js';

/** The two requests of a push, as the server sees them. */
const ASKS = 'info/refs?service=git-receive-pack';
const PUSHES = '.git/git-receive-pack';
let server: JgitServer;
beforeAll(async () => {
  server = await startJgitServer();
});
afterEach(async () => {
  await server.demandToken(null);
  await server.deny(null);
});
afterAll(() => server.stop());

storeContract('GitStore, a clone of a JGit server', {
  open: () => openGitStore(cloneOf(server.url(bareRepository())), 'origin'),
  another: ({ target }: StateStore) =>
    openGitStore(cloneOf(target.slice(0, target.lastIndexOf('#'))), 'origin'),
});

/** The clusters of the events that are on the branch, each as often as it has one. */
function landed(remote: string): string[] {
  const paths = git(remote, 'ls-tree', '-r', '--name-only', 'main').split('\n');
  return paths.flatMap((path) => /\/(c-[^/]+)\/events\/.*-noted\.yaml$/.exec(path)?.[1] ?? []).sort();
}

const note = (n: string) => ['push-event', 'noted', '--cluster', `c-${n}`, '--json'];

describe('JGit', () => {
  it('takes init, writes and locks, and asks for the token', async () => {
    const remote = bareRepository();
    const path = join(temporaryFolder(), 'clone');
    await kgitJson('.', ['init', path, '--remote', server.url(remote), '--deployment', 'd1']);
    expect((await kgitJson(path, ['set', '--create-key', 'a=1'])).delivery).toBe('published');
    expect((await kgitJson(path, ['lock', 'network'])).token).toBe(1);
    expect((await kgitJson(path, ['set', '--create-key', 'a=2', '--lock', 'network'])).delivery).toBe(
      'published',
    );
    await kgitJson(path, ['unlock', 'network']);
    await server.demandToken('right-token');
    const { data } = expectFailure(await kgit(path, ['set', '--create-key', 'a=3', '--json']), 'REMOTE', 16);
    expect(data).toMatchObject({ cause: 'unauthorized', kept: true });
    await server.demandToken(null);
    expect((await kgitJson(path, ['sync'])).pending).toBe(0);
    expect((await kgitJson(path, ['get', 'a'])).value).toBe(3);
    fsck(remote);
  });

  it('with a hook that refuses: 20, with its words, and the write goes out once it may', async () => {
    const { remote, clones } = await makeFleet(1, server.url);
    const [path = ''] = clones;
    await server.deny('^refs/heads/main$');
    const error = expectFailure(await kgit(path, note('1')), 'REFUSED', 20);
    expect(error.message).toContain('prohibited by the test server');
    await server.deny(null);
    expect((await kgitJson(path, ['sync'])).pending).toBe(0);
    expect(landed(remote)).toEqual(['c-1']);
  });

  it.each<[JgitFault, string]>([
    [500, ASKS],
    [503, PUSHES],
    [500, PUSHES],
    [413, PUSHES],
    [403, PUSHES],
    ['cut', ASKS],
    ['cut', PUSHES],
    ['cut-after', PUSHES],
  ])('%s at %s: the write is kept, and lands once', async (fault, at) => {
    const { remote, clones } = await makeFleet(1, server.url);
    const [path = ''] = clones;
    await server.fail(fault, at);
    const run = await kgit(path, note('1'));
    expect(await server.hasFailed()).toBe(true);
    expect([0, 16, 20]).toContain(run.code);
    if (run.code === 0 && run.json.delivery === 'published') expect(landed(remote)).toEqual(['c-1']);
    else expect((await kgitJson(path, ['outbox'])).operations).toHaveLength(1);
    expect((await kgitJson(path, ['sync'])).pending).toBe(0);
    expect(landed(remote)).toEqual(['c-1']);
  });

  it('with 4 clones that write at the same time: whatever each is told, all writes land once', async () => {
    const fleet = await makeFleet(4, server.url);
    const names = fleet.clones.flatMap((_, clone) => [0, 1, 2, 3].map((i) => `${clone}-${i}`));
    const work = async (path: string, clone: number) => {
      for (const name of names.slice(clone * 4, clone * 4 + 4)) await kgit(path, note(name));
    };
    await Promise.all(fleet.clones.map(work));
    expect(await syncAll(fleet)).toEqual([]);
    expect(landed(fleet.remote)).toEqual(names.map((name) => `c-${name}`).sort());
    expectSound(fleet);
  });
});
