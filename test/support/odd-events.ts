import fc from 'fast-check';
import { EVENT_KEYS } from '../../src/model/event/event.js';
import { makeUlid, ULID_MAX_TIME } from '../../src/model/value/ulid.js';
import { key, value } from './arbitraries.js';
import { anyCharacter } from './characters.js';
import { T0 } from './store-fixtures.js';

const MINUTE = 60_000;

const shortText = fc.oneof(
  fc.string({ unit: anyCharacter }),
  fc.constantFrom(
    ...[
      '',
      ' ',
      ' x ',
      '\t',
      '\r',
      'a\r\nb',
      'a\rb\n\n',
      '\0',
      '\x7f',
      '\u0085',
      '\u2028',
      '\ufeff',
      '\ufffe',
    ],
    ...['null', '~', 'yes', 'No', '1e3', '0x1F', '012', '1_000', '.inf', '.nan', '1:30', '2025-01-01'],
    ...[
      '- a',
      '? a',
      ': ',
      'a: b',
      '# c',
      '&a',
      '*a',
      '!t',
      '|',
      '>',
      '@',
      '`',
      '%',
      "'",
      '"',
      '<<',
      '{',
      '[',
    ],
    ...[
      '---',
      '--- a',
      '...',
      '%YAML 1.1\n---\n',
      'x\n---\ny',
      '  indented\nless\n',
      'tail\n\n\n',
      '\n lead',
    ],
    ...['__proto__', 'constructor', 'Bearer abcdefghijklmnopqrstuvwxyz0123456789', 'password=Tr0ub4dor&3xyz'],
  ),
);

/**
 * Texts that some YAML reader or writer misinterprets, or that are very long: few of these, because all rules for secrets
 * read each.
 */
export const oddText = fc.oneof(
  { weight: 8, arbitrary: shortText },
  { weight: 1, arbitrary: fc.nat({ max: 300_000 }).map((length) => 'long '.repeat(length / 5)) },
);

/** A value with this nesting depth. */
function nested(depth: number): unknown {
  let inner: unknown = 1;
  for (let i = 0; i < depth; i++) inner = i % 2 === 0 ? [inner] : { a: inner };
  return inner;
}
export const oddValue = fc.oneof(
  { weight: 4, arbitrary: value },
  { weight: 2, arbitrary: oddText },
  fc.integer({ min: 55, max: 70 }).map(nested),
  fc.constantFrom<unknown>(Number.NaN, Infinity, -0, 5e-324, 1e21, undefined, new Date(0), () => 1, 10n),
);

const time = fc.oneof(
  fc.constantFrom(0, 1, T0, T0 + 4 * MINUTE, T0 + 6 * MINUTE, T0 + 60 * MINUTE, ULID_MAX_TIME),
  fc.integer({ min: 0, max: T0 }),
);
const oddId = fc.oneof(
  fc.tuple(time, fc.bigInt({ min: 0n, max: 2n ** 80n - 1n })).map(([at, random]) => makeUlid(at, random)),
  fc.constantFrom<unknown>('', '0', '01jzxk5b7q3m8n2v4c6d9f0g1h', '8ZZZZZZZZZZZZZZZZZZZZZZZZZ', 7, null),
);
const oddTimestamp = fc.oneof(
  time.filter((at) => at <= 8.64e15).map((at) => new Date(at).toISOString()),
  fc.constantFrom<unknown>(
    ...['2025-07-11T14:30:00Z', '2025-07-11t14:30:00z', '2025-07-11 14:30:00+02:00', '2025-07-11T14:30:60Z'],
    ...['2025-02-30T00:00:00Z', '1969-12-31T23:59:59Z', '1970-01-01T00:00:00+01:00', '0000-01-01T00:00:00Z'],
    ...['9999-12-31T23:59:59Z', '2099-01-01T00:00:00Z', '2025-07-11', 'today', T0, null],
    '2025-07-11T14:30:00.123456789Z',
  ),
);

const plain: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  id: oddId,
  timestamp: oddTimestamp,
  outcome: fc.constantFrom('started', 'succeeded', 'failed', 'perhaps', ''),
  lifecycle: fc.constantFrom('created', 'deleted', 'gone'),
  duration_seconds: fc.oneof(fc.double(), fc.constantFrom<unknown>('5', -1, 1e308)),
};
const map = fc.dictionary(
  fc.oneof(
    key,
    oddText.filter((text) => text.length <= 1024),
  ),
  oddValue,
  { maxKeys: 3 },
);
const MAPS = new Set(['parameters', 'context', 'source', 'changes', 'secret_override']);

function fieldOf(name: string): fc.Arbitrary<unknown> {
  const usual = plain[name] ?? (MAPS.has(name) ? map : oddText);
  return fc.oneof({ weight: 5, arbitrary: usual }, { weight: 1, arbitrary: oddValue });
}

const names = [...EVENT_KEYS, 'secret_override'];
/** Fields of an event as callers may give them, sensible or not. */
export const oddFields: fc.Arbitrary<Record<string, unknown>> = fc
  .tuple(
    fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom<unknown>('backup_done', 'a', '0.x-y', '1e3', 'null', 'true') },
      { weight: 1, arbitrary: oddText },
    ),
    fc
      .subarray(names, { maxLength: 4 })
      .chain((some) => fc.record(Object.fromEntries(some.map((name) => [name, fieldOf(name)])))),
    fc.dictionary(key, oddValue, { maxKeys: 2 }),
  )
  .map(([action, known, unknown]) => ({ action, ...unknown, ...known }));

/** Names of subjects as callers may give them. */
export const oddSubject: fc.Arbitrary<unknown> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom<unknown>(
      ...['deployment/dep-a', 'cluster/prod', 'cluster/team/prod', 'cluster/default/team/prod.eu', 'prod'],
      ...[
        'deployment/1',
        'deployment/con',
        `cluster/${'n'.repeat(253)}`,
        'deployment/1e3',
        'deployment/null',
      ],
    ),
  },
  fc.constantFrom<unknown>(
    ...[
      'lock/network',
      'lock/',
      'deployment/',
      'deployment/../x',
      'cluster/A',
      'a/b/c/d',
      '',
      'deployment/.git',
    ],
    ...[undefined, null, 7, `deployment/${'n'.repeat(254)}`, 'deployment/x.lock'],
  ),
  oddText,
);
