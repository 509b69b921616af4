import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeUlid } from '../../../src/model/value/ulid.js';
import { cloneOf, fsck, git, temporaryFolder } from '../../support/git-fixtures.js';
import { kgit, kgitJson, startKgit } from '../../support/kgit.js';
import { PATIENCE_MS } from '../../support/patience.js';
import {
  commits,
  expectFailure,
  expectPublished,
  expectResult,
  offlineClone,
  sharedState,
  stateRepository,
} from '../../support/state-repository.js';

const EVENTS = 60;
const FOLDER = 'clusters/default/kcm-system';
const idAt = (time: number, n: number) => makeUlid(time, BigInt(n));

/** Writes events of three clusters in April, May and June of 2025 as one operation; their ids. */
async function writeEvents(path: string): Promise<string[]> {
  const events = Array.from({ length: EVENTS }, (_, n) => {
    const id = idAt(Date.UTC(2025, 3 + (n % 3), 1 + (n % 20)), n);
    return { subject: `cluster/c${n % 4 ? 1 : 2}`, id, action: 'touched', notes: `a\n  b ${n}\n` };
  });
  const input = events.map((event) => JSON.stringify(event)).join('\n');
  await kgitJson(path, ['push-event', '--stdin'], { input });
  return events.map(({ id }) => id);
}

