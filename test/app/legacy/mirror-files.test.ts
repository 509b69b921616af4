import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { BackgroundWriter } from '../../../src/app/legacy/background-writer.js';
import { mergeHost } from '../../../src/app/legacy/merge-host.js';
import { type MirrorParts, mirrorFiles } from '../../../src/app/legacy/mirror-files.js';
import { RemoteError } from '../../../src/errors.js';
import { cluster } from '../../../src/model/subject/subject.js';
import { systemClock, thisHost } from '../../../src/setup/this-host.js';
import { FolderLock } from '../../../src/store/local/folder-lock.js';
import { readEvents } from '../../../src/store/read/records.js';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { memoryContext } from '../../support/memory-context.js';
import { until } from '../../support/patience.js';
import { FaultyStore } from '../../support/store-fixtures.js';

const HEAD = 'cluster_name: my-cluster\nevents:\n';
const entry = (action: string) => `  - {timestamp: "2025-07-11T14:30:00Z", action: ${action}}\n`;

function mirror(store = new FaultyStore()) {
  const memory = memoryContext({}, store);
  const { opened, settings } = memory.context;
  const root = temporaryFolder();
  mkdirSync(join(root, 'state'));
  const told: string[] = [];
  const writer = new BackgroundWriter(opened, settings, {
    clock: memory.clock,
    isOffline: false,
    note: (message) => told.push(message),
  });
  const parts: MirrorParts = {
    host: mergeHost(memory.context, memory.writer, (operation) => writer.keep(operation), {}),
    writer,
    lock: new FolderLock(temporaryFolder(), thisHost, systemClock),
    clock: memory.clock,
    waiting: () => opened.repository.outbox.size(),
    onConflict: ({ path }) => told.push(path),
    onBroken: (path) => told.push(path),
  };
  const actions = async () => {
    const { revision } = await store.head();
    const events = await readEvents(store.view(revision), cluster('default', 'kcm-system', 'my-cluster'));
    return events.map(({ head }) => head.action);
  };
  const log = join(root, 'state/cluster-my-cluster-events.yaml');
  return { root, log, parts, told, actions, opened };
}

it('merges once, publishes it, and reports a broken file at once', async () => {
  const { root, log, parts, told, actions } = mirror();
  writeFileSync(log, HEAD + entry('first'));
  expect(await mirrorFiles(root, parts)).toMatchObject([{ events: { new: 1 } }]);
  expect(await actions()).toEqual(['first']);
  expect(told).toEqual([]);
  appendFileSync(log, '  - {');
  expect(await mirrorFiles(join(root, 'state'), parts)).toMatchObject([{ error: { code: 'INVALID_STATE' } }]);
  expect(told).toEqual([expect.stringContaining('cluster-my-cluster-events.yaml')]);
});

it('keeps durably what it cannot publish', async () => {
  const store = new FaultyStore();
  store.onSwap = () => ({ kind: 'unreachable', error: new RemoteError('away'), unknown: false }) as never;
  const { root, log, parts, opened } = mirror(store);
  writeFileSync(log, HEAD + entry('first'));
  await mirrorFiles(root, parts);
  expect(await opened.repository.outbox.size()).toBe(1);
});

it('throws where there are no files, but waits for them where it watches', async () => {
  const { root, parts, actions, log } = mirror();
  await expect(mirrorFiles(root, parts)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  const end = new AbortController();
  const watched = mirrorFiles(root, { ...parts, until: end.signal });
  writeFileSync(log, HEAD + entry('first'));
  await until(async () => (await actions()).length === 1);
  // Half of an entry, as a reader in the middle of a write sees it.
  appendFileSync(log, '  - {timestamp: "2025-07');
  writeFileSync(log, HEAD + entry('first') + entry('second'));
  await until(async () => (await actions()).length === 2);
  end.abort();
  expect(await watched).toMatchObject([{ events: { found: 2 } }]);
});
