import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { KgitError, RefusedError, RemoteError } from '../../../src/errors.js';
import { deployment } from '../../../src/model/subject/subject.js';
import { checkOutbox } from '../../../src/store/doctor/doctor-outbox.js';
import { checkPushes } from '../../../src/store/doctor/doctor-pushes.js';
import { HeldLeases } from '../../../src/store/lease/held-leases.js';
import { setAsideDamaged } from '../../../src/store/local/damaged-files.js';
import { ImportedFiles, noteWritten } from '../../../src/store/local/imported-files.js';
import { UnfinishedCalls } from '../../../src/store/local/unfinished-calls.js';
import { WithheldValues } from '../../../src/store/local/withheld-values.js';
import { TrustedRevision } from '../../../src/store/read/trusted-revision.js';
import { temporaryFolder } from '../../support/git-fixtures.js';
import {
  eventOperation,
  FaultyStore,
  fakeClock,
  repositoryOf,
  setOperation,
  T0,
} from '../../support/store-fixtures.js';

const options = {
  queue: false,
  requirePublish: false,
  dryRun: false,
  withdraw: false,
  deadline: T0 + 60_000,
};
const FILE = '/scripts/deployment-state.yaml';
const lease = {
  action: 'acquire' as const,
  name: 'net',
  token: 3,
  lease: '01JZXK5B7Q3M8N2V4C6D9F0G1H',
  holder: { name: 'ada', host: 'here' },
  acquiredAt: T0,
  at: T0,
  ttl: 60_000,
  nonce: 'n',
  length: 1,
};
const imported = {
  path: FILE,
  subject: 'deployment/d',
  family: 'deployment',
  sha256: 'abc',
  mtimeMs: T0,
  values: { a: 1 },
  sealed: { 'file:deployment:a': 'x' },
  carrier: { subject: 'deployment/d', id: lease.lease },
  edits: [{ path: ['a'], value: 2 }],
};

/** All that a clone keeps for itself, in a folder. */
async function fill(folder: string): Promise<void> {
  const store = new FaultyStore();
  const { repository, outbox } = repositoryOf(store, fakeClock(), folder);
  repository.keepPublished(60_000);
  await repository.write(setOperation('deployment.phase', 'a'), options);
  const [refused, ended, rejected, waits] = [
    eventOperation('a'),
    eventOperation('b'),
    eventOperation('c'),
    eventOperation('d'),
  ];
  for (const operation of [refused, ended, rejected, waits]) await outbox.add(operation, store.target);
  await outbox.recordTrouble({ id: refused.id, attempts: 1 }, 1, new RefusedError('no'), {
    times: 1,
    next: T0,
  });
  const sealing = {
    sealed: [{ subject: 'deployment/d', month: '2025-01', events: 2 }],
    files: 2,
    tooLarge: [],
  };
  const change = { path: 'deployment.phase', before: 1, after: 2 };
  const done = { attempts: 1, changes: [change], duplicates: [lease.lease], sealing };
  await outbox.report(ended.id, { kind: 'published', revision: 'r', ...done });
  await outbox.report(rejected.id, { kind: 'rejected', error: new RefusedError('never'), attempts: 1 });
  await outbox.report(waits.id, {
    kind: 'pending',
    error: new RemoteError('later'),
    attempts: 1,
    unknown: false,
  });
  const told = {
    from: 'a',
    to: 'b',
    removed: 1,
    cause: 'moved',
    operations: [lease.lease],
    target: store.target,
  };
  writeFileSync(join(folder, 'rewrites'), JSON.stringify({ version: 1, untold: [told] }));
  const gone = { hostname: 'here', bootId: 'boot-0', pid: 1, processStart: 'x', nonce: 'n' };
  writeFileSync(join(folder, 'publish.lock'), JSON.stringify(gone));
  const held = new HeldLeases(folder);
  const tip = { version: 'v', record: lease };
  await held.add({ tip, isShared: true });
  await held.seenSince(tip, T0);
  await held.tokens.note('net', 3);
  await new ImportedFiles(folder, async () => true).note(imported);
  await new WithheldValues(folder).put(
    deployment('d'),
    new Map([
      ['a', 'x'],
      ['b', 'y'],
    ]),
  );
  await new WithheldValues(folder).put(deployment('d'), new Map([['b', undefined]]));
  await new UnfinishedCalls(folder).begin({ folder: '/scripts', paths: [FILE] });
  await new TrustedRevision(folder, store.target).write('0'.repeat(40));
}

