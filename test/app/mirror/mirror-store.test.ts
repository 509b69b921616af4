import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type MirrorParts, mirrorStore, planMirror } from '../../../src/app/mirror/mirror-store.js';
import { RefusedError, RemoteError } from '../../../src/errors.js';
import { withOrigin } from '../../../src/model/operation/origin-trailer.js';
import { ProcessLock } from '../../../src/store/local/process-lock.js';
import type { StateStore } from '../../../src/store/port/state-store.js';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { MemoryStore } from '../../support/memory-store.js';
import { RECIPIENT, sharedWriting } from '../../support/sops/shared-writing.js';
import { HAS_SOPS } from '../../support/sops/team-keys.js';
import { commit, swapAll } from '../../support/store-contract.js';
import { fakeClock, thisProcess } from '../../support/store-fixtures.js';
import { MemoryMirror } from './memory-mirror.js';

/** Files with names that begin so are large: three of them fill a push. */
const LARGE = 'large-';
const MANY = [1, 2, 3, 4, 5, 6, 7].map((n) => `${LARGE}${n}`);

/** Adds commits that each write one file. */
async function add(store: StateStore, ...paths: readonly string[]): Promise<void> {
  const { revision } = await store.head();
  await swapAll(
    store,
    revision,
    paths.map((path) =>
      commit({ [path]: path.startsWith(LARGE) ? path.repeat(200_000) : path }, `add: ${path}`),
    ),
  );
}

function mirror(source: MemoryStore = new MemoryStore(), target = new MemoryMirror()) {
  const lock = new ProcessLock(join(temporaryFolder(), 'mirror.lock'), thisProcess);
  const parts: MirrorParts = {
    source,
    target,
    where: 'the mirror',
    timeoutMs: 1_000,
    lock,
    clock: fakeClock(),
  };
  return { source, target, lock, parts };
}

const viewOf = async (store: StateStore) => store.view((await store.head()).revision);

/** First lines of the messages along the line, oldest first. */
async function subjects(store: MemoryStore): Promise<string[]> {
  const { revision } = await store.head();
  const found: string[] = [];
  if (revision !== null)
    for await (const { message } of store.history.whole(null, revision))
      found.push(message.split('\n')[0] ?? '');
  return found;
}

