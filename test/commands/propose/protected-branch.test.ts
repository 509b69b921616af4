import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { cloneOf, git } from '../../support/git-fixtures.js';
import { kgit, kgitJson } from '../../support/kgit.js';
import { refuseFirst } from '../../support/proc-receive.js';
import { expectFailure, expectPublished, sharedState } from '../../support/state-repository.js';

const BRANCH = 'kgit/propose/ada/dep-a';
let remote: string;
let clone: string;

/** Lets main move to what was merged there alone: a merge button sets the marker, a push does not. */
function protect(path: string): void {
  const hook = join(path, 'hooks', 'pre-receive');
  const script = `#!/bin/sh
while read old new ref; do
  [ "$ref" = refs/heads/main ] && [ ! -e merge-button ] && { echo "GH006: Protected branch update failed" >&2; exit 1; }
done
exit 0
`;
  writeFileSync(hook, script);
  chmodSync(hook, 0o755);
}

/** What the merge button of a forge does. */
function press(method: 'merge' | 'squash' | 'rebase', branch: string): void {
  const forge = cloneOf(remote);
  writeFileSync(join(remote, 'merge-button'), '');
  if (method === 'rebase') git(forge, 'cherry-pick', `origin/main..origin/${branch}`);
  else
    git(
      forge,
      'merge',
      '--quiet',
      ...(method === 'squash' ? ['--squash'] : ['--no-ff', '--no-edit']),
      `origin/${branch}`,
    );
  if (method === 'squash') git(forge, 'commit', '--quiet', '-m', 'A change (#1)');
  git(forge, 'push', '--quiet', 'origin', 'main');
  git(remote, 'update-ref', '-d', `refs/heads/${branch}`);
  rmSync(join(remote, 'merge-button'));
}

beforeEach(() => {
  remote = sharedState();
  clone = cloneOf(remote);
  protect(remote);
});

const words = ['set', 'deployment.count=4', '--user', 'ada', '--json'];

