import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isValue } from '../../../src/model/value/value.js';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { kgit, kgitJson } from '../../support/kgit.js';
import { oddFields, oddSubject } from '../../support/odd-events.js';
import { commitFiles, commits, expectFailure, stateRepository } from '../../support/state-repository.js';

/** The same inputs in every run: what is random is searched in test/review, in one process. */
const SEED = { seed: 13, numRuns: 400 };

/** JSON as a caller writes it; what JSON cannot say becomes a text. */
function json(given: unknown): string {
  return JSON.stringify(given, (_key, value) => (typeof value === 'bigint' ? String(value) : value));
}

async function expectSound(path: string): Promise<void> {
  const { findings } = await kgitJson(path, ['validate']);
  expect(findings).toEqual([]);
}

const EVENT = { subject: 'deployment/dep-a', action: 'a' };

describe('what the program accepts passes its own validate', () => {
  it('events of --stdin, of --file, and the flags of one', async () => {
    const path = stateRepository();
    const samples = fc.sample(fc.tuple(oddSubject, oddFields), SEED);
    const lines = samples.map(([subject, fields]) => json({ ...fields, subject }));
    const skip = ['push-event', '--skip-invalid', '--create', '--allow-secret', 'a test value'];
    const result = await kgitJson(path, [...skip, '--stdin'], { input: lines.join('\n') });
    expect(result.accepted).toBeGreaterThan(20);
    expect(result.rejected.length).toBeGreaterThan(100);
    await expectSound(path);
    const file = join(temporaryFolder(), 'events.ndjson');
    writeFileSync(file, lines.toReversed().join('\n'));
    await kgitJson(path, [...skip, '--file', file]);
    await expectSound(path);
  });

  it('entries of legacy files', async () => {
    const path = stateRepository();
    const state = join(temporaryFolder(), 'state');
    mkdirSync(state);
    const entries = fc.sample(oddFields, SEED).map((fields) => {
      const entry: unknown = JSON.parse(json({ timestamp: '2025-07-11T14:30:00Z', ...fields }));
      return entry;
    });
    // A file that is nested too deep, or too large, is refused as a whole.
    const events = entries.filter((entry) => isValue({ events: [entry] }) && json(entry).length < 10_000);
    writeFileSync(join(state, 'cluster-prod-events.yaml'), json({ cluster_name: 'prod', events }));
    const { files } = await kgitJson(path, [
      'import',
      state,
      '--skip-invalid',
      '--allow-secret',
      'a test value',
    ]);
    expect(files[0].error).toBeNull();
    expect(files[0].events.new).toBeGreaterThan(20);
    await expectSound(path);
  });

  it.each([
    [
      'secret_override of a caller',
      { ...EVENT, secret_override: { reason: 'x', paths: ['a'] } },
      /secret_override cannot be given/,
    ],
    ['changes of a caller', { ...EVENT, changes: [] }, /changes cannot be given/],
    [
      'an event of a lock',
      { ...EVENT, subject: 'lock/network' },
      /events of lock\/network are recorded by kgit itself/,
    ],
    [
      'a timestamp in the future',
      { ...EVENT, timestamp: '2099-01-01T00:00:00Z' },
      /5 minutes ahead of this clock/,
    ],
    ['an id of the future', { ...EVENT, id: '7ZZZZZZZZZZZZZZZZZZZZZZZZZ' }, /5 minutes ahead of this clock/],
    [
      'a timestamp in the future with a source',
      { ...EVENT, timestamp: '2099-01-01T00:00:00Z', source: {} },
      /5 minutes ahead/,
    ],
  ])('refuses %s', async (_name, event, message) => {
    const path = stateRepository();
    const run = await kgit(path, ['push-event', '--stdin', '--json'], { input: json(event) });
    expect(expectFailure(run, 'USAGE', 2).message).toMatch(message);
    expect(commits(path)).toBe(1);
  });

  it.each([
    ['a section that is no mapping', 'azure=5', 'azure is not a mapping'],
    ['phases that are no mapping', 'deployment.phases=x', 'deployment.phases is not a mapping'],
    ['a phase that is no mapping', 'deployment.phases.create_vms=done', 'no status that kgit knows'],
    [
      'a status that kgit does not know',
      'deployment.phases.create_vms.status=done',
      'in_progress, completed',
    ],
  ])('refuses %s in a state, queued and dry runs too', async (_name, assignment, message) => {
    const path = stateRepository();
    for (const how of [[], ['--queue'], ['--dry-run']]) {
      const run = await kgit(path, ['set', assignment, '--json', ...how]);
      expect(expectFailure(run, 'USAGE', 2).message).toContain(message);
    }
    expect(commits(path)).toBe(1);
    expect((await kgitJson(path, ['outbox'])).operations).toEqual([]);
  });

  it('takes a value that is nested as deep as a state may be, also through the outbox', async () => {
    const path = stateRepository();
    const deep = `${'['.repeat(63)}1${']'.repeat(63)}`;
    await kgitJson(path, ['set', '--create-key', `deep:=${deep}`, '--queue']);
    await kgitJson(path, ['push-event', 'x', '--deployment', 'dep-a', '--queue', '--param', `deep:=${deep}`]);
    expect(await kgitJson(path, ['sync'])).toMatchObject({
      published: [{}, {}].map(() => expect.any(String)),
    });
    await expectSound(path);
    const run = await kgit(path, ['set', '--create-key', `deeper.a:=${deep}`, '--json']);
    expect(expectFailure(run, 'USAGE', 2).message).toContain('nested more than 64 deep');
  });

  it('tells that a clock is wrong where the last commit lies ahead of it', async () => {
    const path = stateRepository();
    const write = ['push-event', 'x', '--deployment', 'dep-a'];
    expect((await kgit(path, write)).stderr).toBe('');
    commitFiles(path, { 'a.txt': '' }, new Date(Date.now() + 3_600_000).toISOString());
    const run = await kgit(path, write);
    expect(run.code).toBe(0);
    expect(run.stderr).toMatch(/the last commit is dated \d+ minutes ahead of this clock/);
  });
});
