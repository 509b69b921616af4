import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Document, isScalar, parseDocument, Scalar, visit } from 'yaml';
import { formatPlainYaml, readPlainYaml } from '../../../src/model/yaml/plain-yaml.js';
import { key, value } from '../../support/arbitraries.js';

/** What the YAML package makes of a text; undefined where it finds fault. */
function parsed(text: string): unknown {
  const document = parseDocument(text, { strict: true, uniqueKeys: true });
  return document.errors.length + document.warnings.length > 0 ? undefined : document.toJS();
}

/** What the YAML package writes, dates and old truth values in quotes. */
function formatted(data: unknown): string {
  const document = new Document(data, { aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_key, node) {
      if (!isScalar(node) || typeof node.value !== 'string') return;
      if (/^\d{4}-\d\d?-\d\d?|^(y|n|yes|no|on|off)$/i.test(node.value)) node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  return document.toString({ lineWidth: 0 });
}

const ODD = [
  ...[
    '1',
    '-1',
    '0',
    '-0',
    '01',
    '1.5',
    '1.50',
    '.5',
    '1.',
    '1e3',
    '0x1F',
    '0o17',
    '0b1',
    '1_000',
    '1.2.3',
    '10.0.0.1',
  ],
  ...[
    '12345678901234567890',
    '01JZXK5B7Q3M8N2V4C6D9F0G1H',
    '0123456789012345678901234E',
    '1E5',
    '12:30:45',
    '+1',
  ],
  ...['true', 'True', 'TRUE', 'null', 'Null', '~', 'yes', 'No', 'on', 'y', '.inf', '.NaN', 'Infinity', 'nan'],
  ...[
    '2025-07-11',
    '2025-07-11T14:30:00Z',
    '"2025-07-11T14:30:00.123Z"',
    '2025-7-1 x',
    '12-34',
    'a-',
    'a:',
    'a: b',
    'a:b',
  ],
  ...[
    'a #b',
    'a#b',
    '#',
    '-',
    '- a',
    '?',
    '? a',
    '|',
    '>',
    '|-',
    '&a x',
    '*a',
    '!t x',
    '@x',
    '`x',
    '%x',
    '{}',
    '[]',
    '{a: 1}',
  ],
  ...[
    '[1]',
    '"a"',
    '"a\\nb"',
    '"a\\"b"',
    '"\\u00e4"',
    '"\\x41"',
    '"a',
    "'a'",
    "'it''s'",
    "'a",
    'ü',
    '日本',
    'a\u00a0',
    '\u0085',
  ],
  ...[
    'Template: a-1, Credential: b: c',
    "it's: a # b",
    'a: "b"',
    'a: \\b',
    'a: b ',
    'ab: \u0085',
    'x\u2028y',
    'a\ufeff',
    '<<',
    '=',
    '---',
    '...',
    '/a/b',
    '(x)',
    'a, b',
    'x]',
    'x}',
    'a  b',
    'a ',
    ' a',
    'a\tb',
    '',
  ],
];
const KEYS = [
  'a',
  'b',
  'c.d',
  'e-f',
  'n',
  'null',
  'true',
  '__proto__',
  'constructor',
  '<<',
  '1',
  '"q"',
  'a b',
  'a-',
  '?',
];
const GOOD = [
  'eastus',
  'it works',
  'kcm-system',
  'Standard_A4_v2',
  '12',
  '3.5',
  'true',
  'null',
  '{}',
  '"x y"',
  '10.0.0.0/16',
];
const scalar = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...GOOD) },
  { weight: 2, arbitrary: fc.constantFrom(...ODD) },
  { weight: 1, arbitrary: fc.string({ maxLength: 8 }) },
  { weight: 1, arbitrary: fc.double().map(String) },
);
/** Mostly the first. */
const often = <T>(good: readonly T[], odd: readonly T[]) =>
  fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...good) },
    { weight: 1, arbitrary: fc.constantFrom(...odd) },
  );
