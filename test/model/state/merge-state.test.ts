import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mutable } from '../../../src/model/state/edit.js';
import { mergeData, shownConflict } from '../../../src/model/state/merge-state.js';
import { lookUp } from '../../../src/model/state/state-path.js';
import { isMap, sameValue, type Value } from '../../../src/model/value/value.js';
import { key, value } from '../../support/arbitraries.js';

type Data = Record<string, Value>;
const data = fc.dictionary(key, value, { maxKeys: 4 });
/** Each leaf of a document, by its path: what is no mapping, or an empty one. */
function leaves(root: Value, path: readonly string[] = []): (readonly [string[], Value])[] {
  if (!isMap(root) || Object.keys(root).length === 0) return [[[...path], root]];
  return Object.entries(root).flatMap(([name, item]) => leaves(item as Value, [...path, name]));
}

describe('mergeData', () => {
  it('takes what one side alone changed', () => {
    fc.assert(
      fc.property(data, data, (base, changed) => {
        for (const [ours, theirs] of [
          [base, changed],
          [changed, base],
        ] as const) {
          const merged = mergeData(base, ours, theirs);
          expect(merged.conflicts).toEqual([]);
          expect(sameValue(merged.data, changed)).toBe(true);
        }
      }),
    );
  });

  it('agrees where both made the same changes', () => {
    fc.assert(
      fc.property(data, data, (base, changed) => {
        const merged = mergeData(base, changed, mutable(changed) as Data);
        expect(merged.conflicts).toEqual([]);
        expect(sameValue(merged.data, changed)).toBe(true);
      }),
    );
  });

  it('gives of disjoint changes the same, whoever merges whose, and the same as one after the other', () => {
    const half = fc.tuple(data, data);
    fc.assert(
      fc.property(data, data, half, (left, right, [newLeft, newRight]) => {
        const base = { left, right, both: { left, right } };
        const ours = { left: newLeft, right, both: { left: newLeft, right } };
        const theirs = { left, right: newRight, both: { left, right: newRight } };
        const all = { left: newLeft, right: newRight, both: { left: newLeft, right: newRight } };
        for (const merged of [mergeData(base, ours, theirs), mergeData(base, theirs, ours)]) {
          expect(merged.conflicts).toEqual([]);
          expect(sameValue(merged.data, all)).toBe(true);
        }
      }),
    );
  });

  it('reports each conflict from both sides alike, and drops no change of either', () => {
    fc.assert(
      fc.property(data, data, data, (base, ours, theirs) => {
        const merged = mergeData(base, ours, theirs);
        const other = mergeData(base, theirs, ours);
        const sides = (list: typeof merged.conflicts) => list.map(({ path }) => JSON.stringify(path)).sort();
        expect(sides(merged.conflicts)).toEqual(sides(other.conflicts));
        for (const conflict of merged.conflicts) {
          for (const [name, root] of Object.entries({ base, ours, theirs }))
            expect(conflict[name as 'base']).toEqual(lookUp(root, conflict.path).value);
          const isAlike = 'ours' in conflict === 'theirs' in conflict;
          expect(isAlike && sameValue(conflict.ours, conflict.theirs)).toBe(false);
        }
        const isTold = (path: readonly string[]) =>
          merged.conflicts.some((conflict) => conflict.path.every((part, i) => part === path[i]));
        for (const side of [ours, theirs]) {
          for (const [path, leaf] of leaves(side)) {
            if (path.length === 0 || isTold(path)) continue;
            const was = lookUp(base, path);
            const now = lookUp(merged.data, path);
            const isChange = !was.found || !sameValue(was.value, leaf);
            // An empty mapping may have been filled by the other side.
            const isEmptyMap = isMap(leaf);
            if (isChange && !isEmptyMap) expect(now).toEqual({ found: true, value: leaf });
          }
          for (const [path] of leaves(base)) {
            if (path.length === 0 || isTold(path) || lookUp(side, path).found) continue;
            const other = side === ours ? theirs : ours;
            if (sameValue(lookUp(other, path), lookUp(base, path)))
              expect(lookUp(merged.data, path).found).toBe(false);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it.each<[string, Data, Data, Data]>([
    ['a value changed twice', { a: 1 }, { a: 2 }, { a: 3 }],
    ['a value removed here and changed there', { a: 1 }, {}, { a: 3 }],
    ['a mapping removed here and changed within there', { a: { b: 1 } }, {}, { a: { b: 2 } }],
    ['a mapping made a value here and changed within there', { a: { b: 1 } }, { a: 1 }, { a: { b: 2 } }],
    ['a list grown on both sides', { a: [1] }, { a: [1, 2] }, { a: [1, 3] }],
    ['a path added twice', {}, { a: 1 }, { a: null }],
  ])('is a conflict for %s', (_name, base, ours, theirs) => {
    const { data: merged, conflicts } = mergeData(base, ours, theirs);
    expect(conflicts).toHaveLength(1);
    expect(sameValue(merged, ours)).toBe(true);
  });

  it('joins two mappings that were added under one name', () => {
    const { data: merged, conflicts } = mergeData({}, { kof: { a: 1 } }, { kof: { b: 2 } });
    expect([merged, conflicts]).toEqual([{ kof: { a: 1, b: 2 } }, []]);
  });

  it('masks in what it tells a value that looks secret', () => {
    const { conflicts } = mergeData(
      { db: { password: 'x' } },
      { db: { password: 'hunter2-9f8e7d6c' } },
      { db: { password: 'other-1a2b3c4d5e' } },
    );
    const text = JSON.stringify(conflicts.map(shownConflict));
    expect(text).toContain('db.password');
    expect(text).not.toMatch(/hunter2|1a2b3c/);
  });
});
