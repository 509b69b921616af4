import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { beginDeployment } from '../../../src/app/init/begin-deployment.js';
import { initLayout, requireManagement } from '../../../src/app/init/init-layout.js';
import {
  completeLayout,
  initRepository,
  needsPlace,
  planInit,
} from '../../../src/app/init/init-repository.js';
import { layOut } from '../../../src/app/init/lay-out.js';
import { RemoteError, UsageError } from '../../../src/errors.js';
import { deployment } from '../../../src/model/subject/subject.js';
import { DRIVERS } from '../../../src/setup/drivers.js';
import { DEFAULT_SETTINGS } from '../../../src/setup/settings.js';
import type { StoreMaker } from '../../../src/store/port/abilities.js';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { memoryContext } from '../../support/memory-context.js';
import { MemoryStore } from '../../support/memory-store.js';
import { memoryWriting } from '../../support/memory-writing.js';
import { FaultyStore, T0 } from '../../support/store-fixtures.js';

const ROOT = join(import.meta.dirname, '../../..');
const STAMP = { author: { name: 'Ada', email: 'ada@example.com' }, time: T0, timeoutMs: 1_000 };
const SCHEMAS = ['event', 'kgit', 'state'].map((name) => `.kgit/schemas/${name}.schema.json`);
const FILES = ['kgit.yaml', 'README.md', '.gitattributes', ...SCHEMAS];

const noFile = async () => false;
const layoutFor = (management?: string) => initLayout(ROOT, { management, ci: 'none' });
const markerOf = async (store: MemoryStore) => store.view((await store.head()).revision).read('kgit.yaml');

describe('a layout', () => {
  it('is committed once, and a second time nothing is', async () => {
    const store = new MemoryStore();
    const first = await layOut({ store, hasFile: noFile }, await layoutFor(), STAMP);
    expect(first).toMatchObject({ added: FILES, attempts: 1 });
    const again = await layOut({ store, hasFile: noFile }, await layoutFor(), STAMP);
    expect(again).toEqual({ revision: first.revision, added: [], attempts: 0 });
  });

  it('leaves what others committed, and files of the user', async () => {
    const store = new FaultyStore();
    await store.sneak({ 'README.md': 'ours\n', 'src/a.txt': 'code\n' });
    const hasFile = async (path: string) => path === '.gitattributes';
    const { added, revision } = await layOut({ store, hasFile }, await layoutFor(), STAMP);
    expect(added).toEqual(['kgit.yaml', ...SCHEMAS]);
    expect(await store.view(revision).read('README.md')).toBe('ours\n');
  });

  it('lists the management cluster, and adds another one to those that are listed', async () => {
    const store = new MemoryStore();
    const target = { store, hasFile: noFile };
    await layOut(target, await layoutFor('eu-hub'), STAMP);
    expect(await markerOf(store)).toMatch(/managements:\n {2}eu-hub: {}\n/);
    const { added } = await layOut(target, await layoutFor('us-hub'), STAMP);
    expect(added).toEqual(['kgit.yaml']);
    expect(await markerOf(store)).toMatch(/managements:\n {2}eu-hub: {}\n {2}us-hub: {}\n/);
    expect((await layOut(target, await layoutFor('us-hub'), STAMP)).added).toEqual([]);
    expect(() => requireManagement('EU Hub')).toThrow(UsageError);
  });

  it.each([
    ['github', '.github/workflows/kgit.yml'],
    ['gitlab', '.gitlab-ci.yml'],
    ['forgejo', '.forgejo/workflows/kgit.yml'],
  ] as const)('has a job for %s', async (ci, file) => {
    expect([...(await initLayout(ROOT, { management: undefined, ci })).files.keys()]).toEqual([
      ...FILES,
      file,
    ]);
  });

  it('is planned anew after each race that another writer wins, five times at most', async () => {
    const store = new FaultyStore();
    let races = 1;
    store.onSwap = async () => {
      if (races-- <= 0) return null;
      await store.sneak({ [`${races}.txt`]: '', 'README.md': 'theirs\n' });
      return null;
    };
    const { added, attempts } = await layOut({ store, hasFile: noFile }, await layoutFor(), STAMP);
    expect({ added, attempts }).toEqual({ added: FILES.filter((file) => file !== 'README.md'), attempts: 2 });
    const lost = new FaultyStore();
    lost.onSwap = () => ({ kind: 'moved' });
    const failed = layOut({ store: lost, hasFile: noFile }, await layoutFor(), STAMP);
    await expect(failed).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(lost.swaps).toBe(5);
  });

  it('names the command to run again where the remote fails, for no outbox keeps a layout', async () => {
    const store = new FaultyStore();
    const suggestions = ["Publish it later with 'kgit sync'", "See 'kgit outbox'"];
    store.onSwap = () => ({ kind: 'unreachable', error: new RemoteError('away', { suggestions }) });
    await expect(layOut({ store, hasFile: noFile }, await layoutFor(), STAMP)).rejects.toMatchObject({
      code: 'REMOTE',
      suggestions: ["Publish it later with 'kgit init' again"],
    });
  });

  it('counts as published if a push without an answer landed', async () => {
    const store = new FaultyStore();
    store.onSwap = async () => {
      store.onSwap = () => null;
      const { files } = await layoutFor();
      await store.sneak(Object.fromEntries(files));
      return { kind: 'unknown', error: new RemoteError('no answer') };
    };
    const { added } = await layOut({ store, hasFile: noFile }, await layoutFor(), STAMP);
    expect(added).toEqual([]);
  });
});

