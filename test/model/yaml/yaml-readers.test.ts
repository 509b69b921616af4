/** Every writer of YAML is read by every reader as what was written, and the other way round. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editState, formatState, parseState } from '../../../src/model/state/state-document.js';
import { sameValue, type Value, type ValueMap } from '../../../src/model/value/value.js';
import { escapedJson } from '../../../src/model/yaml/escaped-text.js';
import { formatPlainYaml } from '../../../src/model/yaml/plain-yaml.js';
import { parseSpelledYaml } from '../../../src/model/yaml/spelled-yaml.js';
import { formatYaml, parseYaml } from '../../../src/model/yaml/yaml.js';
import { ScriptEventsFile } from '../../../src/sync/script-api/script-events-file.js';
import { ScriptStateFile } from '../../../src/sync/script-api/script-state-file.js';
import { temporaryFolder } from '../../support/git-fixtures.js';
import {
  ODD_CHARACTERS,
  ODD_TEXTS,
  oddKey,
  oddMap,
  oddText,
  oddValue,
} from '../../support/yaml-readers/odd-values.js';
import { READERS, WRITERS } from '../../support/yaml-readers/readers.js';

/** yq writes what it cannot read itself, as a block, of lines with a tab or a line separator in them. */
const NOT_BY_YQ = /\\n.*(?:[\x85\u2028\u2029]|\\t)|(?:[\x85\u2028\u2029]|\\t).*\\n/;
const silent = () => undefined;
/** Every character of Unicode's first plane but the halves, and some of the others, a thousand to a file. */
const ALL = [
  ...Array.from({ length: 0x10000 }, (_, code) => code).filter((code) => code < 0xd800 || code > 0xdfff),
  ...[0x10000, 0x1f600, 0x1fffe, 0x1ffff, 0x2fffe, 0xe0001, 0xf0000, 0x10fffe, 0x10ffff],
].map((code) => String.fromCodePoint(code));

const isBareValue = (text: string): boolean => formatYaml({ v: text }) === `v: ${text}\n`;
const isBareKey = (text: string): boolean => formatYaml({ [text]: 1 }) === `${text}: 1\n`;

/** Texts with each character between letters: those that kgit writes as they are by the dozen, any other on its own. */
function between(characters: readonly string[]): string[] {
  const bare = characters.filter((one) => isBareValue(`a${one}b`));
  const others = characters.filter((one) => !isBareValue(`a${one}b`));
  const joined = Array.from({ length: Math.ceil(bare.length / 12) }, (_, i) =>
    bare
      .slice(i * 12, i * 12 + 12)
      .map((one) => `a${one}b`)
      .join(''),
  );
  // No text of many hides how one of them would be written.
  expect(joined.filter((text) => !isBareValue(text) || !isBareKey(text))).toEqual([]);
  return [...joined, ...others.map((one) => `a${one}b`)];
}

/** A text that a reader refuses, found by halves; none if it reads all of them. */
function refused(texts: readonly string[], read: (typeof READERS)[string]): string | undefined {
  try {
    read(texts);
    return undefined;
  } catch {
    if (texts.length === 1) return texts[0];
    const half = Math.ceil(texts.length / 2);
    return refused(texts.slice(0, half), read) ?? refused(texts.slice(half), read);
  }
}

/** Where a text was not read as the value that was written: the reader, the text, and what it made of it. */
function misread(texts: readonly string[], values: readonly unknown[]): unknown[] {
  return Object.entries(READERS).flatMap(([reader, read]): unknown[] => {
    let all: readonly unknown[];
    try {
      all = read(texts);
    } catch (cause) {
      return [{ reader, refused: refused(texts, read) ?? String(cause) }];
    }
    return texts
      .flatMap((text, i) =>
        sameValue(all[i], values[i]) ? [] : [{ reader, text, wanted: values[i], read: all[i] }],
      )
      .slice(0, 3);
  });
}

function checked(name: string, texts: readonly string[], values: readonly Value[]): void {
  expect(texts.length).toBe(values.length);
  expect(
    misread(texts, values).map((one) => JSON.stringify(one)),
    name,
  ).toEqual([]);
  const own = texts.map((text) => parseYaml(text, 'f'));
  expect(own.findIndex((value, i) => !sameValue(value, values[i]))).toBe(-1);
  console.info(`${name}: ${texts.length} files, ${Object.keys(READERS).length + 1} readers`);
}

