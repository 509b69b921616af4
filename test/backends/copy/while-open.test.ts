import { expect, it } from 'vitest';
import { MemoryKeySpace, SharedMemory } from '../../../src/backends/memory/memory-key-space.js';
import { systemClock } from '../../../src/setup/this-host.js';
import { AwaySpace, copiedStore } from '../../support/copied-store.js';
import { commit, swapAll } from '../../support/store-contract.js';
import { repositoryOf } from '../../support/store-fixtures.js';

const MS = 20_000;

/** A store with two files and a copy of it, which one program has open. */
async function openCopied() {
  const server = new AwaySpace(new MemoryKeySpace(new SharedMemory()));
  const { store } = copiedStore(server);
  const [revision = ''] = await swapAll(store, null, [
    commit({ 'kgit.yaml': 'apiVersion: kgit/v1\n', a: 'one', b: 'two' }),
  ]);
  await store.copy.pull(systemClock.now() + MS);
  return { server, store, revision };
}

it('answers the first read after the server went away', async () => {
  const { server, store, revision } = await openCopied();
  const { repository } = repositoryOf(store, systemClock);
  expect(await repository.read({ olderThan: 0 }, MS)).toMatchObject({ revision, staleness: null });
  server.isAway = true;
  const reading = await repository.read({ olderThan: 0 }, MS);
  expect(reading).toMatchObject({ revision, staleness: { message: 'the server is away' } });
  expect(await reading.view.read('a')).toBe('one');
});

it('asks a server that went away once, not for each file', async () => {
  const { server, store, revision } = await openCopied();
  await store.refresh(MS);
  const view = store.view(revision);
  server.isAway = true;
  const asked = server.asked;
  expect([await view.read('a'), await view.read('b')]).toEqual(['one', 'two']);
  expect(server.asked).toBe(asked + 1);
});

it('asks a server again that did not answer before', async () => {
  const { server, store, revision } = await openCopied();
  await store.refresh(MS);
  server.isAway = true;
  await expect(store.refresh(MS)).rejects.toThrow('the server is away');
  expect(await store.view(revision).read('a')).toBe('one');
  server.isAway = false;
  const [next] = await swapAll(store, revision, [commit({ a: 'three' })]);
  expect(await store.view(next ?? null).read('a')).toBe('three');
});
