import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bareRepository, cloneOf, fsck, git, temporaryFolder } from '../../support/git-fixtures.js';
import { inTurn, kgit, kgitJson } from '../../support/kgit.js';
import { layOut } from '../../sync/import-support.js';

async function newRepository(): Promise<string> {
  const path = temporaryFolder();
  await kgitJson('.', ['init', path]);
  return path;
}

/** Every object of a repository, as text. */
function allObjects(path: string): string {
  return git(path, 'cat-file', '--batch-all-objects', '--batch', '--unordered');
}

describe('kgit import', () => {
  it('records the state folder of the scripts once, and withholds secrets', async () => {
    const { root, keys } = layOut();
    const path = await newRepository();
    const first = await kgitJson(path, ['import', join(root, 'state')]);
    expect(first).toMatchObject({ kind: 'ImportResult', delivery: 'published' });
    const withheld = first.files.flatMap((file: { withheld: string[] }) => file.withheld);
    expect(withheld).toHaveLength(keys.length);
    for (const key of keys) expect(allObjects(path)).not.toContain(key);
    expect(git(path, 'rev-list', '--count', 'main')).toBe('2');

    const secret = 'deployment.wireguard_peers.mylaptop.private_key';
    const told = await kgit(path, ['get', secret]);
    expect(told).toMatchObject({ code: 0, stdout: `${keys[0]}\n` });
    expect(told.stderr).toContain('withheld from the repository');
    const elsewhere = await kgit(cloneOf(path), ['get', secret]);
    expect(elsewhere).toMatchObject({ code: 19, stdout: '' });
    expect(elsewhere.stderr).toContain(`${secret} is withheld`);

    const again = await kgitJson(path, ['import', join(root, 'state')]);
    expect(again).toMatchObject({ delivery: 'unchanged', operation: null });
    for (const { events } of again.files) expect(events).toMatchObject({ new: 0, duplicate: events.found });
    expect(git(path, 'rev-list', '--count', 'main')).toBe('2');
    fsck(path);
  });

  it('says of what an earlier import left waiting that it was published', async () => {
    const { root } = layOut();
    const path = await newRepository();
    await kgitJson(path, ['import', join(root, 'state'), '--queue']);
    const again = await kgit(path, ['import', join(root, 'state')]);
    expect(again.stdout).toMatch(
      /Nothing new: the repository has it all\.\n✓ nothing new; what waited here \(1 operation\): published\n$/,
    );
    expect((await kgit(path, ['import', join(root, 'state')])).stdout).toMatch(/✓ nothing new\n$/);
  });

  it('takes a file that has grown, and makes the same events on two machines', async () => {
    const { root } = layOut();
    const remote = bareRepository();
    const one = temporaryFolder();
    await kgitJson('.', ['init', one, '--remote', remote]);
    const two = cloneOf(remote);
    await inTurn([
      () => kgitJson(one, ['import', join(root, 'state'), '--user', 'ada']),
      () => kgitJson(two, ['import', join(root, 'state'), '--user', 'bob']),
    ]);
    const count = git(remote, 'rev-list', '--count', 'main');
    expect(count).toBe('2');
    appendFileSync(
      join(root, 'state', 'deployment-events.yaml'),
      '  - timestamp: "2026-01-01T00:00:00Z"\n    action: one_more\n    message: grown\n',
    );
    const grown = await kgitJson(two, ['import', join(root, 'state')]);
    const news = grown.files
      .map(({ events }: { events: { new: number } }) => events.new)
      .filter((n: number) => n > 0);
    expect(news).toEqual([1]);
  });

  it('--dry-run shows the plan and writes nothing', async () => {
    const { root } = layOut();
    const path = await newRepository();
    const run = await kgit(path, ['import', join(root, 'state'), '--dry-run']);
    expect(run.code).toBe(0);
    expect(run.stdout).toMatch(/FILE +GOES TO +EVENTS +STATE/);
    expect(run.stdout).toContain('Withheld');
    expect(git(path, 'rev-list', '--count', 'main')).toBe('1');
  });

  it('accepts a legacy name, under the slug that it is kept by', async () => {
    const { root } = layOut();
    const path = await newRepository();
    await kgitJson(path, ['import', join(root, 'state')]);
    const { events } = await kgitJson(path, ['log', 'Team_Demo']);
    expect(events[0].subject).toMatch(/^cluster\/default\/kcm-system\/team-demo--[a-z2-7]{10}$/);
    expect(events[0].source.name).toBe('Team_Demo');
    const pushed = await kgitJson(path, ['push-event', 'seen', '--cluster', 'Team_Demo']);
    expect(pushed.subject).toBe(events[0].subject);
    expect((await kgit(path, ['push-event', 'seen', '--cluster', 'Other_Name'])).code).toBe(2);
  });
});
