import { expect, it } from 'vitest';
import { KeyedStore } from '../../../src/backends/keyed/keyed-store.js';
import { MemoryKeySpace, SharedMemory } from '../../../src/backends/memory/memory-key-space.js';
import { systemClock } from '../../../src/setup/this-host.js';
import { commit, swapAll } from '../../support/store-contract.js';

it('keeps each value of state by itself, whoever commits the documents, and drops those of a broken one', async () => {
  const shared = new SharedMemory();
  const store = new KeyedStore(new MemoryKeySpace(shared), {
    clock: systemClock,
    timeoutMs: 5_000,
    isRemote: false,
  });
  const values = () =>
    Object.fromEntries(
      [...shared.values.keys()]
        .filter((key) => key.startsWith('state/'))
        .sort()
        .map((key) => [key, shared.values.get(key)?.value]),
    );
  const [one, two] = ['deployments/d1/state.yaml', 'deployments/d2/state.yaml'];
  const [first = ''] = await swapAll(store, null, [
    commit({ [one]: 'a:\n  b: text\n  n: 1\nlist: [x]\n', [two]: 'a: {}\n', 'notes/state.yaml': 'a: 1\n' }),
  ]);
  const begun = { 'state/d1/a/b': 'text', 'state/d1/a/n': '1', 'state/d1/list': '["x"]', 'state/d2/a': '{}' };
  expect(values()).toEqual(begun);
  const [second = ''] = await swapAll(store, first, [
    commit({ [one]: 'a: gone\nlist: [x]\n' }),
    commit({ [one]: 'a: [\n', [two]: null }),
  ]);
  expect(values()).toEqual({});
  await swapAll(store, (await store.head()).revision ?? second, [commit({ [one]: 'a: {c: true}\n' })]);
  expect(values()).toEqual({ 'state/d1/a/c': 'true' });
});
