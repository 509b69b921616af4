import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import type { KgitEvent } from '../../src/model/event.js';
import { formatEvent } from '../../src/model/event-file.js';
import { plainValue } from '../../src/model/plain-value.js';
import { value } from '../support/arbitraries.js';

const parsed = (text: string) => parseDocument(text, { strict: true, uniqueKeys: true }).toJS();

const SCALARS = [
  ...['1', '-1', '01', '1.5', '1.', '.5', '-0', '0x1f', '0o17', '1e3', '1.2.3', '12E4', '9007199254740993'],
  ...['true', 'True', 'null', 'NULL', 'nullable', 'yes', '~', '.inf', '.nan', 'x ', 'a b', "'it''s'", "''"],
  ...[
    '"a\\tb"',
    '"\\u00e9"',
    '"\\x41"',
    '{}',
    '[]',
    '[1]',
    '2025-07',
    'x:y',
    'a #b',
    'ü',
    '-',
    '--',
    '|',
    '|-',
  ],
];
const line = fc.oneof(
  fc.constantFrom(
    ...[
      '  b: 1',
      'c:',
      '    deep',
      '  text',
      '',
      '  - x',
      '  - b: 2',
      '    c: 3',
      '  - - x',
      'n: |',
      'n: |+',
      '# c',
    ],
  ),
  fc
    .tuple(fc.constantFrom('a', 'b', 'd'), fc.constantFrom(...SCALARS))
    .map(([key, text]) => `${key}: ${text}`),
  fc.constantFrom(...SCALARS).map((text) => `  - ${text}`),
);

describe('a plain value', () => {
  it('of a common event is what was written, in the order of its keys', () => {
    const event = {
      id: '01JZXK5B7Q3M8N2V4C6D9F0G1H',
      timestamp: '2025-07-11T14:30:00Z',
      action: 'state_changed',
      message: 'it works: "so" said he, at 10:30 #1',
      parameters: { location: 'eastus', sizes: ['a', 'b'], count: 3, enabled: true, none: null, empty: {} },
      notes: 'one\n  two\n\nthree\n',
      changes: [{ path: 'deployment.phase', before: 'a', after: { b: [1] } }, { path: 'x' }],
      duration_seconds: 312.5,
    } as unknown as KgitEvent;
    expect(plainValue(formatEvent(event))).toEqual(event);
  });

  it('is what the parser makes of the same text, wherever it is given at all', () => {
    let seen = 0;
    const check = (text: string) => {
      const plain = plainValue(text);
      if (plain === null) return;
      seen += 1;
      expect(JSON.stringify(plain), text).toBe(JSON.stringify(parsed(text)));
    };
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 6 }), (lines) => check(`${lines.join('\n')}\n`)),
      { numRuns: 10_000 },
    );
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), value, { minKeys: 1 }), (map) =>
        check(formatEvent(map as unknown as KgitEvent)),
      ),
      { numRuns: 1_000 },
    );
    expect(seen).toBeGreaterThan(400);
  });
});
