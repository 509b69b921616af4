import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Operation } from '../../../src/model/operation/operation.js';
import { statePath } from '../../../src/model/subject/layout.js';
import { thisHost } from '../../../src/setup/this-host.js';
import { type PushLine, PushLineFile } from '../../../src/store/local/push-line.js';
import type { OutboxEntry } from '../../../src/store/outbox/outbox.js';
import { planBatch } from '../../../src/store/plan/plan-batch.js';
import type { Clock } from '../../../src/store/port/host.js';
import { planShared } from '../../../src/store/publish/run-turn.js';
import { SharedPush } from '../../../src/store/publish/shared-push.js';
import {
  bareRepository,
  cloneOf,
  fsck,
  git,
  realClock,
  temporaryFolder,
} from '../../support/git-fixtures.js';
import { openGitStore } from '../../support/open-git-store.js';
import { until } from '../../support/patience.js';
import {
  anId,
  eventOperation,
  FaultyStore,
  repositoryOf,
  setOperation,
} from '../../support/store-fixtures.js';

const BEGUN = Date.now();
/** A clock on which hardly any time passes, so that nobody who waits gives up on a slow machine. */
const slowClock: Clock = {
  now: () => BEGUN + (Date.now() - BEGUN) / 1_000,
  sleep: (ms) => realClock.sleep(Math.max(ms, 10)),
  // Waits for a turn count their own pauses, which are none.
  random: () => -1,
};

/** A hook that notes each push and lets none end before the file `go` is there; it refuses what has `refused` in its name. */
const HOOK = `#!/bin/sh
while read -r old new ref; do
  echo "$new" >>pushes
  while [ ! -e go ]; do sleep 0.02; done
  if git diff-tree -r --name-only "$old" "$new" | grep -q refused; then echo 'not this' >&2; exit 1; fi
done
`;

/** A remote with one commit, and the folder that the clones of a user share. */
async function team() {
  const remote = bareRepository();
  const places = join(temporaryFolder(), 'turns');
  const first = await openGitStore(cloneOf(remote), 'origin');
  const begun = await first.swap(null, [{ ...BEGIN, files: new Map([['README.md', 'state\n']]) }], 60_000);
  expect(begun.kind).toBe('swapped');
  await first.close();
  writeFileSync(join(remote, 'hooks/pre-receive'), HOOK, { mode: 0o755 });

  const member = async (isRaced = false) => {
    const path = cloneOf(remote);
    const store = await openGitStore(path, 'origin');
    const made = repositoryOf(store, slowClock, temporaryFolder(), places);
    if (isRaced) await made.pushes.add({ ...RACED, at: slowClock.now() });
    const write = async (operation = eventOperation()) => {
      await made.outbox.add(operation, store.target);
      return made.publisher.deliver(operation.id, slowClock.now() + 120_000, true);
    };
    return { path, store, ...made, write };
  };
  const line = (): PushLine | null => {
    const [name] = existsSync(places) ? readdirSync(places).filter((each) => each.endsWith('.json')) : [];
    return name === undefined ? null : JSON.parse(readFileSync(join(places, name), 'utf8'));
  };
  return {
    remote,
    member,
    line,
    /** Waits until so many commits are in the line. */
    inLine: (count: number) => until(() => line()?.commits.length === count),
    go: () => writeFileSync(join(remote, 'go'), ''),
    /** Lets pushes wait again. */
    stop: () => rmSync(join(remote, 'go')),
    pushes: () => readFileSync(join(remote, 'pushes'), 'utf8').trim().split('\n'),
    /** The files of events on the branch. */
    events: () =>
      git(remote, 'ls-tree', '-r', '--name-only', 'main')
        .split('\n')
        .filter((name) => name.includes('/events/')),
    count: () => Number(git(remote, 'rev-list', '--count', 'main')),
  };
}

const BEGIN = { message: 'begin', author: { name: 'Ada', email: 'ada@example.com' }, time: 0 };
const RACED = { ms: 1, attempts: 1, operations: 1, isPublished: true, isRaced: true };

