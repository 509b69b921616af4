import { expect, it } from 'vitest';
import { followStore } from '../../../src/app/mirror/follow-store.js';
import type { MirrorParts } from '../../../src/app/mirror/mirror-store.js';
import { RemoteError } from '../../../src/errors.js';
import { realClock } from '../../support/git-fixtures.js';
import { MemoryStore } from '../../support/memory-store.js';
import { until } from '../../support/patience.js';
import { commit, swapAll } from '../../support/store-contract.js';
import { MemoryMirror } from './memory-mirror.js';

async function add(store: MemoryStore, ...paths: readonly string[]): Promise<void> {
  const { revision } = await store.head();
  await swapAll(
    store,
    revision,
    paths.map((path) => commit({ [path]: path })),
  );
}

it('copies revisions as they come, and waits for a mirror that is away', async () => {
  const [source, target, end] = [new MemoryStore(), new MemoryMirror(), new AbortController()];
  const away: string[] = [];
  // It waits for no time of its own; the store does.
  const clock = { ...realClock, sleep: (ms: number) => realClock.sleep(Math.min(ms, 5)) };
  const lock = { tryAcquire: async () => true, release: async () => undefined };
  const parts: MirrorParts = { source, target, where: 'the mirror', timeoutMs: 1_000, lock, clock };
  const tip = async () => (await target.mirrored())?.revision;
  await add(source, 'a', 'b');
  const followed = followStore(parts, { signal: end.signal, onAway: ({ message }) => away.push(message) });
  await until(async () => (await tip()) === (await source.head()).revision);
  let refused = 0;
  target.onSwap = () => {
    refused += 1;
    return refused > 3 ? null : { kind: 'unreachable', error: new RemoteError('the mirror is away') };
  };
  await add(source, 'c', 'd', 'e');
  await until(async () => (await tip()) === (await source.head()).revision);
  expect(away).toEqual(['the mirror is away']);
  await add(source, 'f');
  await until(async () => (await tip()) === (await source.head()).revision);
  end.abort();
  expect(await followed).toMatchObject({ mirrored: (await source.head()).revision, commits: 6 });
});

it('ends with what nobody can wait for', async () => {
  const [source, target] = [new MemoryStore(), new MemoryMirror()];
  await add(source, 'a');
  await target.sneak({ b: 'own' });
  const lock = { tryAcquire: async () => true, release: async () => undefined };
  const parts: MirrorParts = { source, target, where: 'it', timeoutMs: 1_000, lock, clock: realClock };
  const { signal } = new AbortController();
  await expect(followStore(parts, { signal, onAway: () => undefined })).rejects.toMatchObject({
    code: 'CONFLICT',
  });
});
