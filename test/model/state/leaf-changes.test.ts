import fc from 'fast-check';
import { expect, it } from 'vitest';
import { leafChanges } from '../../../src/model/state/leaf-changes.js';
import { isMap, type Value } from '../../../src/model/value/value.js';

const value = fc.letrec<{ value: Value; map: Record<string, Value> }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<Value>(1, 'x', null, true),
    fc.constant([1, 'x']),
    tie('map'),
  ),
  map: fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__'), tie('value'), { maxKeys: 3 }),
}));

/** Each leaf of a document under its path. */
function leaves(document: Value, path: readonly string[] = []): [string, Value][] {
  const entries = isMap(document) ? Object.entries(document) : [];
  if (entries.length === 0) return path.length === 0 ? [] : [[JSON.stringify(path), document]];
  return entries.flatMap(([key, item]) => leaves(item, [...path, key]));
}

it('brings what is kept value by value from one document to the other, and no value twice', () => {
  fc.assert(
    fc.property(value.map, value.map, (before, after) => {
      const kept = new Map(leaves(before));
      const changes = leafChanges(before, after);
      for (const { path, value } of changes) {
        const key = JSON.stringify(path);
        if (value === undefined) expect(kept.delete(key)).toBe(true);
        else {
          expect(kept.get(key)).not.toEqual(value);
          kept.set(key, value);
        }
      }
      expect(new Map(kept)).toEqual(new Map(leaves(after)));
    }),
  );
});

it('takes a list, and a mapping without entries, as one value', () => {
  expect(leafChanges({ a: { b: 1 }, c: [1, 2], d: 1 }, { a: {}, c: [1, 3], d: 1 })).toEqual([
    { path: ['a', 'b'] },
    { path: ['a'], value: {} },
    { path: ['c'], value: [1, 3] },
  ]);
});