describe('clones of a user that write at once', () => {
  it('share a push: while one pushes, the others build on its commit and on each other', async () => {
    const { remote, member, inLine, go, pushes, events, count } = await team();
    const members = await Promise.all([member(true), member(), member(), member()]);
    const [first, ...others] = members;
    const writes = [first?.write()];
    await inLine(1);
    for (const [i, each] of others.entries()) {
      writes.push(each.write());
      await inLine(i + 2);
    }
    go();
    const delivered = await Promise.all(writes);
    expect(delivered).toMatchObject(writes.map(() => ({ delivery: { kind: 'published' }, notes: [] })));
    const tip = git(remote, 'rev-parse', 'main');
    const revisions = delivered.map((each) => each?.delivery.kind === 'published' && each.delivery.revision);
    expect(git(remote, 'rev-list', '--reverse', '--first-parent', 'main').split('\n').slice(1)).toEqual(
      revisions,
    );
    expect(pushes()).toEqual([revisions[0], tip]);
    expect([events().length, count()]).toEqual([4, 5]);
    // One of the others pushed, and two made no push.
    const attempts = delivered.map((each) => each?.delivery.kind === 'published' && each.delivery.attempts);
    expect(attempts.sort()).toEqual([0, 0, 1, 1]);
    for (const [i, { path, store, outbox, pushes: log }] of members.entries()) {
      // So that the next write of this clone takes its turn at once.
      if (i > 0) expect((await log.read()).at(-1)).toMatchObject({ isRaced: true });
      expect([git(path, 'status', '--porcelain'), await outbox.size()]).toEqual(['', 0]);
      const head = git(path, 'rev-parse', 'main');
      expect([revisions[i], tip]).toContain(head);
      for (const ref of ['refs/kgit/remote/main', 'refs/remotes/origin/main'])
        expect(git(path, 'rev-parse', ref)).toBe(head);
      fsck(path);
      await store.close();
    }
  });

  it('plan anew where the branch was moved by somebody else meanwhile', async () => {
    const { remote, member, inLine, go, pushes, events, count } = await team();
    const [first, second] = [await member(true), await member()];
    const writes = [first.write()];
    await inLine(1);
    writes.push(second.write());
    await inLine(2);
    const stranger = cloneOf(remote);
    git(stranger, 'commit', '--quiet', '--allow-empty', '-m', 'by hand');
    git(remote, 'fetch', '--quiet', stranger, 'main:main');
    go();
    expect(await Promise.all(writes)).toMatchObject(writes.map(() => ({ delivery: { kind: 'published' } })));
    expect([events().length, count()]).toEqual([2, 4]);
    expect(pushes().length).toBeGreaterThanOrEqual(2);
    for (const { path, store } of [first, second]) {
      fsck(path);
      await store.close();
    }
  });

  it('each push for themselves where the server refuses the commits of one', async () => {
    const { member, line, inLine, go, stop, pushes, events } = await team();
    const [first, bad, good] = [await member(true), await member(), await member()];
    const writes = [first.write()];
    await inLine(1);
    writes.push(bad.write(eventOperation('refused')));
    await inLine(2);
    writes.push(good.write());
    await inLine(3);
    go();
    const [, refused, ...others] = await Promise.all(writes);
    expect(refused).toMatchObject({ delivery: { kind: 'pending', error: { code: 'REFUSED' } }, kept: true });
    expect(others).toMatchObject([{ delivery: { kind: 'published' } }]);
    expect(events().filter((name) => name.includes('refused'))).toEqual([]);
    expect(events()).toHaveLength(2);
    for (const { store } of [first, good]) await store.close();
    // Tried again, it goes alone: nobody can build on it.
    const known = pushes().length;
    const before = line()?.commits.length;
    stop();
    const again = bad.publisher.publishAll(slowClock.now() + 120_000, new Set(), true);
    await until(() => pushes().length > known);
    expect(line()?.commits.length).toBe(before);
    go();
    await again;
    await bad.store.close();
  });

  it('a condition is decided on the commits that go along', async () => {
    const { member, inLine, go, remote } = await team();
    const [first, second] = [await member(true), await member()];
    const writes = [first.write(setOperation('deployment.phase', 'a'))];
    await inLine(1);
    const isA = { check: 'equals', path: ['deployment', 'phase'], value: 'a' } as const;
    writes.push(second.write(setOperation('deployment.phase', 'b', [isA])));
    go();
    expect(await Promise.all(writes)).toMatchObject(writes.map(() => ({ delivery: { kind: 'published' } })));
    expect(git(remote, 'show', 'main:deployments/d/state.yaml')).toContain('phase: b');
    for (const { store } of [first, second]) await store.close();
  });
});

