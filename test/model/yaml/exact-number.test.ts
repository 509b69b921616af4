import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse, parseDocument } from 'yaml';
import { MAX_KEY, type Value, valueFault } from '../../../src/model/value/value.js';
import { isExactNumber } from '../../../src/model/yaml/exact-number.js';
import { readPlainYaml } from '../../../src/model/yaml/plain-yaml.js';
import { formatYaml, parseYaml } from '../../../src/model/yaml/yaml.js';
import { anyCharacter } from '../../support/characters.js';

/** A decimal number as people and programs write it, often with more digits than a double holds. */
const decimal = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.stringMatching(/^(?:0|[1-9]\d{0,24})$/),
    fc.option(fc.stringMatching(/^\d{1,24}$/), { nil: undefined }),
    fc.option(fc.integer({ min: -400, max: 400 }), { nil: undefined }),
  )
  .map(([sign, whole, fraction, exponent]) =>
    [
      sign + whole,
      fraction === undefined ? '' : `.${fraction}`,
      exponent === undefined ? '' : `e${exponent}`,
    ].join(''),
  );

/** What a decimal text stands for, as a fraction of two whole numbers. */
function fractionOf(text: string): { over: bigint; under: bigint } {
  const [, sign, whole = '', part = '', power = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/.exec(text) ?? [];
  const shift = Number(power) - part.length;
  const digits = BigInt(sign + whole + part);
  return shift < 0
    ? { over: digits, under: 10n ** BigInt(-shift) }
    : { over: digits * 10n ** BigInt(shift), under: 1n };
}

function isSameNumber(one: string, other: string): boolean {
  const [a, b] = [fractionOf(one), fractionOf(other)];
  return a.over * b.under === b.over * a.under;
}

describe('a number of YAML', () => {
  it('is read and written as the same number, or refused with its place', () => {
    let kept = 0;
    const check = fc.property(decimal, (text) => {
      const file = `n: ${text}\n`;
      const written = String(Number(text));
      const isKept = Number.isFinite(Number(text)) && isSameNumber(text, written);
      expect(isExactNumber(text)).toBe(isKept);
      if (!isKept) {
        expect(() => parseYaml(file, 'f')).toThrow(/^f:1:4: the number .* quote it to keep it as text$/);
        return;
      }
      kept += 1;
      const again = formatYaml(parseYaml(file, 'f'));
      const read: unknown = parseDocument(again).get('n', true);
      expect(isSameNumber(text, (read as { source: string }).source)).toBe(true);
    });
    fc.assert(check, { numRuns: 2_000 });
    expect(kept).toBeGreaterThan(100);
  });

  it.each([
    ['n: 9007199254740992\n', 9007199254740992],
    ['n: 12345678901234567000\n', 12345678901234567000],
    ['n: 0x1F\n', 31],
    ['n: 1.50\n', 1.5],
    ['n: 1e3\n', 1000],
    ['n: 123456789012.345\n', 123456789012.345],
  ])('%j is kept', (text, value) => {
    expect(parseYaml(text, 'f')).toEqual({ n: value });
  });

  it.each([
    'n: 9007199254740993\n',
    'n: -12345678901234567890\n',
    'n: 0x1fffffffffffff1\n',
    'n: 0o7777777777777777777\n',
    'n: 0.12345678901234567890\n',
    'n: 123456789012345.12345678901\n',
    'n: 1e-400\n',
    'n: [1, {k: 9007199254740993}]\n',
    '1.10: x\n',
    '9007199254740993: x\n',
    '007: x\n',
  ])('%j is refused', (text) => {
    expect(() => parseYaml(text, 'f')).toThrow(/^f:1:\d+: the (?:number|key) .*: quote it/);
  });
});

const text = fc.oneof(
  fc.string({ unit: anyCharacter }),
  fc.string({ unit: 'grapheme' }),
  fc.string(),
  fc.string({ unit: fc.constantFrom('\ud800', '\udfff', 'a', '\n', '😀') }),
);
const keys = fc.oneof(
  text,
  fc.integer({ min: MAX_KEY - 3, max: MAX_KEY + 3 }).map((length) => 'k'.repeat(length)),
  fc.constantFrom('1.10', '9007199254740993', 'null', '~', 'true', '__proto__', '<<', '=', '?', '-'),
);
const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.maxSafeInteger(),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 70n }).map(Number),
);
const anyValue = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.oneof(text, number, fc.boolean(), fc.constant(null), fc.constantFrom('9007199254740993', '1e400')),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(keys, tie('value'), { maxKeys: 3 }),
  ),
})).value;

describe('a value without a fault', () => {
  it('reads back as it is, by the YAML package and by the quick reader', () => {
    let plain = 0;
    const check = fc.property(fc.dictionary(keys, anyValue, { minKeys: 1, maxKeys: 3 }), (value) => {
      fc.pre(valueFault(value) === null);
      const written = formatYaml(value);
      // What is stored are bytes.
      const stored = Buffer.from(written).toString('utf8');
      expect(parse(stored)).toEqual(value);
      expect(parseYaml(stored, 'f')).toEqual(value);
      const quick = readPlainYaml(stored);
      if (quick === undefined) return;
      plain += 1;
      expect(quick).toEqual(value);
    });
    fc.assert(check, { numRuns: 3_000 });
    expect(plain).toBeGreaterThan(10);
  });

  it.each([
    [{ a: ['\ud800'] }, 'lone surrogate'],
    [{ 'x\udc00': 1 }, 'lone surrogate'],
    [{ a: { ['k'.repeat(1025)]: 1 } }, 'a key of 1025 characters'],
  ])('is not %j', (value, words) => {
    expect(valueFault(value as Value)).toContain(words);
  });
});
