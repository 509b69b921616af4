import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Git } from '../../../src/gitstore/process/git.js';
import { mergeStateText } from '../../../src/gitstore/review/merge-state-text.js';
import { mergeData } from '../../../src/model/state/merge-state.js';
import { parseState } from '../../../src/model/state/state-document.js';
import { sameValue } from '../../../src/model/value/value.js';
import { temporaryFolder } from '../../support/git-fixtures.js';

const git = new Git(temporaryFolder(), process.env);
const merge = (base: string, ours: string, theirs: string) =>
  mergeStateText(git, { base, ours, theirs }, 'state.yaml');
const read = (text: string) => parseState(text, 'state.yaml');

/** A state document as people write one: comments above and behind, quoted keys, lists, flow values, blocks. */
type Written = readonly (readonly [key: string, value: string | Written, comment: string | null])[];
const writtenKey = fc.constantFrom('a', 'b', 'c', '"x.y"', "'it is'", 'd-e');
const writtenValue = fc.constantFrom(
  ...['1', 'x', '"#h"', "'a: b'", 'null', 'yes # behind', '{a: 1, b: {c: 2}}', '[1, {d: 2}]', '[]'],
  ...['\n- 1\n- two # in a list\n- {k: v}', '|\n  text\n  # no comment\n  end', '>-\n  folded\n  text'],
);
const written: fc.Arbitrary<Written> = fc.letrec<{ map: Written }>((tie) => ({
  map: fc.uniqueArray(
    fc.tuple(
      writtenKey,
      fc.oneof({ maxDepth: 2 }, writtenValue, tie('map')),
      fc.option(fc.constantFrom('# one', '# two: 2'), { nil: null }),
    ),
    { minLength: 1, maxLength: 3, selector: ([name]) => name },
  ),
})).map;
const indented = (text: string) => text.replace(/\n(?=.)/g, '\n  ');
const textOf = (document: Written): string =>
  document
    .map(([name, item, comment]) => {
      const inside = typeof item === 'string' ? item : `\n${textOf(item).trimEnd()}`;
      return `${comment === null ? '' : `${comment}\n`}${name}:${indented(inside.startsWith('\n') ? inside : ` ${inside}`)}\n`;
    })
    .join('');
/** One change by hand: another value, a key that is gone or new, another comment. */
const change = fc.record({
  at: fc.array(fc.nat({ max: 2 }), { minLength: 1, maxLength: 3 }),
  how: fc.constantFrom('value', 'gone', 'new', 'comment'),
  name: writtenKey,
  value: fc.oneof(writtenValue, written),
});
type Change = {
  readonly at: readonly number[];
  readonly how: string;
  readonly name: string;
  readonly value: string | Written;
};
function changed(document: Written, { at, how, name, value }: Change): Written {
  const [first = 0, ...rest] = at;
  const place = first % document.length;
  const [key, item] = document[place] as Written[number];
  if (rest.length > 0 && typeof item !== 'string')
    return document.with(place, [key, changed(item, { at: rest, how, name, value }), null]);
  if (how === 'gone' && document.length > 1) return document.toSpliced(place, 1);
  if (how === 'new' && !document.some(([known]) => known === name))
    return document.toSpliced(place, 0, [name, value, '# new']);
  return document.with(place, how === 'comment' ? [key, item, '# other'] : [key, value, null]);
}

const sides = fc.tuple(
  written,
  fc.array(change, { minLength: 1, maxLength: 4 }),
  fc.array(change, { minLength: 1, maxLength: 4 }),
);
const isMarked = (text: string) => /^<{7} ours\r?$/m.test(text) && /^>{7} theirs\r?$/m.test(text);

it('merges documents as people write them: what the data says, whoever merges whose; no conflict goes unmarked', async () => {
  let conflicted = 0;
  await fc.assert(
    fc.asyncProperty(sides, fc.boolean(), async ([start, left, right], isDos) => {
      const text = (document: Written) =>
        isDos ? textOf(document).replaceAll('\n', '\r\n') : textOf(document);
      const [base, ours, theirs] = [start, left.reduce(changed, start), right.reduce(changed, start)].map(
        text,
      );
      if (base === undefined || ours === undefined || theirs === undefined)
        throw new RangeError('three sides');
      const expected = mergeData(read(base), read(ours), read(theirs));
      for (const [one, other] of [
        [ours, theirs],
        [theirs, ours],
      ] as const) {
        const merged = await merge(base, one, other);
        expect(merged.conflicts).toHaveLength(expected.conflicts.length);
        if (expected.conflicts.length > 0) expect(isMarked(merged.text)).toBe(true);
        else expect(sameValue(read(merged.text), expected.data)).toBe(true);
        if (isDos) expect(merged.text.replaceAll('\r\n', '')).not.toContain('\n');
      }
      // Nothing is merged where both sides did the same, and one side's own text stays as it was written.
      expect((await merge(base, ours, ours)).text).toBe(ours);
      expect((await merge(base, base, theirs)).text).toBe(theirs);
      conflicted += expected.conflicts.length > 0 ? 1 : 0;
    }),
    // Few runs meet a conflict for certain only by a seed.
    process.env['CAMPAIGN'] === 'long' ? { numRuns: 1000 } : { numRuns: 30, seed: 8 },
  );
  expect(conflicted).toBeGreaterThan(0);
});
