import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mutable, type PlainEdit, setAt, unsetAt } from '../../../src/model/state/edit.js';
import { editOf, stateDifferences } from '../../../src/model/state/state-diff.js';
import { sameValue, type Value } from '../../../src/model/value/value.js';
import { key, value } from '../../support/arbitraries.js';

type Data = Record<string, Value>;
const data = fc.dictionary(key, value, { maxKeys: 4 });
const apply = (from: Data, edits: readonly PlainEdit[]): Data => {
  const result = mutable(from) as Data;
  for (const edit of edits) {
    if (edit.op === 'set') setAt(result, edit.path, mutable(edit.value));
    else unsetAt(result, edit.path);
  }
  return result;
};

describe('stateDifferences', () => {
  it('lead from one document to the other, and are none for equal ones', () => {
    fc.assert(
      fc.property(data, data, (from, to) => {
        expect(sameValue(apply(from, stateDifferences(from, to).map(editOf)), to)).toBe(true);
        expect(stateDifferences(to, mutable(to) as Data)).toEqual([]);
      }),
    );
  });

  it('descend into mappings with entries, and take lists and empty mappings as a whole', () => {
    const before = { kof: { a: 1, b: 2 }, list: [1], empty: {} };
    const after = { kof: { a: 1, b: 3 }, list: [1, 2], empty: { c: 1 } };
    expect(stateDifferences(before, after)).toEqual([
      { path: ['kof', 'b'], before: 2, after: 3 },
      { path: ['list'], before: [1], after: [1, 2] },
      { path: ['empty'], before: {}, after: { c: 1 } },
    ]);
  });
});
