/** The embedded git, whose process ends at each of its steps that touch the disk or the network. */
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EmbeddedOptions } from '../../src/gitstore/embedded/embedded-store.js';
import { parseGitConfig } from '../../src/gitstore/embedded/git-config.js';
import { httpAccess } from '../../src/gitstore/embedded/http-access.js';
import type { Backend } from '../../src/store/port/backend.js';
import type { LockMove } from '../../src/store/port/lease-store.js';
import type { Commit, SwapOutcome } from '../../src/store/port/state-store.js';
import { type CuttingServer, startCuttingServer } from '../support/campaign/cutting-server.js';
import { EndingProcess } from '../support/campaign/ending-process.js';
import { killAtSome } from '../support/campaign/kill-at-some.js';
import { KillLane, type KillPoint } from '../support/campaign/kill-lane.js';
import { Random } from '../support/campaign/random.js';
import { count, isLong, seed } from '../support/campaign/size.js';
import { killedAt, traced } from '../support/campaign/strace.js';
import { startWriting, writingProgram } from '../support/campaign/writing-program.js';
import { openEmbedded } from '../support/embedded-git.js';
import { bareRepository, fsck, git } from '../support/git-fixtures.js';
import type { KgitOptions } from '../support/kgit.js';
import { acquisition } from '../support/lease-contract.js';
import { openGitStore } from '../support/open-git-store.js';
import { commit, swapAll } from '../support/store-contract.js';

const MS = 60_000;
/** Of so many steps, one is tried; the seed says which. */
const OF = count('CAMPAIGN_STEPS_OF', 24, 1);
/** Kills of a process before its system calls, and how often that process writes. */
const KILLS = count('CAMPAIGN_KILLS', 2, 100_000);
const WRITES = 3;
const NOTE = `CAMPAIGN_SEED=${seed}`;
const AUTHOR = { name: 'Ada', email: 'ada@example.com' };
const BASE = commit({ 'a/base': '1', 'a/b/c': '' });
const MINE: readonly Commit[] = [commit({ 'a/one': '1', 'x/y': '' }), commit({ 'a/two': '2' })];
const OTHER = commit({ 'a/b/other': '1' });

/** Takes a lock and writes under it, in one swap, on top of what the remote has. */
async function write(store: Backend): Promise<SwapOutcome> {
  await store.workingCopy?.settle();
  const { revision } = await store.refresh(MS);
  const from = await store.leases.read('net', MS);
  const move: LockMove = {
    name: 'net',
    from,
    records: [acquisition(from?.record ?? null, 'net')],
    author: AUTHOR,
  };
  return store.swap(revision, MINE, MS, [move]);
}

const lockOf = (path: string) => git(path, 'for-each-ref', '--format=%(refname)', 'refs/kgit/locks');
const hasMine = (path: string) => /^a\/two$/m.test(git(path, 'ls-tree', '-r', '--name-only', 'main'));

/** Files that block others: locks, and the records of them. */
const leftovers = (path: string) =>
  readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) => /\.lock$|ref-locks\//.test(name));

let made = 0;
/** A copy beside the model. */
function copyOf(model: string): string {
  const copy = join(dirname(model), `copy-${++made}-${basename(model)}`);
  cpSync(model, copy, { recursive: true });
  return copy;
}

/**
 * Runs work once to its end, and once up to each of its steps, or to some of them; then the power is cut.
 * @param always the steps that are tried each time
 */
async function atEachStep(
  work: (process: EndingProcess) => Promise<void>,
  check: (process: EndingProcess, note: string) => Promise<void>,
  always = /^$/,
): Promise<void> {
  const whole = new EndingProcess(Number.POSITIVE_INFINITY);
  await whole.run(() => work(whole));
  await whole.cutPower();
  await check(whole, 'not killed');
  const places = whole.steps
    .map((step, i) => ({ step, at: i + 1 }))
    .filter(({ step, at }) => (at + seed) % OF === 0 || always.test(step));
  expect(places.length).toBeGreaterThan(0);
  for (const { step, at } of places) {
    const process = new EndingProcess(at);
    await process.run(() => work(process));
    await process.cutPower();
    await check(process, `ended before ${step} (${at}), ${NOTE}`);
  }
  console.info(`${places.length} kills of ${whole.steps.length} steps (${NOTE})`);
}

