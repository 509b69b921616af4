import { describe, expect, it } from 'vitest';
import { linearize, type RegisterCall } from '../support/campaign/linearizable.js';

describe('linearize', () => {
  const writes = (value: string, began: number, ended: number, finds?: string | null): RegisterCall => ({
    name: value,
    began,
    ended,
    leaves: { value },
    ...(finds === undefined ? {} : { finds: { value: finds } }),
  });

  it('finds the one order among calls that overlap', () => {
    const calls = [writes('c', 0, 100, 'b'), writes('b', 0, 100, 'a'), writes('a', 0, 100, null)];
    expect(linearize(calls, null)).toBeNull();
    expect(linearize([...calls, writes('d', 0, 100, 'b')], null)).toEqual(['a', 'b', 'c']);
  });

  it('does not let a call take effect before it began, or after it ended', () => {
    expect(linearize([writes('a', 0, 10), writes('b', 20, 30, null)], null)).toEqual(['a']);
    expect(linearize([writes('b', 0, 10, 'a'), writes('a', 20, 30)], null)).toEqual([]);
    expect(linearize([writes('b', 0, Number.POSITIVE_INFINITY, 'a'), writes('a', 20, 30)], null)).toBeNull();
  });

  it('is quick with many calls at once, also where there is no order', () => {
    const chain = Array.from({ length: 300 }, (_, i) =>
      writes(`v${i}`, i, i + 8, i === 0 ? null : `v${i - 1}`),
    );
    expect(linearize(chain, null)).toBeNull();
    const broken = chain.map((one, i) => (i === 200 ? { ...one, finds: { value: 'never' } } : one));
    expect(linearize(broken, null)).toHaveLength(200);
  });
});
