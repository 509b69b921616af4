import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeUlid } from '../../../src/model/value/ulid.js';
import { cloneOf, git, temporaryFolder } from '../../support/git-fixtures.js';
import { inTurn, kgit, kgitJson } from '../../support/kgit.js';
import {
  commits,
  expectFailure,
  expectPublished,
  expectResult,
  sharedState,
  stateRepository,
} from '../../support/state-repository.js';

const ID = '01JZXK5B7Q3M8N2V4C6D9F0G1H';
const push = (...more: string[]) => ['push-event', 'upgraded', '--cluster', 'prod-eu-1', ...more];

describe('kgit push-event', () => {
  it('appends one event as one commit, every flag in its field', async () => {
    const path = stateRepository();
    const json = await kgitJson(path, [
      ...push('--param', 'location=eastus', '--param', 'zones:=[1, 2]', '--command', 'up.sh'),
      ...['--phase', 'create_vms', '--outcome', 'succeeded', '--duration', '5m12.5s', '--message', 'well'],
      ...['--reason', 'window', '--run-id', 'ci-1', '--user', 'rbias', '--notes', 'long story', '--create'],
      ...['--timestamp', '2025-07-11T14:30:00.250Z'],
    ]);
    expectResult(json, 'PushEvent');
    expectPublished(json);
    expect(json).toMatchObject({
      ...{
        subject: 'cluster/default/kcm-system/prod-eu-1',
        action: 'upgraded',
        timestamp: '2025-07-11T14:30:00.250Z',
      },
      path: `clusters/default/kcm-system/prod-eu-1/events/2025-07/${json.id}-upgraded.yaml`,
    });
    expect(git(path, 'show', `HEAD:${json.path}`).split('\n').slice(0, 9)).toEqual([
      `id: ${json.id}`,
      'timestamp: "2025-07-11T14:30:00.250Z"',
      'action: upgraded',
      'user: rbias',
      'message: well',
      'reason: window',
      'phase: create_vms',
      'outcome: succeeded',
      'duration_seconds: 312.5',
    ]);
    const [event] = (await kgitJson(path, ['log', 'cluster/prod-eu-1'])).events;
    expect(event).toMatchObject({
      ...{
        parameters: { location: 'eastus', zones: [1, 2] },
        command: 'up.sh',
        notes: 'long story',
        run_id: 'ci-1',
      },
      subject: json.subject,
    });
    expect(commits(path)).toBe(2);
  });

  it('leaves a commit with subject, trailers, author and committer', async () => {
    const path = stateRepository();
    git(path, 'config', 'user.name', 'Ada');
    git(path, 'config', 'user.email', 'ada@example.com');
    const own = await kgitJson(path, push('--run-id', 'ci-1'));
    const shown = (format: string) => git(path, 'log', '-1', `--format=${format}`);
    expect(shown('%s')).toBe('upgraded: cluster/default/kcm-system/prod-eu-1');
    expect(shown('%(trailers:only,unfold)').split('\n')).toEqual([
      `Kgit-Op: ${own.operation}`,
      `Kgit-Subject: ${own.subject}`,
      `Kgit-Event: ${own.id}`,
      'Kgit-Run: ci-1',
    ]);
    expect(shown('%an <%ae>|%cn <%ce>')).toBe('Ada <ada@example.com>|Ada <ada@example.com>');
    await kgitJson(path, push('--user', 'grace hopper'));
    expect(shown('%an|%cn')).toBe('grace hopper|Ada');
  });

  it('names subjects by what it is told, and refuses names outside the rule with the rule named', async () => {
    const path = stateRepository();
    const at = async (...more: string[]) =>
      (await kgitJson(path, ['push-event', 'x', '--dry-run', ...more])).subject;
    const subjects = await Promise.all([
      at('--cluster', 'prod'),
      at('--cluster', 'team-a/prod'),
      at('--cluster', 'eu/team-a/prod.example'),
      at('--deployment', 'dep-a'),
    ]);
    expect(subjects).toEqual([
      'cluster/default/kcm-system/prod',
      'cluster/default/team-a/prod',
      'cluster/eu/team-a/prod.example',
      'deployment/dep-a',
    ]);
    const bad = ['My_Cluster', 'a/b/c/d', '../x', 'Team/x', '-x', ''];
    const runs = await inTurn(
      bad.map((name) => () => kgit(path, ['push-event', 'x', `--cluster=${name}`, '--json'])),
    );
    for (const run of runs) expectFailure(run, 'USAGE', 2);
    expect(runs[0]?.json.error.message).toContain('DNS-1123');
  });

  it('refuses a bad action, parameter, duration, time and a missing subject: 2, nothing written', async () => {
    const path = stateRepository();
    const ahead = new Date(Date.now() + 6 * 60_000).toISOString();
    const lines = [
      ['push-event', 'Bad Action', '--cluster', 'a'],
      ['push-event', '--cluster', 'a'],
      ['push-event', 'x'],
      push('--param', 'novalue'),
      push('--param', 'a=1', '--param', 'a=2'),
      push('--duration', 'soon'),
      push('--timestamp', 'soon'),
      push('--timestamp', ahead),
      push('--outcome', 'fine'),
      push('--id', 'abc'),
      push('--id', ID, '--timestamp', '2025-07-11T14:30:00Z'),
      push('--id', makeUlid(Date.now() + 6 * 60_000, 1n)),
      push('--stdin'),
    ];
    const runs = await inTurn(lines.map((line) => () => kgit(path, [...line, '--json'])));
    for (const run of runs) expectFailure(run, 'USAGE', 2);
    expect(commits(path)).toBe(1);
    const near = new Date(Date.now() + 4 * 60_000).toISOString();
    expect((await kgitJson(path, push('--timestamp', near))).timestamp).toBe(near);
  });

  it("takes the id's time where no timestamp is given", async () => {
    const path = stateRepository();
    const time = Date.UTC(2025, 6, 11, 14, 30, 0, 7);
    const json = await kgitJson(path, push('--id', makeUlid(time, 5n)));
    expect(json.timestamp).toBe('2025-07-11T14:30:00.007Z');
    const same = await kgitJson(path, push('--id', makeUlid(time, 6n), '--timestamp', json.timestamp));
    expect(same.timestamp).toBe(json.timestamp);
  });

  it('takes a repeat of the same id and content for success, also of another person; other content is 12', async () => {
    const remote = sharedState();
    const path = cloneOf(remote);
    const line = push('--id', ID, '--param', 'a=1', '--json');
    const first = await kgitJson(path, [...line, '--user', 'ada']);
    const [again, elsewhere] = await Promise.all([
      kgitJson(path, [...line, '--user', 'grace']),
      kgitJson(cloneOf(remote), [...line, '--user', 'alan', '--run-id', 'ci-2']),
    ]);
    for (const json of [again, elsewhere])
      expect(json).toMatchObject({ id: ID, path: first.path, delivery: 'published' });
    expect(commits(remote, 'main')).toBe(2);
    const others = await Promise.all([
      kgit(path, push('--id', ID, '--param', 'a=2', '--json')),
      kgit(path, ['push-event', 'other', '--cluster', 'prod-eu-1', '--id', ID, '--param', 'a=1', '--json']),
      kgit(path, [...line, '--message', 'new']),
    ]);
    expect(others.map((run) => expectFailure(run, 'CONFLICT', 12).data.fields)).toEqual([
      ['parameters'],
      ['action'],
      ['message'],
    ]);
    expect(
      (await kgitJson(path, ['push-event', 'upgraded', '--id', ID, '--cluster', 'other'])).delivery,
    ).toBe('published');
    expect((await kgitJson(path, ['outbox'])).operations).toEqual([]);
  });

  it('reads notes from a file or standard input', async () => {
    const path = stateRepository();
    const file = join(temporaryFolder(), 'notes.md');
    writeFileSync(file, '# notes\n- ünï\n');
    await kgitJson(path, push('--notes', `@${file}`));
    await kgitJson(path, push('--notes', '-'), { input: 'from stdin\n' });
    const { events } = await kgitJson(path, ['log']);
    expect(events.map(({ notes }: { notes: string }) => notes)).toEqual(['# notes\n- ünï\n', 'from stdin\n']);
    expectFailure(await kgit(path, push('--notes', '@/missing', '--json')), 'USAGE', 2);
  });

  it('keeps an unknown deployment out (15) unless --create; clusters need no leave', async () => {
    const path = stateRepository();
    const line = ['push-event', 'backup', '--deployment', 'dep-aa', '--json'];
    expect(expectFailure(await kgit(path, line), 'NOT_FOUND', 15).suggestions[0]).toContain('dep-a');
    expect((await kgitJson(path, [...line, '--create'])).subject).toBe('deployment/dep-aa');
  });
});