describe('the embedded git, ended at its steps', () => {
  it(`in a repository of its own, leaves branch and lock moved together or not at all, and blocks nobody (${NOTE})`, async () => {
    const model = bareRepository();
    await swapAll((await openEmbedded(model)).store, null, [BASE]);
    const places = new Map<EndingProcess, string>();
    const work = async (process: EndingProcess) => {
      const path = copyOf(model);
      places.set(process, path);
      const { store } = await openEmbedded(path, null, { fs: process.fs, host: process.host });
      expect((await write(store)).kind).toBe('swapped');
    };
    await atEachStep(
      work,
      async (process, note) => {
        const path = places.get(process) ?? '';
        fsck(path);
        const { store } = await openEmbedded(path);
        await store.workingCopy.settle();
        expect(leftovers(path), note).toEqual([]);
        expect(lockOf(path) !== '', note).toBe(hasMine(path));
        if (!hasMine(path)) expect((await write(store)).kind, note).toBe('swapped');
        expect(git(path, 'rev-list', '--count', 'main'), note).toBe('3');
        git(path, 'pack-refs', '--all');
        const theirs = await openGitStore(path);
        await swapAll(theirs, (await theirs.head()).revision, [commit({ last: '' })]);
        await theirs.close();
        fsck(path);
      },
      /(?:link|rename|unlink|sync|write) .*\.lock$/,
    );
  }, 3_600_000);
});

describe('the embedded git, ended at its steps in a clone over http,', () => {
  let server: CuttingServer;
  let remoteModel: string;
  beforeAll(async () => {
    remoteModel = bareRepository();
    server = await startCuttingServer(remoteModel);
  });
  afterAll(() => server.stop());

  const urlOf = (remote: string) => server.url.replace(/[^/]+$/, basename(remote));
  function point(clone: string, remote: string): void {
    const config = join(clone, 'config');
    writeFileSync(config, readFileSync(config, 'utf8').replace(/url = .*/, `url = ${urlOf(remote)}`));
  }
  /** What a process works with in a clone. */
  async function means(process: EndingProcess, remote: string): Promise<Partial<EmbeddedOptions>> {
    const place = await httpAccess(urlOf(remote), new Map(parseGitConfig('')), {});
    const own = { ...place, client: process.client(place.client) };
    return { fs: process.fs, host: process.host, remote: { name: 'origin', place: own } };
  }

  /** A clone that lacks the last commit of its remote. */
  async function models(...settings: readonly (readonly [string, string])[]): Promise<string> {
    const clone = bareRepository();
    git(clone, 'remote', 'add', 'origin', urlOf(remoteModel));
    const mine = await openEmbedded(clone, 'origin');
    if ((await mine.store.refresh(MS)).revision === null) await swapAll(mine.store, null, [BASE]);
    for (const [key, value] of settings) git(clone, 'config', key, value);
    return clone;
  }

  it(`has published all of its push or nothing, and the next process goes on (${NOTE})`, async () => {
    const cloneModel = await models();
    const other = (await openEmbedded(await models(), 'origin')).store;
    await swapAll(other, (await other.refresh(MS)).revision, [OTHER]);
    const places = new Map<EndingProcess, readonly [remote: string, clone: string]>();
    const work = async (process: EndingProcess) => {
      const [remote, clone] = [copyOf(remoteModel), copyOf(cloneModel)];
      point(clone, remote);
      places.set(process, [remote, clone]);
      const { store } = await openEmbedded(clone, 'origin', await means(process, remote));
      expect((await write(store)).kind).toBe('swapped');
    };
    await atEachStep(work, async (process, note) => {
      const [remote = '', clone = ''] = places.get(process) ?? [];
      for (const path of [remote, clone]) fsck(path);
      expect(lockOf(remote) !== '', note).toBe(hasMine(remote));
      const { store } = await openEmbedded(clone, 'origin');
      await store.workingCopy.settle();
      expect(leftovers(clone), note).toEqual([]);
      if (!hasMine(remote)) expect((await write(store)).kind, note).toBe('swapped');
      expect(git(remote, 'rev-list', '--count', 'main'), note).toBe('4');
      const theirs = await openGitStore(clone, 'origin');
      await swapAll(theirs, (await theirs.refresh(MS)).revision, [commit({ last: '' })]);
      await theirs.close();
      for (const path of [remote, clone]) fsck(path);
    });
  }, 3_600_000);

  it(`and in a shallow partial clone, has fetched all or nothing (${NOTE})`, async () => {
    const cloneModel = await models(
      ['core.repositoryformatversion', '1'],
      ['extensions.partialclone', 'origin'],
      ['remote.origin.promisor', 'true'],
      ['remote.origin.partialclonefilter', 'tree:4'],
    );
    git(remoteModel, 'config', 'uploadpack.allowFilter', 'true');
    git(remoteModel, 'config', 'uploadpack.allowAnySHA1InWant', 'true');
    const other = (await openEmbedded(await models(), 'origin')).store;
    for (const n of ['1', '2', '3'])
      await swapAll(other, (await other.refresh(MS)).revision, [commit({ n })]);
    const places = new Map<EndingProcess, string>();
    const fetchTip = async (clone: string, more: Partial<EmbeddedOptions>) => {
      const { remote } = await openEmbedded(clone, 'origin', more);
      return remote?.fetch(['+refs/heads/main:refs/kgit/remote/main'], { timeoutMs: MS, depth: 'tip' });
    };
    const work = async (process: EndingProcess) => {
      const clone = copyOf(cloneModel);
      places.set(process, clone);
      expect(await fetchTip(clone, await means(process, remoteModel))).toMatchObject({ code: 0 });
    };
    await atEachStep(work, async (process, note) => {
      const clone = places.get(process) ?? '';
      fsck(clone);
      expect(await fetchTip(clone, {}), note).toMatchObject({ code: 0 });
      const { store } = await openEmbedded(clone, 'origin');
      await store.workingCopy.settle();
      const { revision } = await store.head();
      expect(revision, note).toBe(git(remoteModel, 'rev-parse', 'main'));
      expect(await store.view(revision).read('n'), note).toBe('3');
      expect(leftovers(clone), note).toEqual([]);
      fsck(clone);
    });
  }, 3_600_000);
});

