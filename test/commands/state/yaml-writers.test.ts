/** What `set`, `edit` and `export` write, every reader of YAML reads as the value that was given. */
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatStatePath } from '../../../src/model/state/state-path.js';
import { isMap, sameValue, type Value } from '../../../src/model/value/value.js';
import { numberText } from '../../../src/model/yaml/number-text.js';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { kgitJson } from '../../support/kgit.js';
import { stateRepository } from '../../support/state-repository.js';
import { ODD_TEXTS, oddKey, oddValue } from '../../support/yaml-readers/odd-values.js';
import { READERS } from '../../support/yaml-readers/readers.js';

const PLACE = 'deployments/dep-a/state.yaml';
const ACCEPTED = ['--allow-secret', 'drawn at random'];

/** A value as YAML in one line, its numbers spelled as kgit keeps them. */
function inLine(value: Value): string {
  if (typeof value === 'number') return numberText(value);
  if (Array.isArray(value)) return `[${value.map(inLine).join(', ')}]`;
  if (!isMap(value)) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, one]) => `${JSON.stringify(key)}: ${inLine(one)}`)
    .join(', ')}}`;
}

/** Some hundred values under odd keys; no key comes twice, also where case does not count. */
function drawn(): Record<string, Value> {
  const texts = ODD_TEXTS.map((text, i): [string, Value] => [`t${i}`, text]);
  const values = fc.sample(fc.tuple(oddKey, oddValue), 200);
  const odd = values.map(([key, value], i): [string, Value] => [`k${i}${key}`, value]);
  return Object.fromEntries([...texts, ...odd]);
}

type Document = Readonly<Record<string, unknown>>;

/** The values below `kof` in a state document. */
const inState = ({ kof }: Document) => (kof ?? {}) as Document;

/** The same values in a state file of the scripts, which is flat: `kof.a` is `kof_a`. */
function inScripts(document: Document): Document {
  const own = Object.entries(document).filter(([key]) => key.startsWith('kof_'));
  return Object.fromEntries(own.map(([key, value]) => [key.slice('kof_'.length), value]));
}

/** The readers that read another value than `wanted`, with what they read. */
function misread(path: string, wanted: Document, values: (document: Document) => Document): unknown[] {
  const text = readFileSync(path, 'utf8');
  return Object.entries(READERS).flatMap(([reader, read]) => {
    const [document] = read([text]) as [Document];
    const found = values(document);
    return Object.keys({ ...wanted, ...found })
      .filter((key) => !sameValue(found[key], wanted[key]))
      .map((key) => ({ reader, key, wanted: wanted[key], read: found[key] }));
  });
}

it('set: each value at a path of its own, then other values at the same paths', async () => {
  const path = stateRepository();
  const values = drawn();
  const words = Object.entries(values).map(
    ([key, value]) => `${formatStatePath(['kof', key])}:=${inLine(value)}`,
  );
  await kgitJson(path, ['set', '--create-key', ...ACCEPTED, ...words]);
  expect(misread(join(path, PLACE), values, inState)).toEqual([]);

  const keys = Object.keys(values);
  const turned = Object.fromEntries(
    keys.map((key, i) => [key, values[keys[(i + 7) % keys.length] ?? ''] ?? null]),
  );
  const again = Object.entries(turned).map(
    ([key, value]) => `${formatStatePath(['kof', key])}:=${inLine(value)}`,
  );
  await kgitJson(path, ['set', ...ACCEPTED, ...again]);
  expect(misread(join(path, PLACE), turned, inState)).toEqual([]);
});

it('edit and export: what an editor left in one line', async () => {
  const path = stateRepository();
  const values = drawn();
  const folder = temporaryFolder();
  const editor = join(folder, 'editor');
  writeFileSync(join(folder, 'kof.json'), `kof: ${inLine(values)}\n`);
  writeFileSync(editor, `#!/bin/sh\ncat '${join(folder, 'kof.json')}' >> "$1"\n`);
  chmodSync(editor, 0o755);
  await kgitJson(path, ['edit', ...ACCEPTED], { env: { EDITOR: editor, TERM: 'xterm' } });
  expect(misread(join(path, PLACE), values, inState)).toEqual([]);

  const to = temporaryFolder();
  await kgitJson(path, ['export', 'deployment/dep-a', '--to', to]);
  const files = readdirSync(to, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /state\.yaml$/.test(name),
  );
  expect(files).toHaveLength(1);
  expect(misread(join(to, files[0] ?? ''), values, inScripts)).toEqual([]);
});
