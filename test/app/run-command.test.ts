import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type RunIntent, type RunParts, runCommand } from '../../src/app/run-command.js';
import type { WriteTerms } from '../../src/app/write/writing.js';
import { asKgitError } from '../../src/cli/base/failure.js';
import { EnvironmentError, RefusedError, RemoteError } from '../../src/errors.js';
import { claimOf } from '../../src/model/lease/lease.js';
import { cluster } from '../../src/model/subject/subject.js';
import { readEvents } from '../../src/store/read/records.js';
import { temporaryFolder } from '../support/git-fixtures.js';
import { memoryWriting } from '../support/memory-writing.js';
import { FaultyStore } from '../support/store-fixtures.js';

const PROD = cluster('default', 'kcm-system', 'prod');

/** Runs commands, in real processes, over a store that is remote. */
async function runs(terms: WriteTerms = {}, store = new FaultyStore(), runId: string | null = 'run-1') {
  const memory = memoryWriting({}, store);
  let current = await memory.writing({ terms });
  const told: string[] = [];
  const run = async (
    command: readonly string[],
    more: Partial<RunIntent> = {},
    parts: Partial<RunParts> = {},
  ) =>
    runCommand(
      {
        command,
        subject: { cluster: 'prod' },
        fields: { action: 'deploy' },
        parameters: { size: 4 },
        stdout: 'stderr',
        ...more,
      },
      {
        writing: () => ({
          ...current,
          writer: { ...memory.writer(), run: { id: runId ?? undefined, url: null } },
        }),
        clock: memory.clock,
        asError: asKgitError,
        onLost: ({ code }) => told.push(code),
        onRecorded: async () => void told.push('recorded'),
        ...parts,
      },
    );
  const events = async () => {
    const { view } = (await memory.read()).reading;
    return (await readEvents(view, PROD)).map((event) => event.read());
  };
  const refresh = async (changed: WriteTerms) => {
    current = await memory.writing({ terms: changed });
  };
  const { outbox } = memory.context.opened.repository;
  return { ...memory, run, events, told, refresh, waiting: () => outbox.size() };
}
const sh = (script: string) => ['sh', '-c', script];

it('publishes a start and an end with exit code, duration and run id, in one push', async () => {
  const store = new FaultyStore();
  const { run, events, told, waiting } = await runs({}, store);
  const done = await run(sh('test "$KGIT_RUN_ID" = run-1'));
  expect(done).toMatchObject({
    started: { outcome: 'started', delivery: 'published', subject: 'cluster/default/kcm-system/prod' },
    ended: { outcome: 'succeeded', delivery: 'published' },
    end: { exitCode: 0, signal: null },
    error: null,
    isInterrupted: false,
  });
  expect(await events()).toMatchObject([
    { id: done.started.id, parameters: { size: 4 }, run_id: 'run-1' },
    { id: done.ended?.id, parameters: { size: 4, exit_code: 0 }, run_id: 'run-1' },
  ]);
  expect((await events())[0]).not.toHaveProperty('duration_seconds');
  expect(store.swaps).toBe(1);
  expect(await waiting()).toBe(0);
  expect(told).toEqual(['recorded']);
});

it('makes a run id for both events and the command where there is none', async () => {
  const { run, events } = await runs({}, new FaultyStore(), null);
  const out = join(temporaryFolder(), 'out');
  await run(sh(`printf %s "$KGIT_RUN_ID" > '${out}'`));
  const id = readFileSync(out, 'utf8');
  expect(id).toMatch(/^[0-9A-Z]{26}$/);
  expect((await events()).map((event) => event.run_id)).toEqual([id, id]);
});

it.each([
  [sh('exit 7'), { exit_code: 7 }],
  [sh('kill -TERM $$'), { exit_code: 143, signal: 'SIGTERM' }],
  [['/nowhere/there'], { exit_code: 127 }],
  [[temporaryFolder()], { exit_code: 126 }],
])('records how %j failed', async (command, parameters) => {
  const { run, events } = await runs();
  const done = await run(command, { parameters: {} });
  expect(done.end?.exitCode).toBe(parameters.exit_code);
  expect((await events())[1]).toMatchObject({ outcome: 'failed', parameters });
});

it('keeps the start durably before the command runs', async () => {
  const { run, context } = await runs();
  const out = join(temporaryFolder(), 'out');
  await run(sh(`ls '${context.opened.localFolder}/outbox' | wc -l > '${out}'`));
  expect(readFileSync(out, 'utf8').trim()).toBe('1');
});