describe('the place of locks', () => {
  const complete = async (store: MemoryStore) => {
    const { context, clock, ids } = memoryContext({}, store);
    const host = { settings: context.settings, cwd: '/', environment: {}, clock, ids };
    return completeLayout(context.opened, await layoutFor(), noFile, host);
  };

  it('is recorded if it is not the usual one', async () => {
    const store = new MemoryStore();
    Object.assign(store.leases, { provePlace: async () => ({ place: 'branches', notes: ['so'] }) });
    expect(await complete(store)).toMatchObject({ added: FILES, attempts: 2, notes: ['so'] });
    expect(await markerOf(store)).toMatch(/^ {2}locks: branches$/m);
  });

  it('is left out, with a note, if it cannot be tested', async () => {
    const store = new MemoryStore();
    const provePlace = async () => {
      throw new RemoteError('away');
    };
    Object.assign(store.leases, { provePlace });
    const { notes, attempts } = await complete(store);
    expect(attempts).toBe(1);
    expect(notes.join()).toMatch(/could not test where locks can live: away; run 'kgit init' again/);
    expect(await markerOf(store)).not.toMatch(/locks: branches/);
  });
});

describe('a driver', () => {
  const { clock, ids } = memoryContext();
  const settings = { ...DEFAULT_SETTINGS, user: 'ada' };
  const environment = { XDG_STATE_HOME: temporaryFolder() };
  const host = { settings, cwd: '/', environment, clock, ids };

  // Folders are git's, so the driver takes git's place.
  const git = DRIVERS.get('git');
  afterEach(() => git && DRIVERS.set('git', git));

  function register(make?: StoreMaker): void {
    const { store } = memoryContext();
    DRIVERS.set('git', {
      schemes: [],
      options: {},
      load:
        async () =>
        async ({ place = '', localFolder }) => ({
          store,
          localFolder: await localFolder(store.target),
          path: place,
          name: 'made',
          where: place,
          identity: {},
          review: null,
        }),
      abilities: async () => (make ? { make } : {}),
    });
  }

  it('that makes stores gets a layout', async () => {
    const asked: string[] = [];
    register({
      look: async () => ({ isThere: asked.length > 0, hasFile: noFile }),
      make: async (folder, remote) => {
        asked.push(folder, String(remote));
        return { made: '/server', synced: null, isThere: true, hasFile: noFile };
      },
    });
    const intent = { folder: '/new', remote: 'x://y', layout: await layoutFor() };
    expect(await planInit(intent, host)).toEqual({ path: intent.folder, name: null, added: FILES });
    expect(await initRepository(intent, host)).toMatchObject({ added: FILES, made: '/server', synced: null });
    expect(asked).toEqual(['/new', 'x://y']);
    expect(await planInit(intent, host)).toEqual({ path: intent.folder, name: 'made', added: [] });
  });

  it('that makes none gets a layout where the settings say', async () => {
    register();
    expect(await needsPlace(settings)).toBe(false);
    const intent = {
      folder: null,
      remote: undefined,
      layout: await initLayout(ROOT, { management: 'hub', ci: null }),
    };
    const named = { ...host, settings: { ...settings, repo: 'here' } };
    expect(await planInit(intent, named)).toEqual({ path: 'here', name: 'made', added: ['kgit.yaml'] });
    expect(await initRepository(intent, named)).toMatchObject({ added: ['kgit.yaml'], made: null });
    expect(await planInit(intent, named)).toMatchObject({ added: [] });
  });
});

it('begins a deployment once, with its id and time', async () => {
  const { writing, state } = memoryWriting();
  const subject = deployment('dep-a');
  const begun = await beginDeployment(await writing(), subject, { reason: 'new' });
  expect(begun).toMatchObject({ delivery: 'published' });
  expect(await state()).toMatchObject({
    deployment: { deployment_id: 'dep-a', created_at: expect.stringMatching(/:\d\dZ$/) },
  });
  expect(await beginDeployment(await writing(), subject)).toBeNull();
});