describe('a protected branch', () => {
  it('refuses with 20, and names the same command with --propose; the kept write can go then', async () => {
    const run = await kgit(clone, [...words, '--reason', 'it is time']);
    const error = expectFailure(run, 'REFUSED', 20);
    expect(error.message).toContain('GH006');
    expect(error.suggestions.slice(0, 2)).toEqual([
      "Propose it instead: kgit set deployment.count=4 --user ada --json --reason 'it is time' --propose",
      `Then take this one out of the outbox: kgit outbox drop ${error.data.operation}`,
    ]);
    const proposed = await kgitJson(clone, [...words.slice(0, -1), '--propose']);
    expect(proposed).toMatchObject({ delivery: 'proposed', proposal: { branch: BRANCH } });
  });

  it('is proposed to by itself with write.onProtected, and nothing waits then', async () => {
    const env = { KGIT_WRITE_ON_PROTECTED: 'propose' };
    const run = await kgit(clone, words, { env });
    expect(run.json).toMatchObject({ delivery: 'proposed', proposal: { branch: BRANCH } });
    expect(run.stderr).toContain('GH006');
    expect(run.stderr).not.toContain('kept in the outbox');
    expect(run.stderr.split('open the request')).toHaveLength(2);
    expect((await kgitJson(clone, ['outbox'])).operations).toEqual([]);
    const event = await kgit(clone, ['push-event', 'noted', '--cluster', 'prod', '--user', 'ada', '--json'], {
      env,
    });
    expect(event.json.proposal.branch).toMatch(
      /^kgit\/propose\/ada\/cluster-default-kcm-system-prod-[0-9a-f]{8}$/,
    );
  });

  it('takes what waits as proposals: one of them, or all, and each leaves the outbox', async () => {
    const ids: string[] = [];
    for (const count of [4, 5])
      ids.push(
        (await kgitJson(clone, ['set', `deployment.count=${count}`, '--user', 'ada', '--queue'])).operation,
      );
    ids.push(
      (await kgitJson(clone, ['push-event', 'noted', '--cluster', 'p', '--user', 'ada', '--queue']))
        .operation,
    );
    const error = expectFailure(await kgit(clone, ['sync', '--json']), 'REFUSED', 20);
    expect(error.suggestions.join()).toContain('kgit outbox retry --propose');
    const one = await kgitJson(clone, ['outbox', 'retry', String(ids[0]), '--propose']);
    expect(one.proposed).toMatchObject([{ operation: ids[0], proposal: { branch: BRANCH } }]);
    expect(one.operations.map(({ id }: { id: string }) => id)).toEqual(ids.slice(1));
    const rest = await kgitJson(clone, ['outbox', 'retry', '--propose']);
    expect(rest.operations).toEqual([]);
    expect(rest.proposed.map((done: { operation: string }) => done.operation)).toEqual(ids.slice(1));
    press('squash', BRANCH);
    const { events } = await kgitJson(clone, ['log', 'deployment/dep-a', '--fetch']);
    expect(events).toHaveLength(2);
    expectFailure(
      await kgit(clone, ['outbox', 'retry', String(ids[0]), '--propose', '--json']),
      'NOT_FOUND',
      15,
    );
  });

  it('keeps a write that could not be proposed either, and says so', async () => {
    const taken = 'kgit/propose/ada/dep-a/and-more';
    git(remote, 'update-ref', `refs/heads/${taken}`, 'main');
    const run = await kgit(clone, words, { env: { KGIT_WRITE_ON_PROTECTED: 'propose' } });
    const error = expectFailure(run, 'REFUSED', 20);
    expect(error.data.kept).toBe(true);
    expect(error.suggestions.join()).toContain(`kgit outbox retry ${error.data.operation} --propose`);
    expect((await kgitJson(clone, ['outbox'])).operations).toMatchObject([{ id: error.data.operation }]);
    const own = expectFailure(await kgit(clone, [...words, '--propose']), 'REFUSED', 20);
    expect(own.suggestions.join()).not.toContain('is kept');
  });

  it.each(['merge', 'squash', 'rebase'] as const)(
    'whose proposal is merged by %s has its event and state, and a repeat is done',
    async (method) => {
      const push = [
        'push-event',
        'noted',
        '--deployment',
        'dep-a',
        '--id',
        '01JZXK5B7Q3M8N2V4C6D9F0G1H',
        '--user',
        'ada',
      ];
      await kgitJson(clone, [...words.slice(0, -1), '--propose']);
      await kgitJson(clone, [...push, '--propose']);
      press(method, BRANCH);
      const { events } = await kgitJson(clone, ['log', 'deployment/dep-a', '--fetch']);
      expect(events.map(({ action }: { action: string }) => action).sort()).toEqual([
        'noted',
        'state_changed',
      ]);
      expect((await kgitJson(clone, ['get', 'deployment.count'])).value).toBe(4);
      expect(await kgitJson(clone, push)).toMatchObject({ delivery: 'published' });
      const again = await kgitJson(clone, [...push, '--propose']);
      expect(again.delivery).toBe('unchanged');
    },
  );
});

/** What a Gitea 1.26 says that protects files of state: by patterns of what is protected, or of what is not. */
const GITEA = [
  ['protected file patterns', 'branch main is protected from changing file deployments/dep-a/state.yaml'],
  ['unprotected file patterns', 'Not allowed to push to protected branch main'],
] as const;

