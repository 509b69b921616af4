import { expect, it } from 'vitest';
import { KeptAnswers } from '../../../src/serve/api/kept-answers.js';

/** Answers that a test ends one by one. */
function answers() {
  let now = 0;
  const open: (() => void)[] = [];
  const kept = new KeptAnswers<number>(100, () => now);
  let made = 0;
  const get = (key: string) =>
    kept.get(key, async () => {
      made += 1;
      const value = made;
      await new Promise<void>((end) => open.push(end));
      return value;
    });
  const end = async () => {
    open.shift()?.();
    // Whoever waited for a turn begins now.
    await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    kept,
    get,
    end,
    open,
    made: () => made,
    later: (ms: number) => {
      now += ms;
    },
  };
}

it('makes a value once for all who ask, and anew when it is too old', async () => {
  const { get, end, made, later } = answers();
  const both = [get('a'), get('a')];
  await end();
  expect(await Promise.all(both)).toEqual([1, 1]);
  later(99);
  expect(await get('a')).toBe(1);
  later(1);
  const fresh = get('a');
  await end();
  expect([await fresh, made()]).toEqual([2, 2]);
});

it('makes a value anew after the clock was set back', async () => {
  const { get, end, later } = answers();
  const first = get('a');
  await end();
  expect(await first).toBe(1);
  later(-3_600_000);
  const second = get('a');
  await end();
  expect(await second).toBe(2);
});

it('makes four values at once, and the others in turn', async () => {
  const { get, end, open, made } = answers();
  const all = ['a', 'b', 'c', 'd', 'e', 'f'].map(get);
  await Promise.resolve();
  expect([made(), open.length]).toEqual([4, 4]);
  await end();
  expect([made(), open.length]).toEqual([5, 4]);
  for (let i = 0; i < 5; i++) await end();
  expect(await Promise.all(all)).toEqual([1, 2, 3, 4, 5, 6]);
  const more = ['g', 'h', 'i', 'j', 'k'].map(get);
  await Promise.resolve();
  expect(open).toHaveLength(4);
  for (let i = 0; i < 5; i++) await end();
  expect(await Promise.all(more)).toHaveLength(5);
});

it('keeps no error, and gives its turn on', async () => {
  const { kept, get, end } = answers();
  for (let i = 0; i < 9; i++)
    await expect(kept.get('a', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
  const value = get('a');
  await end();
  expect(await value).toBe(1);
});