describe('what kgit writes, every reader reads', () => {
  it('every character, as a value and as a key, alone and between others', () => {
    const values: ValueMap[] = [];
    for (let i = 0; i < ALL.length; i += 1000) {
      const some = ALL.slice(i, i + 1000);
      const texts = between(some);
      values.push({ values: [...some, ...texts] });
      values.push({ keys: Object.fromEntries(texts.map((text, at) => [text, at])) });
    }
    checked('every character', values.map(formatYaml), values);
  });

  it('odd texts as values, keys and items, by the fast writer and by the YAML package', () => {
    const texts = [...ODD_TEXTS, ...ODD_CHARACTERS, ...fc.sample(oddText, 2000)];
    const values: ValueMap[] = texts.slice(0, 800).map((v) => ({ v }));
    for (let i = 0; i < texts.length; i += 20) {
      const some = texts.slice(i, i + 20);
      values.push({ values: some, pairs: some.map((text) => ({ [`k${text}`]: text })) });
      values.push(Object.fromEntries(some.map((text) => [text === '<<' ? '' : text, text])));
    }
    const plain = values.filter((value) => formatPlainYaml(value) !== undefined);
    expect(plain.length).toBeGreaterThan(20);
    checked('odd texts', values.map(formatYaml), values);
  });

  it('numbers', () => {
    const numbers = [
      0,
      -0,
      1e21,
      1e-7,
      1.5e300,
      5e-324,
      -1e22,
      0.1,
      1e20,
      2 ** 63,
      2 ** 63 - 1024,
      1.5 * 2 ** 63,
      2 ** 64,
      -(2 ** 63),
      Number.MAX_VALUE,
    ];
    const any = fc.sample(fc.double({ noNaN: true, noDefaultInfinity: true }), 1000);
    const values = [{ numbers, any }];
    checked('numbers', values.map(formatYaml), values);
  });

  it('odd documents', () => {
    const values = fc.sample(oddMap, 400) as ValueMap[];
    checked('odd documents', values.map(formatYaml), values);
  });

  it('a state document after edits', () => {
    const samples = fc.sample(
      fc.tuple(oddMap, fc.array(fc.tuple(oddKey, oddValue), { minLength: 1, maxLength: 3 })),
      300,
    );
    const texts = samples.map(([data, edits]) =>
      editState(
        formatState(data, '# head\n'),
        edits.map(([key, value], i) => ({ op: 'set', path: i === 0 ? [key] : ['deployment', key], value })),
        'f',
      ),
    );
    checked(
      'edits of state',
      texts,
      texts.map((text) => parseState(text, 'f')),
    );
  });

  it('a state file of the scripts after calls, and an event file', async () => {
    const folder = temporaryFolder();
    const [texts, values]: [string[], Value[]] = [[], []];
    for (const [i, [data, calls]] of fc
      .sample(fc.tuple(oddMap, fc.array(fc.tuple(oddKey, oddText), { minLength: 1, maxLength: 4 })), 200)
      .entries()) {
      const path = join(folder, `${i}.yaml`);
      writeFileSync(path, formatYaml({ ...data, own: {} }));
      const file = new ScriptStateFile(path, silent);
      await file.change(calls.map(([key, text]) => [['own', key], text] as const));
      await file.change([[['last_updated'], calls[0]?.[1]]]);
      texts.push(readFileSync(path, 'utf8'));
      values.push({ ...data, own: Object.fromEntries(calls), last_updated: calls[0]?.[1] as string });
      const log = join(folder, `${i}-events.yaml`);
      writeFileSync(log, i % 2 === 0 ? 'events: []\n' : `${formatYaml({ events: [data] })}`);
      const events = new ScriptEventsFile(log, silent);
      const entries = calls.map(([action, message]) => ({
        timestamp: '2025-12-04T01:00:00Z',
        action,
        message,
      }));
      for (const entry of entries) await events.add(entry);
      texts.push(readFileSync(log, 'utf8'));
      values.push({
        events: [...(i % 2 === 0 ? [] : [data as Value]), ...entries],
        last_updated: '2025-12-04T01:00:00Z',
      });
    }
    checked('files of the scripts', texts, values);
  });

  it('texts in quotes', () => {
    const values = [...ODD_TEXTS, ...ODD_CHARACTERS, ...fc.sample(oddText, 500)];
    checked(
      'quoted texts',
      values.map((text) => `v: ${escapedJson(text)}\n`),
      values.map((v) => ({ v })),
    );
  });
});

describe('what others write, kgit reads', () => {
  /** A number that they spell in another way than kgit is kept as their text. */
  const isSame = (read: unknown, wanted: unknown): boolean => {
    if (typeof wanted === 'number' && typeof read === 'string')
      return Number(read.replace('_', '')) === wanted;
    if (Array.isArray(wanted) && Array.isArray(read))
      return wanted.length === read.length && wanted.every((item, i) => isSame(read[i], item));
    if (typeof wanted !== 'object' || wanted === null || typeof read !== 'object' || read === null)
      return sameValue(read, wanted);
    const keys = Object.keys(wanted);
    return (
      keys.length === Object.keys(read).length &&
      keys.every(
        (key) => Object.hasOwn(read, key) && isSame(Reflect.get(read, key), Reflect.get(wanted, key)),
      )
    );
  };

  it.each([
    ['yq', 60],
    ['PyYAML', 400],
  ])('%s: odd documents', (name, count) => {
    const texts = [
      ...ODD_TEXTS,
      ...ODD_CHARACTERS.flatMap((one) => [one, `a${one}`, `${one}a`, `a${one}b`, `a ${one} b`]),
    ];
    const values = [
      ...(name === 'yq' ? [] : texts.map((text) => ({ [text]: [text] }))),
      { texts: texts.filter((text) => !NOT_BY_YQ.test(JSON.stringify(text))) },
      ...fc.sample(oddMap, count),
    ].filter((value) => name !== 'yq' || !NOT_BY_YQ.test(JSON.stringify(value)));
    const written = (WRITERS[name] as (typeof WRITERS)[string])(values);
    // yq loses a line end at the beginning of a text itself, so what it reads is what it has written.
    const wanted = READERS[name]?.(written) ?? [];
    const wrong = written.flatMap((text, i) => {
      const read = parseSpelledYaml(text, 'f');
      return isSame(read, wanted[i]) ? [] : [JSON.stringify({ text, read, wanted: wanted[i] })];
    });
    expect(wrong.slice(0, 3)).toEqual([]);
    console.info(`${name} writes: ${written.length} files`);
  });

  it('a line separator in quotes, as yq writes it', () => {
    const values = [{ list: ['a\u2028b', '\u2028a', 'a \u2029 b'] }];
    expect((WRITERS['yq']?.(values) ?? []).map((text) => parseSpelledYaml(text, 'f'))).toEqual(values);
  });
});