describe('what waits in a clone', () => {
  const entryOf = (operation: Operation, more: Partial<OutboxEntry> = {}): OutboxEntry => ({
    ...{ name: `0-${operation.id}`, id: operation.id, operation, target: '', attempts: 0, error: null },
    ...more,
  });
  const newer = { 'kgit.yaml': 'apiVersion: kgit/v2\nkind: StateRepository\n' };

  it.each([
    ['an event', entryOf(eventOperation()), true],
    ['a change of the state', entryOf(setOperation('deployment.phase', 'b')), true],
    ['a change that is there already', entryOf(setOperation('deployment.phase', 'a')), false],
    [
      'a write under a lock',
      entryOf({ ...eventOperation(), claim: { name: 'a', lease: anId() } as never }),
      false,
    ],
    ['what was refused before', entryOf(eventOperation(), { refused: { times: 1, next: 0 } }), false],
  ])('%s can go along: %s', async (_what, entry, can) => {
    const store = new FaultyStore();
    await store.sneak({ [statePath('d')]: 'deployment:\n  phase: a\n' });
    const { revision } = await store.head();
    const plan = await planShared(store, revision ?? '', [entry]);
    expect(plan !== null).toBe(can);
  });

  it('does not go along on a repository of a newer kgit', async () => {
    const store = new FaultyStore();
    await store.sneak(newer);
    const { revision } = await store.head();
    expect(await planShared(store, revision ?? '', [entryOf(eventOperation())])).toBeNull();
    expect(await planShared(store, revision ?? '', [])).toBeNull();
  });
});

/** A clone that shares pushes by hand: `look` and `end` are called by the test. */
async function alone(remote: string, file: PushLineFile) {
  const path = cloneOf(remote);
  const store = await openGitStore(path, 'origin');
  const { sharedPushes: shared } = store;
  if (shared === undefined) throw new Error('a clone of a local path shares pushes');
  const { outbox } = repositoryOf(store);
  await outbox.add(eventOperation(), store.target);
  const head = (await store.head()).revision as string;
  const planOn = async (tip: string) => planBatch(store, tip, await outbox.list());
  const parts = { shared, record: file, clock: slowClock, refresh: async () => null };
  return { path, store, push: new SharedPush(parts, head, planOn), head };
}

