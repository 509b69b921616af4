import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Operation } from '../../../src/model/operation/operation.js';
import type { StateStore } from '../../../src/store/port/state-store.js';
import { bareRepository, cloneOf, fsck, git, openGitStore } from '../../support/git-fixtures.js';
import { eventOperation, fakeClock, repositoryOf, setOperation } from '../../support/store-fixtures.js';

/** A clone that combines; `others` is what happens while it waits after a lost race. */
async function writer(remote: string, others: () => Promise<void> = async () => undefined) {
  const path = cloneOf(remote);
  const clock = fakeClock();
  const sleep = async (ms: number) => {
    await clock.sleep(ms);
    await others();
  };
  const store = await openGitStore(path, 'origin');
  const made = repositoryOf(store as StateStore, { ...clock, sleep }, join(path, '.git/kgit'));
  made.publisher.combine(true);
  const write = async (operation: Operation) => {
    await made.outbox.add(operation, store.target);
    return made.publisher.deliver(operation.id, clock.now() + 60_000, true);
  };
  /** Has the last push be one that met other writers. */
  const meetOthers = () =>
    made.pushes.add({
      ...{ at: clock.now(), ms: 1, attempts: 2, operations: 1, isPublished: true, isRaced: true },
    });
  /** Lets somebody in between the look at the tip and the push. */
  const beforePush = (what: () => Promise<unknown>) => {
    const swap = store.swap.bind(store);
    store.swap = async (...args) => {
      store.swap = swap;
      await what();
      return swap(...args);
    };
  };
  return { ...made, store, path, clock, write, meetOthers, beforePush };
}

const opsOn = (remote: string) =>
  git(
    remote,
    'log',
    '--reverse',
    '--format=%(trailers:key=Kgit-Op,valueonly,separator=%x20)',
    'main',
    '--',
  ).split('\n');
const inboxes = (remote: string) => git(remote, 'for-each-ref', '--format=%(refname)', 'refs/kgit/inbox/');

async function threeWriters() {
  const remote = bareRepository();
  const first = await writer(remote);
  const begin = eventOperation();
  await first.write(begin);
  const second = await writer(remote);
  return { remote, first, second, begin };
}

it('a write that lost its race is taken along by whoever moves the branch next: one commit, told as published', async () => {
  const { remote, first, second, begin } = await threeWriters();
  const [theirs, quick] = [eventOperation(), eventOperation()];
  const own = eventOperation();
  let pushed = '';
  const loser = await writer(remote, async () => {
    await second.meetOthers();
    await second.write(theirs);
    pushed = git(remote, 'rev-parse', 'main');
  });
  await loser.meetOthers();
  loser.beforePush(() => first.write(quick));
  const { delivery } = await loser.write(own);
  expect(delivery).toMatchObject({ kind: 'published', attempts: 1, duplicates: [], revision: pushed });
  // The second wrote both in one push, its own first.
  expect(opsOn(remote)).toEqual([begin.id, quick.id, theirs.id, own.id]);
  expect(git(remote, 'rev-parse', 'main~2')).toBe(
    git(remote, 'rev-list', '-1', '--grep', `Kgit-Op: ${quick.id}`, 'main'),
  );
  expect(await loser.outbox.size()).toBe(0);
  // What lies there still is on the branch already, and is not written again.
  await second.meetOthers();
  await second.write(eventOperation());
  expect(opsOn(remote).filter((id) => id === own.id)).toHaveLength(1);
  fsck(remote);
});

it('who is always the first takes along those that wait, for he asks before he pushes', async () => {
  const { remote, first } = await threeWriters();
  const [slow, next] = [eventOperation(), eventOperation()];
  const loser = await writer(remote, async () => {
    if (!opsOn(remote).includes(next.id)) await first.write(next);
  });
  await loser.meetOthers();
  loser.beforePush(() => first.write(eventOperation()));
  const { delivery } = await loser.write(slow);
  expect(delivery).toMatchObject({ kind: 'published', attempts: 1, duplicates: [] });
  expect(opsOn(remote).slice(-2)).toEqual([next.id, slow.id]);
});