/** What commands do with it: opening sets aside what is damaged; then one writes, reads, publishes and looks. */
async function use(folder: string): Promise<void> {
  await setAsideDamaged(folder);
  const store = new FaultyStore();
  const clock = fakeClock();
  const { repository, outbox, pushes } = repositoryOf(store, clock, folder);
  repository.keepPublished(60_000);
  const outcome = await repository.write(eventOperation('after'), options);
  // A lock of another machine's is respected: nobody can tell whether its process lives.
  if (!isOfAnotherHost(folder)) expect(outcome.delivery).toBe('published');
  await repository.read('always', 1_000);
  await repository.rewrites.take();
  const waiting = await outbox.list();
  for (const { id } of waiting) await repository.standing(id).catch(ofKgit);
  for (const { name } of await outbox.listPublished())
    await outbox.requeue(name.slice(-26), new RemoteError('lost'));
  const report = await repository.sync(clock.now() + 60_000);
  expect(report.error?.code).not.toBe('INTERNAL');
  await outbox.forgetOld(clock.now() + 86_400_000);
  checkOutbox(await outbox.list(), store.target, clock.now());
  checkPushes(await pushes.read());
  const held = new HeldLeases(folder);
  await held.claims();
  await held.seenSince({ version: 'v', record: lease }, T0);
  await held.tokens.highest('net');
  const files = new ImportedFiles(folder, async () => true);
  await files.last(FILE);
  await files.all();
  await files.note({ ...imported, sha256: 'def' });
  await noteWritten(folder, FILE, [{ path: ['b'], value: 1 }], (_, edit) => edit);
  await new WithheldValues(folder).all(deployment('d'));
  const calls = new UnfinishedCalls(folder);
  await calls.all();
  await calls.end('/scripts');
  await calls.begin({ folder: '/scripts', paths: [] });
  await new TrustedRevision(folder, store.target).read();
}

function isOfAnotherHost(folder: string): boolean {
  const lock = join(folder, 'publish.lock');
  return existsSync(lock) && JSON.parse(readFileSync(lock, 'utf8')).hostname !== 'here';
}

function ofKgit(error: unknown): void {
  expect(error).toBeInstanceOf(KgitError);
  expect((error as KgitError).code).not.toBe('INTERNAL');
}

/** What stands in the place of a value: a value of each kind in turn, or nothing. */
const ODD: readonly unknown[] = ['odd', null, undefined, 7.5, [null], { odd: 1 }];

/** JSON values that differ from this one in one place each, every place of it once. */
function* misshapen(value: unknown, turn = { next: 0 }): Generator<unknown> {
  yield ODD[turn.next++ % ODD.length];
  if (typeof value !== 'object' || value === null) return;
  for (const key of Object.keys(value))
    for (const wrong of misshapen((value as Record<string, unknown>)[key], turn))
      yield Array.isArray(value) ? value.with(Number(key), wrong) : { ...value, [key]: wrong };
}

let whole = '';
const filled: string[] = [];
beforeAll(async () => {
  whole = temporaryFolder();
  await fill(whole);
  for (const entry of readdirSync(whole, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) filled.push(relative(whole, join(entry.parentPath, entry.name)));
});

async function useDamaged(file: string, damage: (path: string) => void, what: string): Promise<void> {
  const folder = join(temporaryFolder(), 'kgit');
  cpSync(whole, folder, { recursive: true });
  damage(join(folder, file));
  await use(folder).catch((error: unknown) => {
    throw new Error(`${file}: ${what}`, { cause: error });
  });
  rmSync(folder, { recursive: true });
}

const DAMAGES: Readonly<Record<string, (path: string) => void>> = {
  empty: (path) => writeFileSync(path, ''),
  binary: (path) => writeFileSync(path, Buffer.from([0, 255, 254, 10, 123, 34, 0, 200, 10, 32, 10])),
  'half of it': (path) => writeFileSync(path, readFileSync(path).subarray(0, statSync(path).size / 2)),
  'another JSON': (path) => writeFileSync(path, '[null, {"a": 1}]\n'),
  'a folder': (path) => {
    rmSync(path);
    mkdirSync(join(path, 'inside'), { recursive: true });
  },
};

/** One file of each folder, and those that lie in none. */
function firstOfEach(files: readonly string[]): string[] {
  return [...new Map(files.map((file) => [file.split('/')[0], file])).values()];
}

describe('every file of a local folder', () => {
  it.each(Object.keys(DAMAGES))('is forgiven where it is %s', async (what) => {
    const folders = new Set(filled.map((file) => file.split('/')[0]));
    expect(folders.size).toBeGreaterThanOrEqual(13);
    for (const file of filled) await useDamaged(file, DAMAGES[what] as (path: string) => void, what);
  });

  it('is forgiven where one value in it is another, or is missing', async () => {
    for (const file of firstOfEach(filled)) {
      const lines = readFileSync(join(whole, file), 'utf8').split('\n');
      for (const [i, line] of lines.entries()) {
        if (!line.startsWith('{')) continue;
        for (const wrong of misshapen(JSON.parse(line))) {
          const text = lines.with(i, JSON.stringify(wrong) ?? '').join('\n');
          await useDamaged(file, (path) => writeFileSync(path, text), text);
        }
      }
    }
  });
});
