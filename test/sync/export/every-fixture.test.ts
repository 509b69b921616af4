import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { findSecrets } from '../../../src/model/secret/find-secrets.js';
import { shownPath } from '../../../src/model/secret/shown-path.js';
import { parseState } from '../../../src/model/state/state-document.js';
import { parseEventPath, statePath } from '../../../src/model/subject/layout.js';
import { formatSubject, type Subject } from '../../../src/model/subject/subject.js';
import { isMap, type Value } from '../../../src/model/value/value.js';
import { decodeText } from '../../../src/model/yaml/decoded-text.js';
import { WithheldValues } from '../../../src/store/local/withheld-values.js';
import { keepLocally } from '../../../src/sync/apply/keep-locally.js';
import type { ExportedFile } from '../../../src/sync/export/exported-subject.js';
import { planExport } from '../../../src/sync/export/plan-export.js';
import { parseImport } from '../../../src/sync/parse/parse-import.js';
import type { ImportedFile } from '../../../src/sync/plan/import-plan.js';
import { readLegacyFiles } from '../../../src/sync/read/read-legacy-files.js';
import { MemoryRepository, SETTINGS } from '../import-support.js';

const FIXTURES = resolve(import.meta.dirname, '../../../../shared/legacy/fixtures');
const isHere = existsSync(FIXTURES);
if (!isHere) console.warn(`skipped: no legacy fixtures at ${FIXTURES}`);
const cases = isHere ? readdirSync(FIXTURES).filter((name) => existsSync(join(FIXTURES, name, 'root'))) : [];

/** The sound files that do not come back, and why: nothing of them is in the repository. */
const EXCEPTIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '13-old-deployments-zoo': {
    'old_deployments/null_2025-07-30_18-00-00_deployment/deployment-state.yaml': 'it has 0 bytes',
  },
  'x02-wrong-types': { 'state/kof-events.yaml': 'none of its entries is an event' },
  'x08-tab-indent': { 'state/cluster-tab-after-value-events.yaml': 'its list is empty' },
};

async function imported(name: string) {
  const files = await readLegacyFiles([join(FIXTURES, name, 'root')]);
  const settings = { ...SETTINGS, skipInvalid: true, secrets: { find: findSecrets, show: shownPath } };
  const repository = new MemoryRepository();
  const plan = await repository.plan(files, 'fail', settings);
  expect(await repository.carryOut(plan)).toEqual(plan.parts.map(() => 'commit'));
  const folder = mkdtempSync(join(tmpdir(), 'kgit-export-'));
  await keepLocally(folder, parseImport(files, settings)).secrets();
  return { repository, rows: plan.files, withheld: new WithheldValues(folder) };
}

type Secrets = (subject: Subject) => Promise<ReadonlyMap<string, Value>>;

async function exported(repository: MemoryRepository, secrets: Secrets): Promise<readonly ExportedFile[]> {
  const subjects = new Map<string, Subject>();
  for (const path of repository.files.keys()) {
    const subject = parseEventPath(path)?.subject;
    if (subject) subjects.set(formatSubject(subject), subject);
  }
  const parts = [...subjects].map(async ([name, subject]) => {
    const file = subject.kind === 'deployment' ? statePath(subject.id) : '';
    const text = await repository.read(file);
    const state = text === null ? null : (parseState(text, file) as Readonly<Record<string, Value>>);
    return { subject, state, events: repository.events(name), secrets: await secrets(subject), locked: [] };
  });
  return planExport(await Promise.all(parts));
}

const dataOf = (files: readonly ExportedFile[]) =>
  Object.fromEntries(files.map(({ path, data }) => [path, data]));

/** What the files of a fixture say that were imported whole and are no exception. */
function expected(name: string, rows: readonly ImportedFile[]): Record<string, unknown> {
  const own = EXCEPTIONS[name] ?? {};
  const sound = rows.filter(
    ({ path, family, error }) =>
      path.endsWith('.yaml') && family !== 'unknown' && error === null && !(path in own),
  );
  const read = (path: string) => {
    const text = decodeText(readFileSync(join(FIXTURES, name, 'root', path)));
    return parse(String(text).replace(/\r(?!\n)/g, '\n'), { uniqueKeys: false });
  };
  return Object.fromEntries(sound.map(({ path }) => [path, read(path)]));
}

/** The paths at which two values differ, down to the part that one of them lacks. */
function differences(a: unknown, b: unknown, at: readonly (string | number)[] = []): string[] {
  if (Array.isArray(a) && Array.isArray(b) && a.length === b.length)
    return a.flatMap((item, i) => differences(item, b[i], [...at, i]));
  if (isMap(a) && isMap(b))
    return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((key) =>
      differences(a[key], b[key], [...at, key]),
    );
  return JSON.stringify(a) === JSON.stringify(b) ? [] : [shownPath(at)];
}

describe.runIf(isHere)('every fixture', () => {
  it('has no exception that is none', () => {
    expect(cases.length).toBeGreaterThan(15);
    expect(cases).toEqual(expect.arrayContaining(Object.keys(EXCEPTIONS)));
  });

  it.each(cases)('%s comes back: elsewhere what was withheld is missing, and that alone', async (name) => {
    const { repository, rows, withheld } = await imported(name);
    const wanted = expected(name, rows);
    const here = await exported(repository, (subject) => withheld.all(subject));
    expect(dataOf(here)).toEqual(wanted);
    expect(here.flatMap(({ withheld: places }) => places)).toEqual([]);
    const elsewhere = await exported(repository, async () => new Map());
    for (const { path, data, withheld: places } of elsewhere)
      expect(differences(wanted[path], data).sort(), path).toEqual([...places].sort());
    expect(elsewhere.map(({ path }) => path).sort()).toEqual(Object.keys(wanted).sort());
  });
});
