import { expect, it } from 'vitest';
import { openKubectl } from '../../../src/k0rdent/kubectl/kubectl.js';
import { inTurns } from '../../../src/k0rdent/observe/in-turns.js';

it('runs so many questions at a time and no more, of several kubectls together, also where some fail', async () => {
  let running = 0;
  let most = 0;
  const kubectl = {
    ...openKubectl({ environment: {} }),
    get: async (path: string) => {
      running++;
      most = Math.max(most, running);
      await new Promise((wake) => setImmediate(wake));
      running--;
      if (path === 'fails') throw new Error(path);
      return path;
    },
  };
  const turns = inTurns(3);
  const [one, other] = [turns(kubectl), turns(kubectl)];
  const paths = ['a', 'fails', 'b', 'c', 'fails', 'd', 'e', 'f', 'fails', 'g'];
  const ends = await Promise.allSettled(paths.map((path, i) => (i % 2 === 0 ? one : other).get(path)));
  expect(ends.map((end) => (end.status === 'fulfilled' ? end.value : 'fails'))).toEqual(paths);
  expect([most, running]).toEqual([3, 0]);
});
