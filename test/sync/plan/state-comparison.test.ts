import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEdits, checkPrecondition, fold } from '../../../src/model/state/apply.js';
import { parseState } from '../../../src/model/state/state-document.js';
import { sameValue, type Value } from '../../../src/model/value/value.js';
import type { StateClaim } from '../../../src/sync/parse/state-claims.js';
import { compareState, editsFor } from '../../../src/sync/plan/state-comparison.js';
import { value } from '../../support/arbitraries.js';

function claims(state: Record<string, Record<string, Value>>): StateClaim[] {
  return Object.entries(state).flatMap(([root, map]) =>
    Object.entries(map).map(([key, item]) => ({ path: [root, key], key, value: item })),
  );
}

const key = fc.oneof(
  fc.constantFrom('a', 'b', 'c'),
  fc.string({ maxLength: 5 }),
  fc.constantFrom('__proto__', 'x'.repeat(1016)),
);
const roots = fc.constantFrom('deployment', 'kof');
const fileState = fc.dictionary(roots, fc.dictionary(key, value, { maxKeys: 4 }), { maxKeys: 2 });
const repositoryState = fc.dictionary(roots, fc.oneof(value, fc.dictionary(key, value, { maxKeys: 4 })), {
  maxKeys: 2,
});

describe('compareState', () => {
  it('sets what is missing at the highest level, and sees differences leaf by leaf', () => {
    const repository = { deployment: { phase: 'a', config: { port: 1 }, list: [1], map: { x: 1 } } };
    const file = {
      deployment: { phase: 'a', config: { port: 2, net: { cidr: 'c' } }, list: [2], map: {} },
      kof: { enabled: true },
    };
    const comparison = compareState(claims(file), repository);
    expect(comparison).toEqual({
      absent: [
        { path: ['deployment', 'config', 'net'], value: { cidr: 'c' } },
        { path: ['kof'], value: { enabled: true } },
      ],
      taken: [],
      removed: [],
      unchanged: 2,
      differences: [
        { path: ['deployment', 'config', 'port'], repository: 1, file: 2 },
        { path: ['deployment', 'list'], repository: [1], file: [2] },
      ],
    });
  });

  it('takes a later last_updated where nothing else differs, and an earlier one never', () => {
    const at = (second: number) => ({ deployment: { last_updated: `2025-12-04T01:00:0${second}Z` } });
    expect(compareState(claims(at(2)), at(1)).absent).toHaveLength(1);
    expect(compareState(claims(at(1)), at(2))).toMatchObject({ absent: [], unchanged: 1, differences: [] });
    const other = compareState(claims({ deployment: { ...at(2).deployment, phase: 'b' } }), {
      deployment: { ...at(1).deployment, phase: 'a' },
    });
    expect(other.differences).toHaveLength(2);
  });

  it('gives edits after which the file says nothing new, for any file and repository', () => {
    fc.assert(
      fc.property(fileState, repositoryState, (file, here) => {
        const start = applyEdits(
          null,
          Object.entries(here).map(([root, item]) => ({ op: 'set' as const, path: [root], value: item })),
          's',
        );
        const repository = parseState(start.text, 's');
        const { absent, differences } = compareState(claims(file), repository);
        const taken = differences.map(({ path, file: item }) => ({ path, value: item as Value }));
        const { edits, preconditions } = editsFor([...absent, ...taken], repository);
        for (const precondition of preconditions) checkPrecondition(precondition, repository);
        const applied = applyEdits(start.text, edits, 's');
        const state = parseState(applied.text, 's');
        expect(compareState(claims(file), state)).toMatchObject({ absent: [], differences: [] });
        expect(sameValue(fold([start, applied]), state)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
