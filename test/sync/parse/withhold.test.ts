import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatStatePath, type StatePath } from '../../../src/model/state/state-path.js';
import type { Value } from '../../../src/model/value/value.js';
import { withhold } from '../../../src/sync/parse/withhold.js';
import { value } from '../../support/arbitraries.js';
import { eventFile, finder, legacyFile, MemoryRepository } from '../import-support.js';

const SECRET = 'hunter2-and-more';
const find = finder((text) => text.includes(SECRET), 'password');

describe('withhold', () => {
  it('leaves a secret out of a map, and a list that holds one out as a whole', () => {
    const state: Value = { a: { key: SECRET, rest: 1 }, list: [1, SECRET], maps: [{ key: SECRET, rest: 2 }] };
    expect(withhold(state, ['deployment'], find, 'leave out')).toEqual({
      value: { a: { rest: 1 }, maps: [{ rest: 2 }] },
      withheld: ['deployment.a.key', 'deployment.list.1', 'deployment.maps.0.key'],
    });
  });

  it('puts a marker in its place', () => {
    expect(withhold([{ m: SECRET, rest: [SECRET] }], ['events'], find, 'mark').value).toEqual([
      { m: '<withheld: password>', rest: ['<withheld: password>'] },
    ]);
  });

  it('goes on until a guard that finds one at a time finds none', () => {
    const one = {
      ...find,
      find: (...given: Parameters<typeof find.find>) => find.find(...given).slice(0, 1),
    };
    const state = { a: SECRET, b: SECRET, c: { d: SECRET, e: 1 } };
    expect(withhold(state, ['x'], one, 'leave out')).toEqual({
      value: { c: { e: 1 } },
      withheld: ['x.a', 'x.b', 'x.c.d'],
    });
  });

  it('keeps nothing where a secret cannot be placed', () => {
    const vague = {
      find: (input: unknown) =>
        JSON.stringify(input).includes(SECRET) ? [{ path: 'somewhere', what: 'password' }] : [],
      show: formatStatePath,
    };
    expect(withhold({ a: SECRET }, ['deployment'], vague, 'leave out').value).toBeUndefined();
    expect(withhold({ [SECRET]: 1 }, ['deployment'], vague, 'mark').value).toBeUndefined();
  });

  it('takes a key that is itself the secret away with its value', () => {
    const show = (path: StatePath) => formatStatePath(path).replaceAll(SECRET, '***');
    const keys = {
      find: (input: unknown, path: StatePath) =>
        JSON.stringify(input).includes(SECRET)
          ? [{ path: show(input === SECRET ? path : [...path, SECRET]), what: 'password' }]
          : [],
      show,
    };
    expect(withhold({ [SECRET]: 1, rest: 2 }, ['events'], keys, 'mark')).toEqual({
      value: { rest: 2 },
      withheld: ['events.***'],
    });
  });

  it('leaves no secret, wherever it stands, and everything where there is none', () => {
    fc.assert(
      fc.property(value, value, (a, b) => {
        expect(withhold([a, b], ['x'], find, 'mark')).toEqual({ value: [a, b], withheld: [] });
        for (const mode of ['mark', 'leave out'] as const) {
          const mixed = withhold(
            { a, s: SECRET, deep: { b, list: [b, { s: `x${SECRET}` }] } },
            ['x'],
            find,
            mode,
          );
          expect(JSON.stringify(mixed)).not.toContain(SECRET);
          expect(mixed.withheld).toEqual(['x.s', 'x.deep.list.1.s']);
        }
      }),
    );
  });

  it('refuses a file whose name of the subject is a secret', async () => {
    const files = [
      eventFile([], 'deployment-events.yaml', SECRET),
      legacyFile('cluster-a-events.yaml', `cluster_name: ${SECRET}\n`),
    ];
    const plan = await new MemoryRepository().plan(files, 'fail', { secrets: find });
    expect(plan.files.map(({ error }) => error?.code)).toEqual(['SECRET', 'SECRET']);
    expect(JSON.stringify(plan)).not.toContain(SECRET);
  });
});
