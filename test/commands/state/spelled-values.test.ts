import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { assignedText, parseAssignment, parseParameters } from '../../../src/cli/input/assignments.js';
import { valueFault } from '../../../src/model/value/value.js';
import { parseSpelledYaml } from '../../../src/model/yaml/spelled-yaml.js';
import { formatYaml, parseYaml } from '../../../src/model/yaml/yaml.js';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { kgit, kgitJson } from '../../support/kgit.js';
import { stateRepository } from '../../support/state-repository.js';

/** What people type that some reader of YAML takes for something else. */
const TYPED = [
  ...['012345678901', '12345678901234567890', '1.10', '0o17', '017', '1e400', '1e3', '12:30:45', '-0', '+5'],
  ...[
    '0x1F',
    '0b11',
    '1_000',
    '1_2.5',
    '.5',
    '5.',
    '190:20:30.15',
    '2025-01-02',
    '2025-1-2T3:4:5Z',
    '.inf',
    '.NaN',
    'e5',
    'e1234567',
    'E+3',
  ],
  ...['True', 'NULL', '~', 'yes', 'off', 'Y', '=', '<<', '!x', '&x', '*x', '[a, b]', '{k: v}', '"q"', "'q'"],
  ...[
    'a: b',
    'a #b',
    '- x',
    '? x',
    '%x',
    '@x',
    '`x`',
    '|',
    '>',
    '',
    ' ',
    ' x ',
    'a\nb',
    '1.2.3',
    '10.0.0.1/8',
  ],
];
/** What is plainly a number, truth value or null. */
const PLAIN = ['3', '0', '-12', '0.5', '-0.25', '123456789012345', '1.1', 'true', 'false', 'null'];

const numberLike = fc.stringMatching(/^[-+]?[\d._]{0,6}(?:[eExob:][-+\d_]{0,4})?$/);
const anyText = fc.oneof(numberLike, fc.constantFrom(...TYPED, ...PLAIN), fc.string({ maxLength: 12 }));

const hasYq = (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, 'yq')));

/** The values of a YAML text as yq reads them. */
function readByYq(text: string): readonly unknown[] {
  const json = execFileSync('yq', ['-c', '.'], { input: text, encoding: 'utf8', maxBuffer: 1 << 26 });
  return (JSON.parse(json) as { values: unknown[] }).values;
}

describe('what stands behind =', () => {
  it.each(TYPED)('stays the text %j', (text) => {
    expect(assignedText(text).value).toBe(text);
    expect(parseAssignment(`kof.v=${text}`, false).value).toBe(text);
    expect(parseParameters([`v=${text}`])).toEqual({ v: text });
  });

  it.each(PLAIN)('is plainly %s', (text) => {
    const value = assignedText(text).value;
    expect(typeof value).not.toBe('string');
    expect(String(value)).toBe(text);
    expect(parseParameters([`v=${text}`])).toEqual({ v: value });
  });

  it('reads back as it was typed, by kgit and by readers of YAML 1.1 and 1.2', () => {
    const texts = fc.sample(anyText, 3_000).filter((text) => valueFault(text) === null);
    const values = texts.map((text) => assignedText(text).value);
    const file = formatYaml({ values });
    const readers = [
      (parseYaml(file, 'f') as { values: unknown[] }).values,
      (parse(file, { version: '1.1' }) as { values: unknown[] }).values,
      ...(hasYq ? [readByYq(file)] : []),
    ];
    for (const read of readers) {
      expect(read).toEqual(values);
      expect(read.map(String)).toEqual(texts);
    }
  });
});

describe('a number in a file of the scripts', () => {
  it('is that number or its text, and never another spelling', () => {
    const check = fc.property(numberLike, (text) => {
      const file = `v: ${text}\n`;
      let plain: unknown;
      try {
        plain = parse(file).v;
      } catch {
        return;
      }
      const { v } = parseSpelledYaml(file, 'f') as { v: unknown };
      // kgit's own files spell 3e20 as 3.0e+20, for readers of YAML 1.1.
      const spellings = [String(v), formatYaml({ v }).replace(/^v: (.*)\n$/, '$1')];
      if (typeof plain === 'number' && Number.isFinite(plain)) expect(spellings).toContain(text);
      else if (plain !== Infinity && plain !== -Infinity) expect(v).toEqual(plain);
    });
    fc.assert(check, { numRuns: 3_000, examples: [['3.0e+20']] });
  });

  it('is imported, recorded and exported as it is spelled, its duration as a number', async () => {
    const path = stateRepository();
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'state'));
    const spelled = ['012345678901', '12345678901234567890', '1.10', '0o17', '1e400', '12:30:45'];
    const lines = spelled.map((text, i) => `v${i}: ${text}\n`).join('');
    const head = 'deployment_id: dep-b\nlast_updated: "2025-12-04T01:00:00Z"\n';
    writeFileSync(join(folder, 'state/deployment-state.yaml'), `${head}${lines}`);
    const entry = `  - timestamp: "2025-12-04T01:00:00Z"\n    action: a\n    message: m\n    version: 1.10\n    duration_seconds: 2.50\n`;
    writeFileSync(join(folder, 'state/deployment-events.yaml'), `${head}events:\n${entry}`);
    await kgitJson(path, ['import', folder]);
    const { value } = await kgitJson(path, ['get', 'deployment', '--deployment', 'dep-b']);
    expect(spelled.map((_, i) => value[`v${i}`])).toEqual(spelled);
    const { events } = await kgitJson(path, ['log', 'deployment/dep-b', '--action', 'a']);
    expect(events[0]).toMatchObject({ version: '1.10', duration_seconds: 2.5 });
    const to = temporaryFolder();
    await kgitJson(path, ['export', 'deployment/dep-b', '--to', to]);
    const again = await kgitJson(path, ['import', to]);
    expect(again.delivery).toBe('unchanged');
  });
});

describe('kgit set and push-event', () => {
  it('give the same value for the same text, which get prints as it was typed', async () => {
    const path = stateRepository();
    const texts = [...TYPED, ...PLAIN].filter((text) => !text.includes('\n'));
    await kgitJson(path, ['set', ...texts.map((text, i) => `kof.v${i}=${text}`)]);
    await kgitJson(path, [
      'push-event',
      'x',
      '--deployment',
      'dep-a',
      ...texts.flatMap((text, i) => ['--param', `v${i}=${text}`]),
    ]);
    const { value } = await kgitJson(path, ['get', 'kof']);
    const { events } = await kgitJson(path, ['log', 'deployment/dep-a', '--action', 'x']);
    expect(events[0].parameters).toEqual(value);
    expect(texts.map((_, i) => String(value[`v${i}`]))).toEqual(texts);
    expect((await kgit(path, ['get', 'kof.v2'])).stdout).toBe(`${texts[2]}\n`);
    expect((await kgit(path, ['verify'])).stdout).not.toContain('kof.v');
  });
});

it('takes a large number that is spelled as it is written back', async () => {
  const path = stateRepository();
  const numbers = ['-2.547814439916907e+177', '9007199254740992', '1.0e+20'];
  await kgitJson(path, ['set', '--create-key', ...numbers.map((number, i) => `kof.n${i}:=${number}`)]);
  for (const [i, number] of numbers.entries())
    expect((await kgit(path, ['get', `kof.n${i}`])).stdout).toBe(`${number}\n`);
});
