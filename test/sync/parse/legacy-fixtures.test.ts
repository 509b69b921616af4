import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sortByTime } from '../../../src/model/event/event.js';
import { fold } from '../../../src/model/state/apply.js';
import { parseState } from '../../../src/model/state/state-document.js';
import { formatSubject } from '../../../src/model/subject/subject.js';
import { parseImport } from '../../../src/sync/parse/parse-import.js';
import { refusalOf } from '../../../src/sync/plan/import-plan.js';
import type { ParsedFile } from '../../../src/sync/read/parsed-file.js';
import { readLegacyFiles } from '../../../src/sync/read/read-legacy-files.js';
import { finder, MemoryRepository, SETTINGS } from '../import-support.js';

/** Files as the scripts wrote them, where this machine has them. */
const FIXTURES = resolve(import.meta.dirname, '../../../../shared/legacy/fixtures');
const isHere = existsSync(FIXTURES);
if (!isHere) console.warn(`skipped: no legacy fixtures at ${FIXTURES}`);

const cases = isHere ? readdirSync(FIXTURES).filter((name) => existsSync(join(FIXTURES, name, 'root'))) : [];

interface CaseFile {
  readonly events?: number;
  readonly npmYaml?: string;
}

function caseFiles(name: string): Record<string, CaseFile> {
  return JSON.parse(readFileSync(join(FIXTURES, name, 'case.json'), 'utf8')).files;
}

function secretsOf(name: string): string[] {
  const lines = readFileSync(join(FIXTURES, 'SECRETS.tsv'), 'utf8').trimEnd().split('\n');
  return lines
    .map((line) => line.split('\t'))
    .flatMap(([of, secret]) => (of === name && secret ? [secret] : []));
}

function settingsOf(name: string) {
  const texts = secretsOf(name);
  const secrets = finder((text) => texts.some((secret) => text.includes(secret)), 'secret');
  return { ...SETTINGS, secrets, skipInvalid: true };
}

async function parsed(name: string): Promise<ParsedFile[]> {
  return parseImport(await readLegacyFiles([join(FIXTURES, name, 'root')]), settingsOf(name));
}

/** The events that were entries of the file: a log alone in its archive gives one more, that it was archived. */
const logged = ({ events }: ParsedFile) =>
  events.filter(({ event }) => event.action !== 'deployment_archived').map(({ event }) => event);

/** Files that the YAML package refuses, and yq reads. */
const READ_BY_YQ: Readonly<Record<string, readonly string[]>> = {
  'x03-duplicate-keys': ['state/deployment-events.yaml', 'state/deployment-state.yaml'],
  'x06-crlf-bom': ['state/cluster-cr-only-events.yaml'],
};

describe.runIf(isHere)('what the scripts left behind', () => {
  it('are there', () => expect(cases.length).toBeGreaterThan(5));

  it.each(cases)(
    '%s: has the events that it should, in their order, each with an id of its own',
    async (name) => {
      const files = await parsed(name);
      for (const [path, { events, npmYaml }] of Object.entries(caseFiles(name))) {
        const file = files.find((candidate) => candidate.path === path);
        if (!file) continue;
        const isForgiven = READ_BY_YQ[name]?.includes(path);
        if (npmYaml?.startsWith('ERR')) expect(file.error === null, path).toBe(isForgiven === true);
        else if (events !== undefined) expect(logged(file), path).toHaveLength(events);
      }
      for (const file of files) {
        const events = logged(file);
        expect(
          sortByTime(events, (event) => event),
          file.path,
        ).toEqual(events);
        expect(new Set(events.map(({ id }) => id)).size, file.path).toBe(events.length);
      }
    },
  );

  it.each(cases)('%s: gives the same ids every time, and nothing new once imported', async (name) => {
    const ids = (files: readonly ParsedFile[]) =>
      files.map(({ events }) => events.map(({ event }) => event.id));
    expect(ids(await parsed(name))).toEqual(ids(await parsed(name)));
    const repository = new MemoryRepository();
    const legacy = await readLegacyFiles([join(FIXTURES, name, 'root')]);
    const plan = await repository.plan(legacy, 'fail', settingsOf(name));
    expect(refusalOf(plan)).toBeNull();
    await repository.carryOut(plan);
    const again = await repository.plan(legacy, 'fail', settingsOf(name));
    expect(again.parts).toEqual([]);
    expect(again.conflicts).toEqual([]);
    for (const [path, text] of repository.files) {
      if (!path.endsWith('/state.yaml')) continue;
      const subject = path.replace('deployments/', 'deployment/').replace('/state.yaml', '');
      expect(fold(repository.events(subject))).toEqual(parseState(text, path));
    }
  });

  it.each(cases)('%s: no secret of it is in the plan or in what is written', async (name) => {
    const repository = new MemoryRepository();
    const legacy = await readLegacyFiles([join(FIXTURES, name, 'root')]);
    const plan = await repository.plan(legacy, 'fail', settingsOf(name));
    await repository.carryOut(plan);
    const everything = JSON.stringify(plan) + [...repository.files].flat().join('\n');
    for (const secret of secretsOf(name)) {
      expect(everything.includes(secret)).toBe(false);
      expect(everything.includes(JSON.stringify(secret).slice(1, -1))).toBe(false);
    }
  });

  it('the largest has its parts where they belong', async () => {
    const all = await parsed('09-head-full');
    expect(all.slice(0, 2).map(({ family, events }) => [family, events.length])).toEqual([
      ['deployment-name', 0],
      ['deployment-history', 1],
    ]);
    const files = all.slice(2);
    expect(files.map(({ subject, events }) => [subject && formatSubject(subject), events.length])).toEqual([
      ['deployment/k0rdent-xyoeeex2', 1],
      ['deployment/k0rdent-xyoeeex2', 0],
      ['cluster/default/kcm-system/aws-dev-1', 3],
      ['cluster/default/kcm-system/kof-regional-xyoeeex2-southeastasia', 5],
      ['cluster/default/kcm-system/prod-eu.west-1', 3],
      ['deployment/k0rdent-xyoeeex2', caseFiles('09-head-full')['state/deployment-events.yaml']?.events],
      ['deployment/k0rdent-xyoeeex2', 0],
    ]);
    expect(files.find(({ family }) => family === 'deployment-state')?.withheld).toHaveLength(6);
  });
});
