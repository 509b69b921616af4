import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { git, temporaryFolder } from '../../support/git-fixtures.js';
import { kgit, kgitJson } from '../../support/kgit.js';
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

  it('writes all or nothing; with --skip-invalid the valid ones', async () => {
    const path = stateRepository();
    await kgitJson(path, STDIN, batch(event({ id: ID, message: 'first' })));
    const secret = `gh${'p_'}${'k3VxQ9mZ2LrT8wYbN4cHs7DfG1jPuE6aXoR5'}`;
    const lines = [
      event({}),
      '{broken',
      event({ action: 'Not Good' }),
      event({ subject: 'cluster/My_Cluster' }),
      event({ subject: 'deployment/unknown' }),
      event({ parameters: { token: secret } }),
      event({ changes: [] }),
      event({ id: ID, message: 'other' }),
      event({ timestamp: '2999-01-01T00:00:00Z' }),
      '{"action": "x"}',
    ];
    const none = await kgit(path, [...STDIN, '--json'], batch(...lines));
    const codes = ['USAGE', 'USAGE', 'USAGE', 'NOT_FOUND', 'SECRET', 'USAGE', 'CONFLICT', 'USAGE', 'USAGE'];
    const rejected = codes.map((code, i) => ({ index: i + 1, code, message: expect.any(String) }));
    expect(expectFailure(none, 'USAGE', 2).data).toEqual({ rejected });
    expect(none.stdout).not.toContain(secret);
    expect(commits(path)).toBe(2);
    const some = await kgitJson(path, [...STDIN, '--skip-invalid'], batch(...lines));
    expect(some).toMatchObject({ accepted: 1, duplicates: 0, rejected });
    expect(commits(path)).toBe(3);
  });

  it('counts what is there already, in the repository or in the batch itself', async () => {
    const path = stateRepository();
    const one = event({ id: ID, message: 'm' });
    expect(await kgitJson(path, STDIN, batch(one, one))).toMatchObject({ accepted: 1, duplicates: 1 });
    const again = await kgitJson(path, STDIN, batch(one, event({})));
    expect(again).toMatchObject({ accepted: 1, duplicates: 1 });
    expect(await kgitJson(path, STDIN, batch(one))).toMatchObject({
      accepted: 0,
      duplicates: 1,
      delivery: 'published',
    });
    const clash = await kgit(path, [...STDIN, '--json'], batch(one, event({ id: ID, message: 'n' })));
    expectFailure(clash, 'CONFLICT', 12);
  });

  it('keeps the order of a batch, and refuses an empty one', async () => {
    const path = stateRepository();
    const lines = Array.from({ length: 30 }, (_, n) => event({ message: `m${n}` }));
    await kgitJson(path, STDIN, batch(...lines));
    const { events } = await kgitJson(path, ['log', 'prod']);
    expect(events.map(({ message }: { message: string }) => message)).toEqual(lines.map((_, n) => `m${n}`));
    expectFailure(await kgit(path, [...STDIN, '--json'], { input: '\n' }), 'USAGE', 2);
  });
});