const keyOf = fc.oneof(
  { weight: 6, arbitrary: fc.stringMatching(/^[a-d]{1,3}$/) },
  { weight: 1, arbitrary: fc.constantFrom(...KEYS) },
);
const line = fc
  .tuple(
    often(['', '', '', '  ', '  ', '    '], ['      ', ' ', '\t']),
    often(['', '', '', '', '- '], ['- - ', '-  ']),
    fc.oneof(
      { weight: 5, arbitrary: fc.tuple(keyOf, fc.constant(': '), scalar).map((parts) => parts.join('')) },
      { weight: 2, arbitrary: keyOf.map((name) => `${name}:`) },
      { weight: 1, arbitrary: scalar },
      {
        weight: 1,
        arbitrary: fc
          .tuple(keyOf, fc.constantFrom(':', ':  ', ' : ', ''), scalar)
          .map((parts) => parts.join('')),
      },
    ),
    often([''], [' # c', ' ', '\r', ' #c']),
  )
  .map((parts) => parts.join(''));
const comment = fc.constantFrom(
  '# c',
  '  # c: d',
  '',
  '  ',
  '# yaml-language-server: $schema=x',
  '...',
  '---',
);
const document = fc.array(fc.oneof({ weight: 9, arbitrary: line }, { weight: 1, arbitrary: comment }), {
  maxLength: 7,
});

describe('plain YAML', () => {
  it('is read as the YAML package reads it, or not at all', () => {
    let seen = 0;
    const check = (text: string) => {
      const read = readPlainYaml(text);
      if (read === undefined) return;
      seen += 1;
      const wanted = parsed(text);
      expect(read, JSON.stringify(text)).toEqual(wanted);
      expect(JSON.stringify(read), JSON.stringify(text)).toBe(JSON.stringify(wanted));
    };
    for (const odd of ODD) {
      check(`a: ${odd}\n`);
      check(`a:\n  - ${odd}\n`);
      check(`${odd}: a\n`);
    }
    const lines = (all: readonly string[]) => check(`${all.join('\n')}\n`);
    fc.assert(fc.property(document, lines), { numRuns: 30_000 });
    fc.assert(
      fc.property(fc.dictionary(key, value, { minKeys: 1 }), (data) => check(formatted(data))),
      {
        numRuns: 1_000,
      },
    );
    expect(seen).toBeGreaterThan(500);
  });

  it('is written as the YAML package writes it, or not at all', () => {
    let seen = 0;
    const check = (data: unknown) => {
      const text = formatPlainYaml(data);
      if (text === undefined) return;
      seen += 1;
      expect(text).toBe(formatted(data));
    };
    const words = fc.oneof(fc.constantFrom(...GOOD), fc.constantFrom(...ODD));
    const leaf = fc.oneof(
      words,
      fc.string({ maxLength: 4 }),
      fc.double(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.constant(-0),
    );
    const tree = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3, depthSize: 'small' },
        leaf,
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(keyOf, tie('value'), { maxKeys: 3 }),
      ),
    })).value;
    for (const odd of ODD)
      for (const data of [{ a: odd }, { [odd]: 1 }, { a: [odd] }, { a: [{ b: odd }] }]) check(data);
    fc.assert(fc.property(fc.dictionary(keyOf, tree), check), { numRuns: 5_000 });
    fc.assert(
      fc.property(fc.dictionary(keyOf, tree), (data) => check(new Map(Object.entries(data)))),
      { numRuns: 500 },
    );
    expect(seen).toBeGreaterThan(300);
  });

  it('is seen in what a repository holds', () => {
    const marker =
      '# yaml-language-server: $schema=x\napiVersion: kgit/v1\nkind: StateRepository\nmanagements:\n  default: {}\n';
    const state =
      'deployment:\n  id: dep-1\n  phases:\n    create_vms:\n      status: done\n  count: 3\n  zones:\n    - "1"\n';
    const event = `id: 01JZXK5B7Q3M8N2V4C6D9F0G1H\ntimestamp: "2025-07-11T14:30:00Z"\naction: touched\nmessage: it works at 10:30\n`;
    for (const text of [marker, state, event]) expect(readPlainYaml(text)).toStrictEqual(parsed(text));
    const data = {
      id: '01JZXK5B7Q3M8N2V4C6D9F0G1H',
      timestamp: '2025-07-11T14:30:00Z',
      parameters: { sizes: ['a'] },
    };
    expect(formatPlainYaml(data)).toBe(formatted(data));
    const entry = { action: 'x', message: 'Template: a-1, Credential: b' };
    expect(formatPlainYaml(entry)).toBe(formatted(entry));
  });
});