describe('a clone that waits for its turn', () => {
  /** A line in which one clone has sent its commits. */
  async function waiting() {
    const { remote, go } = await team();
    go();
    const file = new PushLineFile(join(temporaryFolder(), 'line.json'), thisHost, slowClock, () => true);
    const sender = await alone(remote, file);
    const built = await sender.store.sharedPushes?.build(sender.head, [
      { ...BEGIN, files: new Map([['sent', 'x\n']]) },
    ]);
    const to = built?.revisions[0] ?? '';
    const commits = [{ from: sender.head, to, objects: built?.objects ?? '', at: slowClock.now() }];
    await file.change(async () => ({ commits, landed: 0, sent: 1 }), true);
    return { remote, file, sender, to, member: () => alone(remote, file) };
  }
  const counts = async (file: PushLineFile) => {
    const { commits, landed, sent } = await file.read();
    return [commits.length, landed, sent];
  };

  it('takes its commits back when it goes on without, and those behind them are gone', async () => {
    const { file, member } = await waiting();
    const [one, other] = [await member(), await member()];
    await one.push.look();
    await other.push.look();
    expect(await counts(file)).toEqual([3, 0, 1]);
    expect(await one.push.end(false, 60_000)).toBeNull();
    expect([await counts(file), one.push.mayHaveLanded]).toEqual([[1, 0, 1], false]);
    expect(await other.push.look()).toBe(false);
    expect(other.push.mayHaveLanded).toBe(true);
    for (const { store } of [one, other]) await store.close();
  });

  it('does not know what became of commits that were sent', async () => {
    const { file, member } = await waiting();
    const one = await member();
    await one.push.look();
    await file.change(async (line) => ({ ...line, sent: 2 }), true);
    expect(await one.push.end(false, 60_000)).toBeNull();
    expect([await counts(file), one.push.mayHaveLanded]).toEqual([[2, 0, 2], true]);
    await one.store.close();
  });

  it('gives up the line of a process that ended while it pushed', async () => {
    const { remote, file, member } = await waiting();
    const [one, two] = [await member(), await member()];
    await one.push.look();
    for (const each of [one, two]) expect(await each.push.end(true, 60_000)).toBeNull();
    expect([await counts(file), one.push.pushes, two.push.pushes]).toEqual([[0, 0, 0], 0, 0]);
    expect([one.push.mayHaveLanded, two.push.mayHaveLanded]).toEqual([true, false]);
    expect(git(remote, 'rev-list', '--count', 'main')).toBe('1');
    for (const { store } of [one, two]) await store.close();
  });

  it('pushes what others left in the line, and its own', async () => {
    const { remote, file, sender, to, member } = await waiting();
    const [one, two] = [await member(), await member()];
    await one.push.look();
    // The first push went through, and the second clone in the line has not had its turn.
    git(remote, 'fetch', '--quiet', sender.path, `${to}:refs/heads/main`);
    await file.change(async (line) => ({ ...line, landed: 1 }), true);
    const landed = await two.push.end(true, 60_000);
    expect([await counts(file), two.push.pushes]).toEqual([[3, 3, 3], 1]);
    expect(git(remote, 'rev-parse', 'main')).toBe(landed?.tip);
    expect(landed?.revisions).toEqual([landed?.tip]);
    expect(await one.push.look()).toBe(true);
    expect(await one.push.end(false, 60_000)).toMatchObject({ notes: [] });
    for (const { path, store } of [one, two]) {
      await store.workingCopy.follow();
      expect(git(path, 'status', '--porcelain')).toBe('');
      fsck(path);
      await store.close();
    }
  });

  it('does not go along where 32 others do', async () => {
    const { file, to, member } = await waiting();
    const known = await file.read();
    const more = Array.from({ length: 31 }, (_, i) => {
      const revision = (n: number) => (n === 0 ? to : n.toString(16).padStart(40, '0'));
      return { from: revision(i), to: revision(i + 1), objects: '/none', at: slowClock.now() };
    });
    await file.change(async (line) => ({ ...line, commits: [...line.commits, ...more] }), true);
    const one = await member();
    expect([await one.push.look(), await one.push.end(true, 60_000)]).toEqual([false, null]);
    expect((await file.read()).commits).toEqual([...known.commits, ...more]);
    await one.store.close();
  });

  it('waits alone if the clone that has the objects is gone', async () => {
    const { file, sender, member } = await waiting();
    rmSync(sender.path, { recursive: true });
    const one = await member();
    expect(await one.push.look()).toBe(false);
    expect(await counts(file)).toEqual([1, 0, 1]);
    expect([await one.push.end(true, 60_000), one.push.mayHaveLanded]).toEqual([null, false]);
    await one.store.close();
  });

  it('pushes nothing if a clone whose commits are to go along is gone', async () => {
    const { remote, file, sender, to, member } = await waiting();
    const [one, two] = [await member(), await member()];
    await one.push.look();
    await two.push.look();
    git(remote, 'fetch', '--quiet', sender.path, `${to}:refs/heads/main`);
    await file.change(async (line) => ({ ...line, landed: 1 }), true);
    await two.store.close();
    rmSync(two.path, { recursive: true });
    expect(await one.push.end(true, 60_000)).toBeNull();
    expect([await counts(file), one.push.pushes, one.push.mayHaveLanded]).toEqual([[1, 1, 1], 0, true]);
    await one.store.close();
  });
});
