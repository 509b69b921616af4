import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { BackgroundWriter } from '../../../src/app/legacy/background-writer.js';
import { scriptCalls, tellFailed } from '../../../src/app/legacy/serve-script.js';
import { NotFoundError, RemoteError } from '../../../src/errors.js';
import { deployment } from '../../../src/model/subject/subject.js';
import { systemClock, thisHost } from '../../../src/setup/this-host.js';
import { FolderLock } from '../../../src/store/local/folder-lock.js';
import { UnfinishedCalls } from '../../../src/store/local/unfinished-calls.js';
import { readEvents, readState } from '../../../src/store/read/records.js';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { memoryContext } from '../../support/memory-context.js';
import { FaultyStore } from '../../support/store-fixtures.js';

const STATE = 'state/deployment-state.yaml';

async function served(store = new FaultyStore(), filesUntil?: string) {
  const memory = memoryContext(filesUntil === undefined ? {} : { filesUntil }, store);
  const { opened, settings } = memory.context;
  const root = temporaryFolder();
  mkdirSync(join(root, 'state'));
  const notes: string[] = [];
  const writer = new BackgroundWriter(opened, settings, {
    clock: memory.clock,
    isOffline: false,
    note: (message) => notes.push(message),
  });
  const begin = () =>
    scriptCalls(memory.context, {
      writer: memory.writer,
      keep: (operation, again) => writer.keep(operation, again),
      environment: {},
      lock: new FolderLock(temporaryFolder(), thisHost, systemClock),
      now: () => memory.clock.now(),
    });
  const calls = await begin();
  const places = [
    root,
    'state',
    STATE,
    'state/deployment-events.yaml',
    'state/azure-state.yaml',
    'state/azure-events.yaml',
  ];
  const call = (name: string, ...args: string[]) => calls.serve([name, ...places, ...args]);
  return { ...memory, root, call, begin, writer, notes };
}

it('writes files and records at once, without the network, and publishes later', async () => {
  const store = new FaultyStore();
  const { root, call, writer, read } = await served(store);
  writeFileSync(join(root, STATE), 'deployment_id: d\nphase: a\n');
  expect(await call('update_state', 'phase', 'b')).toEqual({ status: 0, out: '', notes: '' });
  expect(await call('get_state', 'phase')).toEqual({ status: 0, out: 'b', notes: '' });
  expect(store.swaps).toBe(0);
  expect(await readState((await read()).reading.view, 'd')).toMatchObject({ deployment: { phase: 'b' } });
  await writer.finish();
  expect(store.swaps).toBe(1);
  const events = await readEvents((await read()).reading.view, deployment('d'));
  expect(events.map(({ head }) => head.action)).toEqual(['state_changed']);
  expect(events[0]?.read()).toMatchObject({ user: 'Ada', host: 'here' });
});

it('fails no call where nothing can be published, and says why once', async () => {
  const store = new FaultyStore();
  store.onSwap = () => {
    throw new RemoteError('the remote is away');
  };
  const { root, call, writer, notes, context } = await served(store);
  writeFileSync(join(root, STATE), 'deployment_id: d\n');
  expect((await call('update_state', 'phase', 'b')).status).toBe(0);
  await writer.finish();
  expect(notes.length).toBeLessThanOrEqual(1);
  expect(await context.opened.repository.outbox.size()).toBe(1);
});

it('records what a helper that died has left in the files, before the first call', async () => {
  const { root, begin, read, context } = await served();
  const path = join(root, 'state/deployment-events.yaml');
  await new UnfinishedCalls(context.opened.localFolder).begin({ folder: join(root, 'state'), paths: [path] });
  const entry = '{timestamp: "2025-07-11T13:30:00Z", action: left_over}';
  writeFileSync(path, `deployment_id: d\nevents:\n  - ${entry}\n`);
  await begin();
  const events = await readEvents((await read()).reading.view, deployment('d'));
  expect(events.map(({ head }) => head.action)).toEqual(['left_over']);
});

it('warns once of files that are written without kgit, from the day on that is set', async () => {
  const { root, call } = await served(new FaultyStore(), '2025-07-01');
  writeFileSync(join(root, STATE), 'deployment_id: d\nphase: a\n');
  expect((await call('get_state', 'phase')).notes).toContain('written without kgit');
  expect((await call('get_state', 'phase')).notes).toBe('');
});

it('tells the calls why the helper has failed, in one line', async () => {
  const folder = temporaryFolder();
  await tellFailed({ folder, pid: 1 }, new NotFoundError('no\nrepository'));
  expect(readFileSync(join(folder, 'failed'), 'utf8')).toBe('15\nno repository\n');
  await tellFailed({ folder, pid: 1 }, new Error('a fault'));
  expect(readFileSync(join(folder, 'failed'), 'utf8')).toBe('1\na fault\n');
});

it.each([
  ['nothing for a helper that died before it removed a file', false],
  ['the removal, once, for a helper that died after it removed one', true],
])('records %s', async (_what, isRemoved) => {
  const { root, call, begin, read, context } = await served();
  const state = join(root, STATE);
  writeFileSync(state, 'deployment_id: d\n');
  writeFileSync(join(root, 'state/other.yaml'), '');
  const { repository } = context.opened;
  const keep = repository.keep.bind(repository);
  repository.keep = async () => {
    throw new TypeError('killed');
  };
  await expect(call('cleanup_deployment_state', 'moved away')).rejects.toThrow('killed');
  repository.keep = keep;
  if (!isRemoved) writeFileSync(state, 'deployment_id: d\n');
  await begin();
  await begin();
  const removed = (await readEvents((await read()).reading.view, deployment('d'))).map((event) =>
    event.read(),
  );
  expect(removed.filter(({ action }) => action === 'state_removed').map(({ reason }) => reason)).toEqual(
    isRemoved ? ['moved away'] : [],
  );
});
