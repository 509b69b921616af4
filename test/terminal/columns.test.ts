import fc from 'fast-check';
import stringWidth from 'string-width';
import { expect, it } from 'vitest';
import { columnsOf } from '../../src/terminal/columns.js';

const PARTS = [
  ...[
    'a',
    '…',
    '✓',
    'é',
    'e\u0301',
    'ß',
    '節',
    'ｱ',
    '한',
    '\u1112\u1161\u11ab',
    '🚀',
    '👩‍💻',
    '🇨🇭',
    '🇨',
    '☂',
    '☂\ufe0f',
  ],
  ...[
    '1\ufe0f\u20e3',
    '\u200b',
    '\u200d',
    '\ufeff',
    '\u00ad',
    '\u0000',
    '\u009f',
    '\ud83d',
    '\udc00',
    '\u{e0020}',
  ],
  ...['\u0915\u094d\u0937', '\u064b', '\u115f', '\u3164', '\u061c', '\ufe20', '\u20d0', '\u{1f3fd}', '👋🏽'],
  ...['\u001b[31m', '\u001b[0m', '\u001b[1;4m'],
];

it('counts the columns of a text as string-width does', () => {
  const text = fc.oneof(
    fc.array(fc.constantFrom(...PARTS), { maxLength: 8 }).map((parts) => parts.join('')),
    // Every sequence of escape but styles is taken from a text before it is measured.
    fc.string({ unit: 'binary', maxLength: 8 }).map((drawn) => drawn.replace(/[\u001b\u0080-\u009f]/g, '')),
    fc.string({ unit: 'grapheme', maxLength: 8 }),
  );
  fc.assert(
    fc.property(text, (drawn) => {
      expect(columnsOf(drawn)).toBe(stringWidth(drawn));
    }),
    { numRuns: 3_000 },
  );
});
