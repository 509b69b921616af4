import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { InvalidStateError } from '../../../src/errors.js';
import { systemClock, thisHost } from '../../../src/setup/this-host.js';
import { FolderLock } from '../../../src/store/local/folder-lock.js';
import { UnfinishedCalls } from '../../../src/store/local/unfinished-calls.js';
import { CallServer, type CallServerParts } from '../../../src/sync/script-api/serve-call.js';
import { temporaryFolder } from '../../support/git-fixtures.js';

type Host = CallServerParts['host'];

/** Two folders whose calls died, and a server of calls that imports what `importFiles` takes. */
async function twoDeadCalls(importFiles: Host['importFiles']) {
  const unfinished = new UnfinishedCalls(temporaryFolder());
  const folders = [temporaryFolder(), temporaryFolder()];
  for (const folder of folders) {
    const path = join(folder, 'deployment-state.yaml');
    writeFileSync(path, 'phase: a\n');
    await unfinished.begin({ folder, paths: [path, join(folder, 'not-there.yaml'), folder] });
  }
  const host = { importFiles } as Host;
  const lock = new FolderLock(temporaryFolder(), thisHost, systemClock);
  const server = new CallServer({ host, lock, unfinished, warning: async () => null });
  return { server, unfinished, folders };
}

it('records the files of calls that died, and what is no file is left alone', async () => {
  const imported: (readonly string[])[] = [];
  const { server, unfinished, folders } = await twoDeadCalls(async (paths) => {
    imported.push(paths);
  });
  await server.mendAll();
  expect(imported.flat().sort()).toEqual(
    folders.map((folder) => join(folder, 'deployment-state.yaml')).sort(),
  );
  expect(await unfinished.all()).toEqual([]);
});

it('lets the scripts of other folders go on where one cannot be recorded', async () => {
  let bad = '';
  const { server, unfinished, folders } = await twoDeadCalls(async (paths) => {
    if (paths.some((path) => path.startsWith(bad))) throw new InvalidStateError('it cannot be read');
  });
  bad = folders[0] ?? '';
  await server.mendAll();
  // Its note stays, for the next call in that folder.
  expect((await unfinished.all()).map(({ folder }) => folder)).toEqual([bad]);
});

it('fails with what is a fault of kgit itself', async () => {
  const { server } = await twoDeadCalls(async () => {
    throw new TypeError('a fault');
  });
  await expect(server.mendAll()).rejects.toThrow('a fault');
});