it(`a writer without git, killed before some of its system calls, loses nothing and blocks nobody (${NOTE})`, async () => {
  const program = await writingProgram('git-writer');
  const write = (path: string, options: KgitOptions) =>
    startWriting(program, ['git-embedded', path, 'w', WRITES], options);
  const begun = async () => {
    const path = bareRepository();
    await swapAll((await openEmbedded(path)).store, null, [BASE]);
    return path;
  };
  const watched = traced();
  await write(await begun(), watched).ended;
  const points = watched.points();
  expect(points.length).toBeGreaterThan(50);
  const kills = await killAtSome(points, KILLS, new Random(seed), async (point) => {
    const note = `before ${point.call} ${point.nth}, ${NOTE}`;
    const path = await begun();
    const writing = write(path, killedAt(point));
    await writing.ended;
    const told = writing.told().length;
    fsck(path);
    const there = git(path, 'rev-list', 'main').split('\n');
    expect(
      writing.told().filter((revision) => !there.includes(revision)),
      note,
    ).toEqual([]);
    expect(there.length - 1 - told, note).toBeLessThan(2);
    const { store } = await openEmbedded(path);
    await store.workingCopy.settle();
    expect(leftovers(path), note).toEqual([]);
    const theirs = await openGitStore(path);
    await swapAll(theirs, (await theirs.head()).revision, [commit({ theirs: '' })]);
    await theirs.close();
    await swapAll(store, (await store.head()).revision, [commit({ ours: '' })]);
    fsck(path);
    return told < WRITES;
  });
  console.info(`${kills} (${NOTE})`);
}, 7_200_000);

it(`kgit without git, killed at ${KILLS} points of a write to a clone, loses nothing and doubles nothing (${NOTE})`, async () => {
  // However slow the machine is, no write looks for the tip before its time: the points stay where they are.
  process.env['KGIT_READ_MAX_AGE'] = '1d';
  const lane = await KillLane.open('embedded', 'git-embedded');
  // A push whose answer is cut off takes another way: in the long form alone.
  const ways = isLong ? [false, true] : [false];
  const points: KillPoint[] = [];
  for (const isCut of ways) points.push(...(await lane.points('write', isCut)));
  const names = points.map(({ name }) => name).join('\n');
  for (const step of ['(outbox)', '(publish)', '(ref-locks)', '(fetched-at)', '(results)'])
    expect(names).toContain(step);
  const kills = await killAtSome(points, KILLS, new Random(seed), (point) => lane.killAt('write', point));
  await lane.close(NOTE);
  console.info(`${kills} of kgit (${NOTE})`);
}, 7_200_000);