it('whose time is up while his events lie there is told that they may land still, and they do', async () => {
  const { remote, first, second } = await threeWriters();
  const own = eventOperation();
  let made = 0;
  const loser = await writer(remote);
  await loser.meetOthers();
  const race = async () => {
    await first.write(setOperation('a', made++));
    loser.beforePush(race);
  };
  loser.beforePush(race);
  await loser.outbox.add(own, loser.store.target);
  const { delivery } = await loser.publisher.deliver(own.id, loser.clock.now() + 1, true);
  expect(delivery).toMatchObject({ kind: 'pending', unknown: true });
  await second.meetOthers();
  await second.write(eventOperation());
  expect(opsOn(remote)).toContain(own.id);
});

it('whose time is up while it is the turn of others tries himself', async () => {
  const { remote, first } = await threeWriters();
  const own = eventOperation();
  // Others wait, too, and none of them ever moves the branch.
  const waiting = await Promise.all([writer(remote), writer(remote), writer(remote), writer(remote)]);
  const race = (one: Awaited<ReturnType<typeof writer>>) => async () => {
    await first.write(setOperation('a', Math.random()));
    one.beforePush(race(one));
  };
  for (const one of waiting) {
    await one.meetOthers();
    one.beforePush(race(one));
    const theirs = eventOperation();
    await one.outbox.add(theirs, one.store.target);
    await one.publisher.deliver(theirs.id, one.clock.now(), true);
  }
  const late = await writer(remote);
  await late.meetOthers();
  late.beforePush(() => first.write(setOperation('a', Math.random())));
  await late.outbox.add(own, late.store.target);
  const { delivery } = await late.publisher.deliver(own.id, late.clock.now(), true);
  expect(delivery).toMatchObject({ kind: 'published', attempts: 2 });
  expect(opsOn(remote)).toContain(own.id);
});

it('what asks something of the tip is never laid down', async () => {
  const { remote, first } = await threeWriters();
  const loser = await writer(remote);
  await loser.meetOthers();
  loser.beforePush(() => first.write(eventOperation()));
  const condition = { check: 'absent', path: ['a'] } as const;
  const { delivery } = await loser.write(setOperation('a', 1, [condition]));
  expect(delivery).toMatchObject({ kind: 'published', attempts: 2 });
  expect(inboxes(remote)).toBe('');
});

it('the inbox is taken back when nobody else writes, also where it is gone already', async () => {
  const { remote, first } = await threeWriters();
  const loser = await writer(remote);
  await loser.meetOthers();
  loser.beforePush(() => first.write(eventOperation()));
  await loser.write(eventOperation());
  expect(inboxes(remote)).toMatch(/^refs\/kgit\/inbox\/[0-9a-f]{16}\/main$/);
  await loser.clock.sleep(60_000);
  expect((await loser.write(eventOperation())).delivery).toMatchObject({ kind: 'published', attempts: 1 });
  expect(inboxes(remote)).toBe('');
  writeFileSync(join(loser.path, '.git/kgit/inbox'), '0123456789abcdef\n');
  await loser.clock.sleep(60_000);
  expect((await loser.write(eventOperation())).delivery).toMatchObject({ kind: 'published', attempts: 1 });
});

it.each([
  ['pre-receive', 'while read -r _ _ ref; do case $ref in refs/heads/*) ;; *) exit 1;; esac; done'],
  ['update', 'case $1 in refs/heads/*) ;; *) exit 1;; esac'],
])('a server whose %s hook lets in branches alone takes the write all the same', async (name, text) => {
  const { remote } = await threeWriters();
  const hook = join(remote, 'hooks', name);
  writeFileSync(hook, `#!/bin/sh\n${text}\n`);
  chmodSync(hook, 0o755);
  const one = await writer(remote);
  await one.meetOthers();
  expect((await one.write(eventOperation())).delivery).toMatchObject({ kind: 'published' });
  expect(inboxes(remote)).toBe('');
});
