import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { splitWords } from '../../support/bad-input/table.js';
import { type KgitRun, kgit, kgitJson } from '../../support/kgit.js';
import { STATE, stateRepository } from '../../support/state-repository.js';

const ROWS = readFileSync(join(import.meta.dirname, 'habits.tsv'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => line.split('\t') as [typed: string, code: string, answer: string]);

/** So old that their ages are told in days: no answer differs from one second to the next. */
const EVENTS = [
  ['cluster_created', '--cluster', 'prod', '--timestamp', '2025-07-01T10:00:00Z', '--user', 'ann'],
  ['upgrade', '--cluster', 'prod', '--timestamp', '2025-07-03T10:00:00Z', '--user', 'bob'],
  ['backed_up', '--deployment', 'dep-a', '--timestamp', '2025-07-05T10:00:00Z', '--user', 'ann'],
] as const;

/** What a run said, without what differs from run to run. */
function told({ code, stdout, stderr }: KgitRun) {
  return { code, stdout, stderr: stderr.replace(/\d+(\.\d+)?s\b/g, 'Ns') };
}

describe('what users of other programs type', () => {
  let repository: string;
  const runs = new Map<string, Promise<KgitRun>>();
  /** The same command line is run once, for the rows that are equal to it. */
  const run = (line: string): Promise<KgitRun> => {
    const known = runs.get(line) ?? kgit(repository, splitWords(line));
    runs.set(line, known);
    return known;
  };

  beforeAll(async () => {
    repository = stateRepository({ 'deployments/dep-a/state.yaml': `${STATE}  region: westeurope\n` });
    for (const event of EVENTS) await kgitJson(repository, ['push-event', ...event]);
  });

  it('has a table of 80 rows at least, each said once', () => {
    expect(ROWS.length).toBeGreaterThanOrEqual(80);
    expect(new Set(ROWS.map(([typed]) => typed)).size).toBe(ROWS.length);
    for (const row of ROWS) expect(row).toHaveLength(3);
  });

  it.concurrent.each(ROWS)('kgit %s', async (typed, code, answer) => {
    const [, same] = /^= kgit (.*)$/.exec(answer) ?? [];
    const [given, other] = await Promise.all([run(typed), same === undefined ? null : run(same)]);
    expect({ code: given.code, said: given.stdout + given.stderr }).toMatchObject({ code: Number(code) });
    if (other) expect(told(given)).toEqual(told(other));
    else expect(given.stdout + given.stderr).toContain(answer);
  });
});
