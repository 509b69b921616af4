import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { type ExportIntent, exportFiles } from '../../../src/app/legacy/export-files.js';
import { mergeHost } from '../../../src/app/legacy/merge-host.js';
import { SkippedEvents } from '../../../src/model/event/broken-events.js';
import { systemClock, thisHost } from '../../../src/setup/this-host.js';
import { FolderLock } from '../../../src/store/local/folder-lock.js';
import { mergeFiles } from '../../../src/sync/apply/merge-files.js';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { memoryContext } from '../../support/memory-context.js';
import { eventOperation } from '../../support/store-fixtures.js';

const LOG = 'state/cluster-my-cluster-events.yaml';
const TEXT = `cluster_name: my-cluster
events:
  - {timestamp: "2025-07-11T14:30:00Z", action: cluster_created, user: ada, parameters: {location: eastus}}
`;

/** A repository that has taken in a log of a cluster, and the checkout that it lay in. */
async function imported() {
  const memory = memoryContext();
  const { repository } = memory.context.opened;
  const root = temporaryFolder();
  mkdirSync(join(root, 'state'));
  const path = join(root, LOG);
  writeFileSync(path, TEXT);
  const options = { queue: false, requirePublish: true, dryRun: false, withdraw: false, deadline: 1e15 };
  await mergeFiles(
    [root],
    mergeHost(
      memory.context,
      memory.writer,
      async (operation) => {
        await repository.write(operation, options);
      },
      {},
    ),
  );
  const skipped = new SkippedEvents();
  const exports = async (to: string, more: Partial<ExportIntent> = {}) =>
    exportFiles(
      await memory.read(),
      { to, force: false, ...more },
      {
        lock: new FolderLock(temporaryFolder(), thisHost, systemClock),
        skipped,
        environment: {},
        onLocked: (name) => {
          throw new Error(name);
        },
        noting: (noted) => noted,
      },
    );
  const record = (name: string) => repository.write(eventOperation('noted', name), options);
  return { root, path, exports, skipped, record };
}

it('writes what was imported, and tells a file that says it already from one that was written', async () => {
  const { root, path, exports } = await imported();
  const to = temporaryFolder();
  const subject = 'cluster/default/kcm-system/my-cluster';
  const row = { path: LOG, family: 'cluster-events', subject, withheld: [] };
  expect(await exports(to)).toEqual([{ ...row, action: 'written' }]);
  expect(parse(readFileSync(join(to, LOG), 'utf8'))).toEqual(parse(TEXT));
  expect(await exports(root)).toEqual([{ ...row, action: 'unchanged' }]);
  expect(readFileSync(path, 'utf8')).toBe(TEXT);
});

it('overwrites no file that has changed since it was imported, unless it is forced to', async () => {
  const { root, path, exports } = await imported();
  const changed = `${TEXT}note: mine\n`;
  writeFileSync(path, changed);
  await expect(exports(root)).rejects.toMatchObject({ code: 'CONFLICT', data: { files: [LOG] } });
  expect(readFileSync(path, 'utf8')).toBe(changed);
  await exports(root, { force: true });
  expect(parse(readFileSync(path, 'utf8'))).toEqual(parse(TEXT));
  // What it wrote itself is not the user's.
  await exports(root);
});

it('overwrites none where one of several has changed', async () => {
  const { root, path, exports, record } = await imported();
  await record('another');
  writeFileSync(path, `${TEXT}note: mine\n`);
  await expect(exports(root)).rejects.toMatchObject({ code: 'CONFLICT' });
  expect(existsSync(join(root, 'state/cluster-another-events.yaml'))).toBe(false);
});

it('leaves a name that is too long for a file out, and names it', async () => {
  const { exports, record, skipped } = await imported();
  await record(['a', 'b', 'c', 'd'].map((letter) => letter.repeat(60)).join('.'));
  expect((await exports(temporaryFolder())).map(({ path }) => path)).toEqual([LOG]);
  expect(skipped.list).toHaveLength(1);
  expect(skipped.list[0]?.message).toMatch(/a file name of \d+ bytes is too long/);
});

it('names a subject that nothing is recorded of', async () => {
  const { exports } = await imported();
  await expect(exports(temporaryFolder(), { subject: 'nobody' })).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
});
