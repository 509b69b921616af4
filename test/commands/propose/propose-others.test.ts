import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { cloneOf, git, temporaryFolder } from '../../support/git-fixtures.js';
import { kgit, kgitJson } from '../../support/kgit.js';
import { expectFailure, sharedState } from '../../support/state-repository.js';

const BRANCH = 'kgit/propose/ada/dep-a';
const RUN = ['run', 'upgrade', '--deployment', 'dep-a', '--user', 'ada', '--json'];
let remote: string;
let clone: string;
let main: string;

/** A remote whose main takes no push, and a clone of it. */
beforeEach(() => {
  remote = sharedState();
  clone = cloneOf(remote);
  main = git(remote, 'rev-parse', 'main');
  const hook = join(remote, 'hooks', 'pre-receive');
  const script = '#!/bin/sh\nwhile read old new ref; do [ "$ref" != refs/heads/main ] || exit 1; done\n';
  writeFileSync(hook, script);
  chmodSync(hook, 0o755);
});

/** The files of events that a branch of the remote has and main does not. */
const proposed = (branch: string) =>
  git(remote, 'diff', '--name-only', 'main', branch)
    .split('\n')
    .filter((file) => file.includes('/events/'));
const waiting = async () => (await kgitJson(clone, ['outbox'])).operations;

describe('kgit run on a protected branch', () => {
  it('proposes start and end with --propose, as one proposal', async () => {
    const run = await kgit(clone, [...RUN, '--propose', '--', 'sh', '-c', 'exit 7']);
    expect(run.code).toBe(7);
    const { started, ended } = run.json;
    for (const row of [started, ended])
      expect(row).toMatchObject({ delivery: 'proposed', revision: null, proposal: { branch: BRANCH } });
    expect([started.outcome, ended.outcome]).toEqual(['started', 'failed']);
    expect(proposed(BRANCH)).toEqual([started.path, ended.path]);
    expect(git(remote, 'rev-parse', 'main')).toBe(main);
    expect(await waiting()).toEqual([]);
  });

  it('proposes by itself where the team has agreed on that', async () => {
    const env = { KGIT_WRITE_ON_PROTECTED: 'propose' };
    const run = await kgit(clone, [...RUN, '--', 'true'], { env });
    expect(run.code).toBe(0);
    expect(run.stderr).toContain('main is protected, so this is proposed');
    expect(run.json).toMatchObject({ started: { delivery: 'proposed' }, ended: { delivery: 'proposed' } });
    expect(proposed(BRANCH)).toHaveLength(2);
    expect(await waiting()).toEqual([]);
  });

  it('keeps both where it is refused (20), and never tells to run the command again', async () => {
    const run = await kgit(clone, [...RUN, '--', 'true']);
    const error = expectFailure(run, 'REFUSED', 20);
    expect(error.suggestions.join('\n')).toContain('kgit run --propose');
    expect(error.suggestions.join('\n')).not.toContain('-- true');
    expect(await waiting()).toHaveLength(2);
  });

  it('keeps both where they cannot be proposed (16)', async () => {
    const away = `git remote set-url origin '${temporaryFolder()}/none'`;
    const run = await kgit(clone, [...RUN, '--propose', '--', 'sh', '-c', away]);
    const error = expectFailure(run, 'REMOTE', 16);
    expect(error.message).toMatch(/^the command succeeded, but /);
    expect(error.data.run).toMatchObject({ started: { delivery: 'queued' }, ended: { delivery: 'queued' } });
    expect(await waiting()).toHaveLength(2);
  });
});

it('kgit init proposes a deployment, and lays nothing out', async () => {
  const init = ['init', '.', '--user', 'ada', '--deployment', 'dep-b'];
  const refused = await kgit(clone, [...init, '--json']);
  expect(expectFailure(refused, 'REFUSED', 20).message).toContain('pre-receive');
  const json = await kgitJson(clone, [...init, '--propose']);
  expect(json).toMatchObject({ delivery: 'proposed', added: [], deployment: 'dep-b' });
  expect(json.proposal).toMatchObject({ branch: 'kgit/propose/ada/dep-b' });
  const state = git(remote, 'show', 'kgit/propose/ada/dep-b:deployments/dep-b/state.yaml');
  expect(state).toContain('deployment_id: dep-b');
  expect(git(remote, 'rev-parse', 'main')).toBe(main);
  expectFailure(await kgit(clone, ['init', '.', '--propose', '--json']), 'USAGE', 2);
  const nowhere = temporaryFolder();
  const none = ['init', nowhere, '--deployment', 'dep-b', '--propose', '--json'];
  expectFailure(await kgit(nowhere, none), 'NO_REPO', 10);
  expect(() => git(nowhere, 'rev-parse')).toThrow();
});

it.each(['lock', 'unlock'])('kgit %s cannot be proposed, and says why', async (command) => {
  const error = expectFailure(await kgit(clone, [command, 'net', '--propose', '--json']), 'USAGE', 2);
  expect(error.message).toContain('a lock cannot be proposed');
  expect(git(remote, 'for-each-ref', 'refs/kgit')).toBe('');
});