describe('files of state that are protected', () => {
  const env = { KGIT_WRITE_ON_PROTECTED: 'propose' };
  const noted = (cluster: string) => ['push-event', 'noted', '--cluster', cluster, '--user', 'ada'];

  /** Refuses pushes to main that touch a state.yaml. */
  function protectState(words: string): void {
    const script = `#!/bin/sh
while read old new ref; do
  [ "$ref" = refs/heads/main ] && [ ! -e merge-button ] && git diff --name-only $old $new | grep -q 'state.yaml$' && { printf 'error:\\nerror: ${words}\\nerror:\\n' >&2; exit 1; }
done
exit 0
`;
    writeFileSync(join(remote, 'hooks', 'pre-receive'), script);
  }

  it.each(GITEA)('by %s: events are recorded, and state is proposed', async (_how, says) => {
    protectState(says);
    expectPublished(await kgitJson(clone, noted('one'), { env }));
    const state = await kgit(clone, words, { env });
    expect(state.json).toMatchObject({ delivery: 'proposed', proposal: { branch: BRANCH } });
    expect(state.stderr).toContain(`declined (${says})`);
    expectPublished(await kgitJson(clone, noted('two'), { env }));
    expect((await kgitJson(clone, ['outbox'])).operations).toEqual([]);
    expect((await kgitJson(clone, ['get', 'deployment.count', '--fetch'])).value).toBe(3);
    press('merge', BRANCH);
    expect((await kgitJson(clone, ['get', 'deployment.count', '--fetch'])).value).toBe(4);
    expect((await kgitJson(clone, ['log'])).events).toHaveLength(3);
  });

  it.each(GITEA)('by %s: events pass a change of state that waits', async (_how, says) => {
    protectState(says);
    const waits = await kgitJson(clone, [...words.slice(0, -1), '--queue']);
    await kgitJson(clone, [...noted('one'), '--queue']);
    expectPublished(await kgitJson(clone, noted('two')));
    const { operations } = await kgitJson(clone, ['outbox']);
    expect(operations).toMatchObject([{ id: waits.operation, refused: true }]);
    expectPublished(await kgitJson(clone, noted('three')));
    const { proposed } = await kgitJson(clone, ['outbox', 'retry', '--propose']);
    expect(proposed).toMatchObject([{ operation: waits.operation, proposal: { branch: BRANCH } }]);
  });
});

it('what waits is proposed though one of it cannot be, which is told', async () => {
  const ids: string[] = [];
  for (const args of [
    ['push-event', 'noted', '--cluster', 'one'],
    ['push-event', 'noted', '--deployment', 'dep-a'],
    ['push-event', 'noted', '--cluster', 'two'],
  ])
    ids.push((await kgitJson(clone, [...args, '--user', 'ada', '--queue'])).operation);
  // A branch above the one that the second needs.
  git(remote, 'update-ref', `refs/heads/${BRANCH}/and-more`, 'main');
  const run = await kgit(clone, ['outbox', 'retry', '--propose', '--json']);
  const error = expectFailure(run, 'REFUSED', 20);
  expect(error.message).toMatch(
    new RegExp(`a write; it stays in the outbox \\(2 proposed\\)\n${ids[1]}: .*`),
  );
  expect(error.data.proposed.map((one: { operation: string }) => one.operation)).toEqual([ids[0], ids[2]]);
  expect(error.data.failed).toMatchObject([{ operation: ids[1], code: 'REFUSED' }]);
  const { operations } = await kgitJson(clone, ['outbox']);
  expect(operations.map(({ id }: { id: string }) => id)).toEqual([ids[1]]);
});

it('a race for the branch of a proposal that is told in words nobody knows is raced again', async () => {
  const first = await kgitJson(clone, [...words.slice(0, -1), '--propose']);
  const other = cloneOf(remote);
  git(other, 'checkout', '--quiet', BRANCH);
  git(other, 'commit', '--quiet', '--allow-empty', '-m', 'by another writer');
  git(other, 'push', '--quiet', 'origin', 'HEAD:refs/heads/other');
  const winner = git(other, 'rev-parse', 'HEAD');
  refuseFirst(remote, { reason: 'out of cheese', winner, refs: 'refs/heads/kgit' });
  const second = await kgitJson(clone, ['set', 'deployment.count=5', '--user', 'ada', '--propose']);
  expect(second).toMatchObject({ delivery: 'proposed', attempts: 2, proposal: { branch: BRANCH } });
  expect(first.proposal.revision).not.toBe(winner);
  expect(git(remote, 'merge-base', BRANCH, winner)).toBe(winner);
});

