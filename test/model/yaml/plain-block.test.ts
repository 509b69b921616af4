import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import type { KgitEvent } from '../../../src/model/event/event.js';
import { formatEvent } from '../../../src/model/event/event-file.js';
import { isPlainBlock, readPlainYaml } from '../../../src/model/yaml/plain-yaml.js';
import { value } from '../../support/arbitraries.js';

/** What a parser makes of a text: its value, keys in order; null where it finds fault. */
function parsed(text: string): string | null {
  const document = parseDocument(text, { strict: true, uniqueKeys: true });
  return document.errors.length + document.warnings.length > 0 ? null : JSON.stringify(document.toJS());
}

function indented(text: string): string {
  const lines = text.split('\n').map((line) => (line === '' ? '' : `    ${line}`));
  return `events:\n  - ${lines.join('\n').slice(4)}`;
}

/** Lines that look like YAML, good and bad, to be put together in any way. */
const line = fc.oneof(
  fc.constantFrom(
    ...['a: 1', 'b: x', 'a:', '  a: 2', '  b:', '- a: 1', '  - a: 1', '    b: 2', '  - x', '- y', '    - z'],
    ...['n: |', 'n: |-', 'n: |+', '  text', '    deep', ' odd', '', '  ', '# c', 'a: b: c', "q: 'it''s'"],
    ...[
      'q: "x\\ty"',
      'q: "\\q"',
      'k: &a x',
      'k: *a',
      '---',
      '...',
      '%YAML 1.2',
      '? a',
      'x',
      'a: [1',
      'a: {}',
    ],
    ...[
      '\ta: 1',
      'a:\t1',
      'a: x #y',
      'a: x#y',
      'a: -',
      'a: - b',
      'a: 1.2.3',
      'a: x:',
      'null: 1',
      'a: ü',
      '  - b:',
    ],
  ),
  fc.string({ maxLength: 12 }),
);

describe('a plain block', () => {
  it('is seen in what kgit writes of a common event', () => {
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
    expect(isPlainBlock(formatEvent(event))).toBe(true);
  });

  it('is valid, and means the same at another indentation', () => {
    let seen = 0;
    const check = (text: string) => {
      const read = readPlainYaml(text);
      if (read !== undefined) expect(JSON.stringify(read), text).toBe(parsed(text));
      if (!isPlainBlock(text)) return;
      seen += 1;
      const alone = parsed(text);
      expect(alone, text).not.toBeNull();
      expect(parsed(indented(text)), text).toBe(`{"events":[${alone}]}`);
    };
    fc.assert(
      fc.property(fc.array(line, { maxLength: 7 }), (lines) => check(`${lines.join('\n')}\n`)),
      { numRuns: 10_000 },
    );
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), value, { minKeys: 1 }), (map) =>
        check(formatEvent(map as unknown as KgitEvent)),
      ),
      { numRuns: 1_000 },
    );
    expect(seen).toBeGreaterThan(200);
  });

  it('gives the lines of a block as the package does', () => {
    const content = fc.constantFrom(
      'text',
      'more: x',
      '- y',
      '# c',
      '',
      '',
      ' deep',
      '   deeper',
      '\ttab',
      'ü',
    );
    const block = fc
      .tuple(
        fc.constantFrom('|', '|-', '|+'),
        fc.constantFrom(' ', '  ', '    '),
        fc.array(content, { maxLength: 5 }),
        fc.constantFrom('', 'z: 1\n', '# c\n', '\n# c\nz: 1\n'),
      )
      .map(([mark, indent, lines, after]) => {
        const text = lines.map((line) => (line === '' ? '' : indent + line)).join('\n');
        return { mark, text: lines.length > 0 ? `${text}\n` : '', after };
      });
    const place = fc.constantFrom<(key: string, text: string) => string>(
      (key, text) => key + text,
      (key, text) => `p:\n  ${key}${text.replace(/^(?=.)/gm, '  ')}`,
      (key, text) => `p:\n  - ${key}${text.replace(/^(?=.)/gm, '    ')}`,
    );
    let seen = 0;
    fc.assert(
      fc.property(block, place, ({ mark, text, after }, put) => {
        const whole = put(`notes: ${mark}\n`, text) + after;
        const read = readPlainYaml(whole);
        if (read === undefined) return;
        seen += 1;
        expect(JSON.stringify(read), whole).toBe(parsed(whole));
      }),
      { numRuns: 5_000 },
    );
    expect(seen).toBeGreaterThan(1_000);
  });
});
