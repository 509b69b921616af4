import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { git, temporaryFolder } from '../../support/git-fixtures.js';
import { inTurn, kgit, kgitJson } from '../../support/kgit.js';
import {
  commits,
  expectFailure,
  expectPublished,
  expectResult,
  stateRepository,
} from '../../support/state-repository.js';

const ID = '01JZXK5B7Q3M8N2V4C6D9F0G1H';
const event = (fields: object) => JSON.stringify({ subject: 'cluster/prod', action: 'scaled', ...fields });
const batch = (...events: string[]) => ({ input: `${events.join('\n')}\n` });
const STDIN = ['push-event', '--stdin'];

describe('kgit push-event of many events', () => {
  it('writes them as one operation and one commit', async () => {
    const path = stateRepository();
    const input = batch(
      event({ parameters: { n: 1 } }),
      '',
      event({ subject: 'deployment/dep-a' }),
      event({ id: ID }),
    );
    const json = await kgitJson(path, STDIN, input);
    expectResult(json, 'PushEvent');
    expectPublished(json);
    expect(json).toMatchObject({ accepted: 3, duplicates: 0, rejected: [] });
    expect(commits(path)).toBe(2);
    expect(git(path, 'log', '-1', '--format=%s')).toBe('scaled: 2 subjects');
    const { events } = await kgitJson(path, ['log']);
    expect(events.map(({ subject }: { subject: string }) => subject).sort()).toEqual([
      'cluster/default/kcm-system/prod',
      'cluster/default/kcm-system/prod',
      'deployment/dep-a',
    ]);
  });

  it('reads YAML documents from a file', async () => {
    const path = stateRepository();
    const file = join(temporaryFolder(), 'events.yaml');
    writeFileSync(
      file,
      'subject: cluster/a\naction: one\n---\nsubject: cluster/b\naction: two\nnotes: |\n  x\n',
    );
    expect(await kgitJson(path, ['push-event', '--file', file])).toMatchObject({ accepted: 2 });
    expectFailure(await kgit(path, ['push-event', '--file', '/missing', '--json']), 'USAGE', 2);
  });

  it('writes all or nothing; with --skip-invalid the valid ones, and tells of the others', async () => {
    const path = stateRepository();
    const lines = [event({}), '{broken', event({ subject: 'deployment/unknown' })];
    const codes = ['USAGE', 'NOT_FOUND'];
    const rejected = codes.map((code, i) => ({ index: i + 1, code, message: expect.any(String) }));
    const none = await kgit(path, [...STDIN, '--json'], batch(...lines));
    expect(expectFailure(none, 'USAGE', 2).data).toEqual({ rejected });
    expect(none.json.error.suggestions).toContain('Or add --skip-invalid to write the others');
    expect(commits(path)).toBe(1);
    const some = await kgitJson(path, [...STDIN, '--skip-invalid'], batch(...lines));
    expect(some).toMatchObject({ accepted: 1, duplicates: 0, rejected });
    expect(commits(path)).toBe(2);
  });

  it('refuses an empty batch, and what is said of one event alone: 2', async () => {
    const path = stateRepository();
    const [empty, both] = await inTurn([
      () => kgit(path, [...STDIN, '--json'], { input: '\n' }),
      () => kgit(path, [...STDIN, '--outcome', 'failed', '--json'], batch(event({}))),
    ]);
    for (const run of [empty, both]) expectFailure(run, 'USAGE', 2);
  });
});