describe('kgit resolve', () => {
  /** Moves main as somebody who may push there. */
  async function publish(...assignments: string[]): Promise<void> {
    writeFileSync(join(remote, 'merge-button'), '');
    expectPublished(await kgitJson(cloneOf(remote), ['set', ...assignments]));
  }

  it('merges main into a proposal that a forge shows as conflicted, path by path', async () => {
    await kgitJson(clone, [...words.slice(0, -1), '--propose']);
    await publish('deployment.phase=create_vms', 'kof.a=1');
    expect(() => git(cloneOf(remote), 'merge', '--quiet', `origin/${BRANCH}`)).toThrow();
    const json = await kgitJson(clone, ['resolve', '--user', 'ada']);
    expect(json).toMatchObject({
      branch: BRANCH,
      delivery: 'proposed',
      merged: ['deployments/dep-a/state.yaml'],
    });
    expect(git(remote, 'rev-parse', BRANCH)).toBe(json.revision);
    git(cloneOf(remote), 'merge', '--quiet', '--ff-only', `origin/${BRANCH}`);
    const state = git(remote, 'show', `${BRANCH}:deployments/dep-a/state.yaml`);
    expect(state).toMatch(
      /# kept by the team\ndeployment:\n.*# do not change\n {2}phase: create_vms\n {2}count: 4\nkof:\n {2}a: 1/,
    );
    expect(
      git(remote, 'ls-tree', '-r', '--name-only', BRANCH, 'deployments/dep-a/events').split('\n'),
    ).toHaveLength(2);
    expect(await kgitJson(clone, ['resolve', BRANCH])).toMatchObject({ delivery: 'unchanged', merged: [] });
  });

  it('pushes nothing where one path was changed on both sides (12), and tells it with its values', async () => {
    await kgitJson(clone, [...words.slice(0, -1), '--propose']);
    await publish('deployment.count=5', 'kof.a=1');
    const before = git(remote, 'rev-parse', BRANCH);
    const error = expectFailure(await kgit(clone, ['resolve', BRANCH, '--json']), 'CONFLICT', 12);
    const conflict = {
      file: 'deployments/dep-a/state.yaml',
      path: 'deployment.count',
      base: 3,
      ours: 4,
      theirs: 5,
    };
    expect(error.data).toEqual({ branch: BRANCH, conflicts: [conflict] });
    expect(git(remote, 'rev-parse', BRANCH)).toBe(before);
  });

  it('says which branches there are, where none or several are meant', async () => {
    expectFailure(await kgit(clone, ['resolve', '--user', 'ada', '--json']), 'NOT_FOUND', 15);
    expectFailure(await kgit(clone, ['resolve', 'a..b', '--json']), 'NOT_FOUND', 15);
    await kgitJson(clone, [...words.slice(0, -1), '--propose']);
    await kgitJson(clone, ['push-event', 'noted', '--cluster', 'prod', '--user', 'ada', '--propose']);
    const error = expectFailure(await kgit(clone, ['resolve', '--user', 'ada', '--json']), 'USAGE', 2);
    expect(error.message).toContain(BRANCH);
  });
});

it('two proposals that add events never conflict', async () => {
  const push = (user: string) =>
    kgitJson(clone, ['push-event', 'noted', '--deployment', 'dep-a', '--user', user, '--propose']);
  const [one, two] = [await push('ada'), await push('grace')];
  press('squash', one.proposal.branch);
  press('squash', two.proposal.branch);
  expect((await kgitJson(clone, ['log', '--fetch'])).events).toHaveLength(2);
});
