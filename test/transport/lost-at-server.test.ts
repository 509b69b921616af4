import { chmodSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { git } from '../support/git-fixtures.js';
import { kgit } from '../support/kgit.js';
import { actions, CLIENTS, type Client, type ClientName, leakyState } from '../support/rewrites.js';
import { expectFailure } from '../support/state-repository.js';

const write = (action: string) => ['push-event', action, '--cluster', 'prod'];
const names = Object.keys(CLIENTS) as ClientName[];

/** A server, a clone that published two events, and the tip before them. */
async function scene(name: ClientName) {
  const remote = leakyState();
  // As a push of a few objects leaves them: one file each.
  git(remote, 'config', 'receive.unpackLimit', '10000');
  await CLIENTS.checkout(remote).json(...write('before'));
  const good = git(remote, 'rev-parse', 'main');
  const here = CLIENTS[name](remote);
  const lost = [await here.json(...write('one')), await here.json(...write('two'))];
  return { remote, here, good, operations: lost.map(({ operation }) => operation as string) };
}

/** The files of the objects that came after a commit, as `git unpack-objects` wrote them. */
function newObjects(remote: string, good: string): string[] {
  const ids = git(remote, 'rev-list', '--objects', '--no-object-names', 'main', `^${good}`).split('\n');
  return ids.map((id) => join(remote, 'objects', id.slice(0, 2), id.slice(2)));
}

function truncate(path: string): void {
  chmodSync(path, 0o644);
  writeFileSync(path, '');
}

const head = (remote: string) => join(remote, 'refs/heads/main');
const putBack = (remote: string, good: string) => writeFileSync(head(remote), `${good}\n`);

/** What a power cut leaves of objects that were not synced. */
const DAMAGES: Readonly<Record<string, (remote: string, good: string) => void>> = {
  'cut off': (remote, good) => newObjects(remote, good).forEach(truncate),
  'not there': (remote, good) => {
    for (const path of newObjects(remote, good)) rmSync(path);
  },
  'there but for one tree': (remote, good) => {
    const files = new Set(newObjects(remote, good));
    const trees = git(
      remote,
      'rev-list',
      '--objects',
      '--no-object-names',
      '--filter=object:type=tree',
      'main',
      `^${good}`,
    );
    const tree = trees.split('\n').map((id) => join(remote, 'objects', id.slice(0, 2), id.slice(2)));
    truncate(tree.find((path) => files.has(path)) as string);
  },
};

/** The writes wait again and are told; the sync after that publishes each once. */
async function comeBack(
  remote: string,
  here: Client,
  operations: readonly string[],
  good: string,
): Promise<void> {
  const told = await here.run('sync', '--json');
  const error = expectFailure(told, 'REMOTE', 16);
  expect(error.data).toMatchObject({ cause: 'lost', operations });
  expect(told.stderr).toContain('the remote lost 2 commits');
  for (const id of operations) expect(told.stderr).toContain(id);
  expect(told.stderr).toMatch(/kgit sync.*kgit outbox drop/);
  expect(git(remote, 'rev-parse', 'main')).toBe(good);
  const waiting = (await here.json('outbox')).operations;
  expect(waiting.map(({ id }: { id: string }) => id)).toEqual(operations);
  expect(waiting[0].error).toContain('the remote lost it');
  const sync = await here.run('sync', '--json');
  expect(sync.json).toMatchObject({ published: operations, pending: 0 });
  expect(sync.stderr).not.toContain('lost');
  expect(actions(remote)).toEqual(['before', 'one', 'two']);
  git(remote, 'fsck', '--connectivity-only');
  // Once: nothing is queued a second time.
  expect((await here.run('sync', '--json')).json).toMatchObject({ published: [], pending: 0 });
}

describe('a server that went back to an older tip after a power cut', () => {
  const cases = names.flatMap((name) => Object.keys(DAMAGES).map((damage) => ({ name, damage })));

  it.each(cases)(
    'with the objects $damage: acknowledged writes of a $name clone come back',
    async ({ name, damage }) => {
      const { remote, here, good, operations } = await scene(name);
      const files = newObjects(remote, good);
      DAMAGES[damage]?.(remote, good);
      putBack(remote, good);
      // What is cut off stands in the way of the same objects; git's own way is to remove it.
      const repair = () => {
        for (const path of files) rmSync(path, { force: true });
      };
      if (damage === 'not there') return comeBack(remote, here, operations, good);
      const told = await here.run('sync');
      expect(told.stderr).toContain('the remote lost 2 commits');
      repair();
      expect((await here.json('outbox')).operations).toHaveLength(2);
      expect(await here.json('sync')).toMatchObject({ published: operations, pending: 0 });
      expect(actions(remote)).toEqual(['before', 'one', 'two']);
    },
  );

  it('another write publishes them neither: they wait for kgit sync, and can be dropped', async () => {
    const { remote, here, good, operations } = await scene('checkout');
    DAMAGES['not there']?.(remote, good);
    putBack(remote, good);
    const run = await here.run(...write('later'), '--json');
    expect(run.json.delivery).toBe('published');
    expect(run.stderr).toContain('the remote lost 2 commits');
    await here.json(...write('last'));
    expect(actions(remote)).toEqual(['before', 'last', 'later']);
    await here.json('outbox', 'drop', operations[0] as string);
    expect(await here.json('sync')).toMatchObject({ published: [operations[1]], pending: 0 });
    expect(actions(remote)).toEqual(['before', 'last', 'later', 'two']);
  });

  it('a server of protocol version 0 is asked in its own way', async () => {
    for (const isLost of [true, false]) {
      const { remote, here, good } = await scene('checkout');
      git(here.path, 'config', 'protocol.version', '0');
      if (isLost) DAMAGES['not there']?.(remote, good);
      putBack(remote, good);
      const { json, stderr } = await here.run('log', '--fetch', '--json');
      expect(json.repository.rewrites).toMatchObject([{ cause: isLost ? 'lost' : 'moved' }]);
      expect(stderr).toContain(isLost ? 'the remote lost' : 'history was rewritten');
    }
  });

  it('one whose objects are all there was moved by people: nothing waits again, until somebody says so', async () => {
    const { remote, here, good, operations } = await scene('checkout');
    putBack(remote, good);
    const run = await here.run('sync', '--json');
    expect(run.code).toBe(0);
    expect(run.json.repository.rewrites).toMatchObject([{ cause: 'moved', operations }]);
    expect((await here.json('outbox')).operations).toEqual([]);
    await here.json('sync');
    expect(actions(remote)).toEqual(['before']);
    await here.json('outbox', 'requeue', operations[1] as string);
    expect(await here.json('sync')).toMatchObject({ published: [operations[1]] });
    expect(actions(remote)).toEqual(['before', 'two']);
    expectFailure(
      await here.run('outbox', 'requeue', '01JZXK5B7Q3M8N2V4C6D9F0G1H', '--json'),
      'NOT_FOUND',
      15,
    );
    expectFailure(await here.run('outbox', 'requeue', '--json'), 'USAGE', 2);
  });
});

describe('a branch that cannot be read at the server after a power cut', () => {
  const REFS: Readonly<Record<string, (remote: string, good: string) => void>> = {
    'its file is empty': (remote) => writeFileSync(head(remote), ''),
    'it names a commit that is not there': (remote, good) => DAMAGES['not there']?.(remote, good),
    'it names a commit that is cut off': (remote, good) => DAMAGES['cut off']?.(remote, good),
  };

  it.each(Object.keys(REFS))(
    '%s: told with the remedy, and once that is done the writes come back',
    async (what) => {
      const { remote, here, good, operations } = await scene('checkout');
      const files = newObjects(remote, good);
      REFS[what]?.(remote, good);
      const error = expectFailure(
        await here.run(...write('later'), '--require-publish', '--json'),
        'REMOTE',
        16,
      );
      expect(['branch-gone', 'damaged', 'remote-broken-ref']).toContain(error.data.cause);
      expect(error.suggestions.join()).toMatch(/git (fsck|update-ref refs\/heads\/main)/);
      // Who runs the server puts the branch back.
      for (const path of files) rmSync(path, { force: true });
      putBack(remote, good);
      await here.run('outbox', 'drop', (await here.json('outbox')).operations[0].id);
      await comeBack(remote, here, operations, good);
    },
  );
});

it('publish.keep: 0s keeps nothing, and what was kept goes', async () => {
  const { here } = await scene('checkout');
  const folder = join(here.path, '.git/kgit/published');
  expect(readdirSync(folder)).toHaveLength(2);
  const { code } = await kgit(here.path, write('three'), { env: { KGIT_PUBLISH_KEEP: '0s' } });
  expect(code).toBe(0);
  expect(readdirSync(folder)).toEqual([]);
  expect(dirname(folder)).toContain('kgit');
});