const files = (path: string) => git(path, 'ls-tree', '-r', '--name-only', 'main').split('\n');
const single = (path: string) => files(path).filter((file) => /\/2025-\d\d\//.test(file));

/** The ids of all events, in the order in which the time line tells them. */
async function told(path: string): Promise<string[]> {
  const { events } = await kgitJson(path, ['log', '--limit', '1000']);
  return events.map(({ id }: { id: string }) => id);
}

/** All is there once, nothing is broken, the checkout is clean. */
async function expectWhole(path: string, ids: readonly string[]): Promise<void> {
  expect((await told(path)).sort()).toEqual([...ids].sort());
  fsck(path);
  expect(git(path, 'status', '--porcelain')).toBe('');
}

describe('kgit compact', () => {
  it('seals closed months as one commit, once, and every command answers as before', async () => {
    const path = stateRepository();
    const ids = await writeEvents(path);
    await kgitJson(path, ['set', 'deployment.count=4', '--deployment', 'dep-a']);
    const ask = async () => [
      (await kgitJson(path, ['log', '--limit', '1000'])).events,
      (await kgitJson(path, ['log', 'c1', '--grep', 'B 7', '--reverse'])).events,
      (await kgitJson(path, ['log', 'c2', '--limit', '5', '--before', ids[40] as string])).events,
      (await kgitJson(path, ['list'])).items,
      (await kgitJson(path, ['get', 'deployment.count'])).value,
    ];
    const before = await ask();
    const count = commits(path);
    const dry = await kgitJson(path, ['compact', '--before', '2025-06', '--dry-run']);
    expect(dry).toMatchObject({ delivery: 'dry-run', files: 40, revision: null });
    expect(commits(path)).toBe(count);
    const json = await kgitJson(path, ['compact', '--before', '2025-06-30']);
    expectResult(json, 'Compact');
    expectPublished(json);
    expect(json.files).toBe(40);
    expect(json.sealed).toEqual(dry.sealed);
    expect(json.sealed[0]).toEqual({
      subject: 'cluster/default/kcm-system/c1',
      month: '2025-04',
      events: 15,
    });
    expect(single(path).every((file) => file.includes('/2025-06/'))).toBe(true);
    expect(single(path)).toHaveLength(20);
    await kgitJson(path, ['compact', '--before', 'today']);
    expect(single(path)).toEqual([]);
    expect(commits(path)).toBe(count + 2);
    expect(git(path, 'log', '-1', '--format=%s')).toMatch(/^compact: months before \d{4}-\d\d$/);
    expect(await ask()).toEqual(before);
    const again = await kgitJson(path, ['compact', '--before', 'today']);
    expect(again).toMatchObject({ delivery: 'unchanged', sealed: [], files: 0 });
    expect(commits(path)).toBe(count + 2);
    fsck(path);
    expect(git(path, 'status', '--porcelain')).toBe('');
  });

  it('keeps a late event beside the sealed month and joins it at the next; ids stay unique', async () => {
    const path = stateRepository();
    const ids = await writeEvents(path);
    await kgitJson(path, ['compact', '--before', 'today']);
    const repeat = [
      'push-event',
      'touched',
      '--cluster',
      'c2',
      '--notes',
      'a\n  b 0\n',
      '--id',
      ids[0] as string,
    ];
    expect(await kgitJson(path, repeat)).toMatchObject({ delivery: 'published', id: ids[0] });
    expectFailure(await kgit(path, [...repeat, '--reason', 'other', '--json']), 'CONFLICT', 12);
    const late = await kgitJson(path, [
      'push-event',
      'late',
      '--cluster',
      'c2',
      '--timestamp',
      '2025-04-30T00:00:00Z',
    ]);
    expect(late.path).toBe(`${FOLDER}/c2/events/2025-04/${late.id}-late.yaml`);
    expect(single(path)).toEqual([late.path]);
    await expectWhole(path, [...ids, late.id]);
    const json = await kgitJson(path, ['compact', '--before', 'today']);
    expect(json).toMatchObject({ files: 1, sealed: [{ month: '2025-04', events: 6 }] });
    expect(single(path)).toEqual([]);
    await expectWhole(path, [...ids, late.id]);
  });

  it('refuses a date that is not over yet, and none', async () => {
    const path = stateRepository();
    for (const date of ['9999-01', '9999-01-01', '2025-13', '2025-02-31', 'soon'])
      expectFailure(await kgit(path, ['compact', '--before', date, '--json']), 'USAGE', 2);
    expectFailure(await kgit(path, ['compact', '--json']), 'USAGE', 2);
  });

  it('waits in the outbox without a connection, and others see no difference', async () => {
    const path = offlineClone();
    const json = await kgitJson(path, ['compact', '--before', 'today']);
    expect(json).toMatchObject({ delivery: 'queued', sealed: [], repository: { pending: 1 } });
    const { operations } = await kgitJson(path, ['outbox']);
    expect(operations).toMatchObject([{ subject: null, action: 'compact' }]);
  });

  it('is told of a broken event by its file, and seals nothing', async () => {
    const file = `${FOLDER}/c1/events/2025-04/${idAt(Date.UTC(2025, 3, 1), 1)}-touched.yaml`;
    const path = stateRepository({ [file]: 'id: [\n' });
    const error = expectFailure(
      await kgit(path, ['compact', '--before', 'today', '--json']),
      'INVALID_STATE',
      14,
    );
    expect(error.message).toContain(file);
  });
});

/** A git that stops for good at a command, before or after it did it. */
function stoppingGit(word: string, when: 'before' | 'after'): { PATH: string; marker: string } {
  const folder = join(temporaryFolder(), 'bin');
  mkdirSync(folder);
  const marker = join(folder, 'stopped');
  const real = git('.', '--exec-path').replace(/\/lib.*$/, '/bin/git');
  const stop = `touch ${marker}; sleep 60; exit 1`;
  const act = when === 'before' ? stop : `${real} "$@"; ${stop}`;
  writeFileSync(
    join(folder, 'git'),
    `#!/bin/sh\ncase " $* " in *" ${word}"*) ${act};; esac\nexec ${real} "$@"\n`,
  );
  chmodSync(join(folder, 'git'), 0o755);
  return { PATH: `${folder}:${process.env['PATH']}`, marker };
}

describe('a compact that is killed', () => {
  it.each([
    // Its commit names few paths, a folder each, so kgit makes it without git.
    ['push', 'before'],
    ['push', 'after'],
    ['update-ref -m', 'after'],
    ['read-tree -m -u "[0-9a-f]"', 'before'],
    ['read-tree -m -u "[0-9a-f]"', 'after'],
  ] as const)('at %s, %s it, loses nothing: sync ends it', async (word, when) => {
    const remote = sharedState();
    const path = cloneOf(remote);
    const ids = await writeEvents(path);
    const { marker, ...env } = stoppingGit(word, when);
    const child = startKgit(path, ['compact', '--before', 'today'], { env });
    child.stdin.end();
    await expect.poll(() => existsSync(marker), { timeout: PATIENCE_MS }).toBe(true);
    child.kill('SIGKILL');
    await new Promise((ended) => child.on('exit', ended));
    await expectReadable(path, ids);
    await kgitJson(path, ['sync']);
    await expectWhole(path, ids);
    expect(single(path)).toEqual([]);
    expect(git(path, 'rev-parse', 'HEAD')).toBe(git(remote, 'rev-parse', 'main'));
    expect((await kgitJson(path, ['compact', '--before', 'today'])).delivery).toBe('unchanged');
    await kgitJson(path, ['push-event', 'after', '--cluster', 'c1']);
    expect((await told(path)).length).toBe(ids.length + 1);
  });
});

async function expectReadable(path: string, ids: readonly string[]): Promise<void> {
  expect((await told(path)).sort()).toEqual([...ids].sort());
}

describe('compacts and writers at once', () => {
  it('from two clones lose nothing and double nothing', async () => {
    const remote = sharedState();
    const clones = [cloneOf(remote), cloneOf(remote)];
    const ids = await writeEvents(clones[0] as string);
    const runs = await Promise.all(
      Array.from({ length: 24 }, (_, n) => {
        const late = [
          'push-event',
          'late',
          '--cluster',
          'c1',
          '--id',
          idAt(Date.UTC(2025, 3 + (n % 3), 5), 500 + n),
        ];
        const args = n % 6 === 0 ? ['compact', '--before', 'today'] : late;
        return kgit(clones[n % 2] as string, [...args, '--timeout', '3m', '--json']);
      }),
    );
    expect(runs.filter(({ code }) => code !== 0).map(({ stdout, stderr }) => stdout + stderr)).toEqual([]);
    const written = runs.flatMap(({ json }) => json.id ?? []);
    for (const clone of clones) {
      await kgitJson(clone, ['sync']);
      await expectWhole(clone, [...ids, ...written]);
    }
    await kgitJson(clones[1] as string, ['compact', '--before', 'today']);
    expect(single(remote)).toEqual([]);
    await expectWhole(clones[1] as string, [...ids, ...written]);
  });
});
