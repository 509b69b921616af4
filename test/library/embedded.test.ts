/** The library on the embedded git, with a file system and an HTTP client of the caller's. */
import nodeFs from 'node:fs/promises';
import { basename, join } from 'node:path';
import isomorphicHttp from 'isomorphic-git/http/node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { httpAccess } from '../../src/gitstore/embedded/http-access.js';
import { openStore } from '../../src/library/library.js';
import type { HttpClient } from '../../src/store/port/means.js';
import { bareRepository, fsck, git, temporaryFolder } from '../support/git-fixtures.js';
import { type HttpRemote, serveHttp } from '../support/http-remote.js';
import { kgitJson } from '../support/kgit.js';

let server: HttpRemote;
let url: string;
const remote = bareRepository();
beforeAll(async () => {
  await kgitJson('.', [
    'init',
    join(temporaryFolder(), 'first'),
    '--remote',
    remote,
    '--deployment',
    'dep-a',
  ]);
  server = await serveHttp(remote, { canPush: true });
  url = `${server.url}/${basename(remote)}`;
});
afterAll(() => server.stop());

it('writes and reads by URL, through the client and the files that it was given', async () => {
  const { client } = (await httpAccess(url, new Map(), {})) as { client: HttpClient };
  const asked: string[] = [];
  const http: HttpClient = {
    request: (request) => {
      asked.push(`${request.method} ${new URL(request.url).pathname.split('/').at(-1)}`);
      return client.request(request);
    },
  };
  const written: string[] = [];
  const fs: typeof nodeFs = {
    ...nodeFs,
    open: (path, ...more) => {
      written.push(String(path));
      return nodeFs.open(path, ...more);
    },
  };
  const home = temporaryFolder();
  const environment = { HOME: home, PATH: process.env['PATH'] };
  const store = await openStore(url, { backend: 'git-embedded', fs, http, environment, user: 'ada' });
  const pushed = await store.pushEvent({ subject: 'cluster/prod', action: 'cluster_created' });
  expect(pushed).toMatchObject({ delivery: 'published' });
  await store.set({ 'deployment.region': 'eu' });
  expect(await store.get('deployment.region')).toBe('eu');
  await store.close();
  expect(git(remote, 'log', '--format=%s', '-2', 'main')).toContain(
    'cluster_created: cluster/default/kcm-system/prod',
  );
  expect(new Set(asked)).toEqual(new Set(['GET refs', 'POST git-upload-pack', 'POST git-receive-pack']));
  expect(written.some((path) => path.startsWith(join(home, '.cache/kgit/clones')))).toBe(true);
  fsck(remote);
});

it('refuses a driver that does not exist', async () => {
  await expect(openStore('.', { backend: 'svn' })).rejects.toMatchObject({ code: 'USAGE' });
});

it("writes and reads through isomorphic-git's own client", async () => {
  const environment = { HOME: temporaryFolder(), PATH: process.env['PATH'] };
  const store = await openStore(url, {
    ...{ backend: 'git-embedded', fs: nodeFs, http: isomorphicHttp },
    ...{ environment, user: 'ada' },
  });
  const pushed = await store.pushEvent({ subject: 'cluster/prod', action: 'cluster_upgraded' });
  expect(pushed).toMatchObject({ delivery: 'published', notes: [] });
  await store.set({ 'deployment.region': 'us' });
  expect(await store.get('deployment.region', { fetch: 'always' })).toBe('us');
  await store.close();
});
