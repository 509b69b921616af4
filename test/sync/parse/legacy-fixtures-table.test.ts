import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { decodeText } from '../../../src/model/yaml/decoded-text.js';
import { readLegacyFiles } from '../../../src/sync/read/read-legacy-files.js';
import { finder, MemoryRepository } from '../import-support.js';

/** Files as the scripts wrote them, where this machine has them. */
const FIXTURES = resolve(import.meta.dirname, '../../../../shared/legacy/fixtures');
const isHere = existsSync(FIXTURES);
if (!isHere) console.warn(`skipped: no legacy fixtures at ${FIXTURES}`);
const cases = isHere ? readdirSync(FIXTURES).filter((name) => existsSync(join(FIXTURES, name, 'root'))) : [];

const secrets = isHere
  ? readFileSync(join(FIXTURES, 'SECRETS.tsv'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t')[1] ?? '')
      .filter((secret) => secret !== '')
  : [];
const isSecret = (text: string) => secrets.some((secret) => text.includes(secret));

type Node = Record<string, unknown>;

/** The places in which a value holds a secret. */
function secretsIn(value: unknown): number {
  if (typeof value === 'string') return isSecret(value) ? 1 : 0;
  return typeof value === 'object' && value !== null
    ? Object.values(value).reduce((sum: number, item) => sum + secretsIn(item), 0)
    : 0;
}

/** What the path of a file says it is, told otherwise than the program does. */
function familyOf(path: string): string | null {
  const name = basename(path).replace(/\.yaml$/, '');
  if (!path.endsWith('.yaml') || name === 'test-deployment-events') return null;
  if (name.startsWith('cluster-'))
    return name.endsWith('-events') ? 'cluster-events' : name.endsWith('-state') ? 'cluster-state' : null;
  if (path.startsWith('old_deployments/') && !path.slice(16).includes('/') && name !== 'deployment-history')
    return name.endsWith('_events') ? 'deployment-events' : 'deployment-state';
  return /^((deployment|azure|kof)-(state|events)|deployment-history)$/.test(name) ? name : null;
}

/** The row that a file should have, by the YAML package alone (of equal keys the last one counts); null for a file that has to be refused. */
function rowOf(
  root: string,
  path: string,
): { family: string; found: number; withheld: number; isSet: boolean } | null {
  const family = familyOf(path) as string;
  const decoded = decodeText(readFileSync(join(root, path)));
  if (typeof decoded !== 'string') return null;
  const document = parseDocument(decoded.replace(/\r(?!\n)/g, '\n'), { uniqueKeys: false });
  if (document.errors.length > 0 || document.warnings.length > 0) return null;
  const data = (document.toJS() ?? {}) as Node;
  const list = data['events'] ?? data['deployments'] ?? [];
  if (Array.isArray(data) || typeof data !== 'object' || !Array.isArray(list)) return null;
  const recorded = family === 'cluster-state' && Object.keys(data).length > 0 ? 1 : 0;
  return {
    family,
    found: list.length + recorded,
    withheld: secretsIn(data),
    isSet: /^(deployment|azure|kof)-state$/.test(family) && Object.keys(data).length > 0,
  };
}

/** Whether this is an archived log without a state that can be read. */
function isLogAlone(root: string, path: string): boolean {
  const state = path.replace(/events\.yaml$/, 'state.yaml').replace(/_state\.yaml$/, '.yaml');
  if (!path.endsWith('events.yaml') || familyOf(path) !== 'deployment-events') return false;
  return !existsSync(join(root, state)) || rowOf(root, state)?.isSet !== true;
}

describe.runIf(isHere)('every file that the scripts left behind', () => {
  it.each(cases)('%s: has the family, the events, values and secrets that are in it', async (name) => {
    const root = join(FIXTURES, name, 'root');
    const repository = new MemoryRepository();
    const plan = await repository.plan(await readLegacyFiles([root]), 'fail', {
      secrets: finder(isSecret, 'secret'),
      skipInvalid: true,
    });
    const rows = new Map(plan.files.map((file) => [file.path, file]));
    const paths = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
      (path) => familyOf(path) !== null,
    );
    expect(paths.length).toBeGreaterThan(0);
    const [told, wanted] = [[], []] as [unknown[], unknown[]];
    for (const path of paths.sort()) {
      const row = rows.get(path);
      const expected = rowOf(root, path);
      if (expected === null) {
        told.push([path, row?.error === null]);
        wanted.push([path, false]);
        continue;
      }
      const isArchive = path.startsWith('old_deployments/');
      const isState = expected.family === 'deployment-state' && expected.isSet;
      // The event that it was archived: of the state, else of the log beside which there is none.
      const archived = isArchive && (isState || isLogAlone(root, path)) ? 1 : 0;
      told.push([
        path,
        row?.family,
        row?.events.found,
        row?.withheld.length,
        isArchive || (row?.state.set ?? 0) > 0,
      ]);
      wanted.push([
        path,
        expected.family,
        expected.found + archived,
        expected.withheld,
        isArchive || expected.isSet,
      ]);
    }
    expect(told).toEqual(wanted);
  });
});