describe('mirrorStore', () => {
  it.runIf(HAS_SOPS)(
    'copies the files of secrets, and for whom they are encrypted, as they are',
    async () => {
      const { store, setSecrets } = await sharedWriting();
      await setSecrets({ 'azure.client_secret': 'hunter22-Tr0ub4dor' });
      const { target, parts } = mirror(store);
      await mirrorStore(parts);
      const [whole, copy] = [await viewOf(store), await viewOf(target)];
      for (const file of ['.sops.yaml', 'deployments/dep-a/secrets/azure.client_secret.sops.yaml']) {
        expect(await whole.read(file)).toContain(RECIPIENT);
        expect(await copy.read(file)).toBe(await whole.read(file));
      }
    },
  );

  it('copies each revision once, and later what is new', async () => {
    const { source, target, parts } = mirror();
    expect(await mirrorStore(parts)).toEqual({ mirrored: null, revision: null, commits: 0 });
    await add(source, 'a', 'b');
    const { revision: tip } = await source.head();
    expect(await planMirror(parts)).toEqual({ mirrored: tip, revision: null, commits: 2 });
    const first = await mirrorStore(parts);
    expect(first).toMatchObject({ mirrored: tip, commits: 2 });
    expect(await target.mirrored()).toEqual({ store: 'memory', revision: tip });
    expect(await mirrorStore(parts)).toEqual({ ...first, commits: 0 });
    expect(target.swaps).toBe(1);
    await add(source, 'c');
    expect(await mirrorStore(parts)).toMatchObject({ commits: 1 });
    expect(await subjects(target)).toEqual(['add: a', 'add: b', 'add: c']);
    const [whole, copy] = await Promise.all(
      [source, target].map(async (store) => {
        for await (const each of store.history.whole(null, (await store.head()).revision ?? '')) return each;
        return null;
      }),
    );
    for (const key of ['author', 'files'] as const) expect(copy?.[key]).toEqual(whole?.[key]);
  });

  it('goes on behind what an earlier run copied, wherever that ended', async () => {
    const { source, target, parts } = mirror();
    await add(source, ...MANY);
    // The second push of each run ends it: before it was made, and after it was made.
    target.onSwap = ({ swaps }) => {
      if (swaps === 2) throw new Error('killed');
      return null;
    };
    await expect(mirrorStore(parts)).rejects.toThrow('killed');
    expect(await subjects(target)).toHaveLength(3);
    target.onSwap = ({ swaps }) =>
      swaps === 3 ? { kind: 'unknown', error: new RemoteError('no answer') } : null;
    expect(await mirrorStore(parts)).toMatchObject({ commits: 4 });
    expect(await subjects(target)).toEqual(MANY.map((path) => `add: ${path}`));
  });

  it('goes on behind another process that was faster', async () => {
    const { source, target, parts } = mirror();
    await add(source, ...MANY);
    const other = mirror(source, target);
    target.onSwap = async ({ swaps }) => {
      if (swaps === 2) await mirrorStore(other.parts);
      return null;
    };
    await mirrorStore(parts);
    expect(await subjects(target)).toEqual(MANY.map((path) => `add: ${path}`));
  });

  it('ends if another process of this machine does not', async () => {
    const { source, parts, lock } = mirror();
    await add(source, 'a');
    expect(await lock.tryAcquire()).toBe(true);
    await expect(mirrorStore(parts)).rejects.toMatchObject({ code: 'LOCK_HELD' });
    await lock.release();
    expect(await mirrorStore(parts)).toMatchObject({ commits: 1 });
  });

  it('touches no repository with commits of its own', async () => {
    const { source, target, parts } = mirror();
    await add(source, 'a');
    await mirrorStore(parts);
    await target.sneak({ b: 'merged at the forge' });
    await add(source, 'c');
    await expect(mirrorStore(parts)).rejects.toMatchObject({ code: 'CONFLICT', data: { store: 'memory' } });
    await expect(planMirror(parts)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await subjects(target)).toEqual(['add: a', 'sneak']);
  });

  it('touches no mirror of another store', async () => {
    class Other extends MemoryStore {
      override readonly target = 'other';
    }
    const { source, target, parts } = mirror();
    await add(source, 'a');
    await mirrorStore(parts);
    const other = new Other();
    await add(other, 'b', 'c');
    const mistaken = mirrorStore({ ...parts, source: other });
    await expect(mistaken).rejects.toMatchObject({
      code: 'CONFLICT',
      message: 'the mirror is a mirror of memory, not of other',
    });
    expect(await subjects(target)).toEqual(['add: a']);
  });

  it('follows a store to its new address', async () => {
    const { source, parts } = mirror();
    await add(source, 'a');
    await mirrorStore(parts);
    Object.assign(source, { target: 'new address' });
    await add(source, 'b');
    expect(await mirrorStore(parts)).toMatchObject({ commits: 1 });
    expect(await parts.target.mirrored?.()).toMatchObject({ store: 'new address' });
  });

  it('follows a store that was migrated', async () => {
    const { source, target, parts } = mirror();
    await add(source, 'a', 'b');
    await mirrorStore(parts);
    const moved = new MemoryStore();
    for await (const { revision, message, ...whole } of source.history.whole(
      null,
      (await source.head()).revision ?? '',
    ))
      await swapAll(moved, (await moved.head()).revision, [
        { ...whole, message: withOrigin(message, revision) },
      ]);
    await add(moved, 'c');
    expect(await mirrorStore({ ...parts, source: moved })).toMatchObject({ commits: 1 });
    expect(await subjects(target)).toEqual(['add: a', 'add: b', 'add: c']);
  });

  it('says what to do where the store went back', async () => {
    const { source, target, parts } = mirror();
    await add(source, 'a', 'b');
    await mirrorStore(parts);
    for (const paths of [[], ['a'], ['a', 'c', 'd']]) {
      const older = new MemoryStore();
      if (paths.length > 0) await add(older, ...paths);
      const error = await mirrorStore({ ...parts, source: older }).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'CONFLICT', data: { store: 'memory' } });
      expect((error as RemoteError).suggestions.join()).toContain('kgit sync');
    }
    expect(await subjects(target)).toEqual(['add: a', 'add: b']);
  });

  it('says that it can be run again where the remote refuses or does not answer', async () => {
    const { source, target, parts } = mirror();
    await add(source, 'a');
    const suggestions = ["Run 'kgit sync' when it answers", "Give it up: 'kgit outbox'"];
    target.onSwap = () => ({ kind: 'unreachable', error: new RemoteError('away', { suggestions }) });
    await expect(mirrorStore(parts)).rejects.toMatchObject({
      code: 'REMOTE',
      suggestions: ["Run 'kgit mirror' again when it answers"],
    });
    target.onSwap = () => ({ kind: 'refused', error: new RefusedError('protected branch') });
    await expect(mirrorStore(parts)).rejects.toMatchObject({ code: 'REFUSED' });
    target.onSwap = () => ({ kind: 'moved' });
    await expect(mirrorStore(parts)).rejects.toMatchObject({ code: 'REMOTE' });
  });
});