it('runs nothing in a dry run, and nothing where the start cannot be kept', async () => {
  const { run, events, refresh, context } = await runs({ dryRun: true });
  const mark = join(temporaryFolder(), 'mark');
  expect(await run(['touch', mark])).toMatchObject({
    started: { delivery: 'dry-run' },
    ended: null,
    end: null,
  });
  await refresh({});
  context.opened.repository.keep = async () => {
    throw new EnvironmentError('the disk is full');
  };
  await expect(run(['touch', mark])).rejects.toThrow('the disk is full');
  expect(() => readFileSync(mark)).toThrow('ENOENT');
  expect(await events()).toEqual([]);
});

it('uses no network with queue', async () => {
  const store = new FaultyStore();
  const { run, notes, waiting } = await runs({ queue: true }, store);
  const done = await run(['true']);
  expect([done.started.delivery, done.ended?.delivery]).toEqual(['queued', 'queued']);
  expect(notes).toEqual(['queued here; publish it with kgit sync']);
  expect([store.swaps, await waiting()]).toEqual([0, 2]);
});

it('leaves both events in the outbox while the remote is away, which is an error only if they must be published', async () => {
  const store = new FaultyStore();
  const away = new RemoteError('the remote is away');
  store.onSwap = () => ({ kind: 'unreachable', error: away });
  const { run, refresh, waiting, notes } = await runs({}, store);
  expect(await run(sh('exit 5'))).toMatchObject({
    started: { delivery: 'queued', revision: null },
    ended: { delivery: 'queued', revision: null },
    end: { exitCode: 5 },
    error: null,
  });
  expect(notes.join()).toContain('not published yet: the remote is away');
  await refresh({ requirePublish: true });
  expect(await run(['true'])).toMatchObject({ error: { code: 'REMOTE' }, ended: { delivery: 'queued' } });
  expect(await waiting()).toBe(4);
});

it('keeps both events that a protected branch refused, and tells the way around it', async () => {
  const store = new FaultyStore();
  const refused = new RefusedError('main is protected', { data: { branch: 'main' } });
  store.onSwap = () => ({ kind: 'refused', error: refused });
  const { run, waiting } = await runs({}, store);
  const { error } = await run(['true']);
  expect(error).toBeInstanceOf(RefusedError);
  expect(error?.suggestions.join()).toContain('kgit run --propose');
  expect(await waiting()).toBe(2);
});

it('knows that the start was published by somebody else while the command ran', async () => {
  const { run, context, clock } = await runs();
  const { repository } = context.opened;
  const close = repository.close.bind(repository);
  repository.close = async () => {
    await close();
    await repository.sync(clock.now() + 1000);
  };
  expect(await run(['true'])).toMatchObject({
    started: { delivery: 'published' },
    ended: { delivery: 'published' },
    error: null,
  });
});

it('never throws once the command has run: an end that cannot be kept is in the result', async () => {
  const { run, context } = await runs();
  const { repository } = context.opened;
  const keep = repository.keep.bind(repository);
  let calls = 0;
  repository.keep = async (operation) => {
    calls += 1;
    if (calls > 1) throw new EnvironmentError('the disk is full');
    await keep(operation);
  };
  const done = await run(sh('exit 6'));
  expect(done).toMatchObject({ ended: null, end: { exitCode: 6 }, error: { code: 'ENVIRONMENT' } });
});

it('begins nothing without its lease, and publishes the start before the command under it', async () => {
  const store = new FaultyStore();
  const { run, context, writing, ids, refresh, told } = await runs({}, store);
  const { leases } = context.opened;
  const { writer } = await writing();
  const by = { holder: { name: 'ada', host: 'here' }, author: writer.actor, mustTell: false };
  const tell = () => {
    throw new Error('nobody ends it');
  };
  const wanted = { ...by, tell, name: 'net', ttl: 60_000, wait: 0, onWait: () => undefined };
  const { record } = await leases.acquire({ ...wanted, lease: ids.next(), isShared: true }, 1000);
  await refresh({ lock: 'net' });
  const swaps = store.swaps;
  const done = await run(['true']);
  expect(done).toMatchObject({ started: { delivery: 'published' }, ended: { delivery: 'published' } });
  expect(store.swaps - swaps).toBeGreaterThanOrEqual(2);
  await leases.release(claimOf(record), writer.actor, 1000);
  const mark = join(temporaryFolder(), 'mark');
  await expect(run(['touch', mark])).rejects.toMatchObject({
    code: expect.stringMatching(/CONFLICT|LOCK_HELD/),
  });
  expect(() => readFileSync(mark)).toThrow('ENOENT');
  expect(told).toEqual(['recorded']);
});
