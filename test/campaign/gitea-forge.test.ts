import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { git } from '../support/git-fixtures.js';
import { type GiteaServer, startGitea } from '../support/gitea-server/gitea-server.js';
import { type GiteaState, giteaState } from '../support/gitea-server/gitea-state.js';
import { PATIENCE_MS } from '../support/patience.js';
import { expectFailure } from '../support/state-repository.js';

const BRANCH = 'kgit/propose/ada/d1';
let server: GiteaServer;
let token: string;
let state: GiteaState;

beforeAll(async () => {
  server = await startGitea();
  await server.addUser('ada');
  token = await server.token('ada', 'write:repository');
});
afterAll(() => server.stop());
beforeEach(async () => {
  state = await giteaState(server, 'ada', token);
});

const note = (cluster: string) => ['push-event', 'noted', '--cluster', cluster];
const size = (value: number | string, ...more: string[]) => ['set', `deployment.size=${value}`, ...more];

/** A request as Gitea has it, once it has found out whether it can be merged: it looks after each push, in its own time. */
async function requestOf(number: number, isMergeable = true) {
  const read = () => server.call('ada', 'GET', `/repos/${state.path}/pulls/${number}`);
  await expect.poll(async () => (await read()).mergeable, { timeout: PATIENCE_MS }).toBe(isMergeable);
  return read();
}

/** Presses the merge button of a request once it can be merged; the status of the answer. */
async function merge(number: number, how?: Record<string, unknown>): Promise<number> {
  await requestOf(number);
  return state.merge(number, how);
}

/** The value on main, as the remote has it now. */
const published = async () =>
  (await state.json(['get', 'deployment.size', '--fetch', '--default', 'none'])).value;

describe('a proposal', () => {
  it.each(['merge', 'squash', 'rebase', 'rebase-merge'])(
    'is opened, amended, and merged by %s; the next one begins anew',
    async (how) => {
      const first = await state.json(size(1, '--propose', '--reason', 'upgrade window'));
      expect(first).toMatchObject({ delivery: 'proposed', proposal: { branch: BRANCH, number: 1 } });
      expect(first.proposal.url).toBe(`https://${server.host}/${state.path}/pulls/1`);
      const second = await state.json(['set', 'deployment.zone=b', '--propose']);
      expect(second.proposal).toMatchObject({ number: 1, branch: BRANCH });
      const open = await requestOf(1);
      expect(open).toMatchObject({ state: 'open', mergeable: true, base: { ref: 'main' } });
      expect(open.title).toContain('deployment.size = 1');
      for (const text of ['`deployment.size`', '`deployment.zone`', 'upgrade window'])
        expect(open.body).toContain(text);
      expect(await merge(1, { Do: how, delete_branch_after_merge: how === 'squash' })).toBe(200);
      expect(await published()).toBe(1);
      const { events } = await state.json(['log', 'deployment/d1']);
      expect(events.map(({ action }: { action: string }) => action)).toEqual([
        'deployment_initialized',
        'state_changed',
        'state_changed',
      ]);
      expect(await state.json(['verify'])).not.toHaveProperty('error');
      const next = await state.json(size(2, '--propose'));
      expect(next.proposal).toMatchObject({ number: 2, branch: BRANCH });
      expect((await requestOf(2)).body).not.toContain('deployment.zone');
    },
  );

  it('that is closed is over: the next write begins anew', async () => {
    await state.json(size(1, '--propose'));
    await server.call('ada', 'PATCH', `/repos/${state.path}/pulls/1`, { state: 'closed' });
    const next = await state.run(['set', 'deployment.zone=b', '--propose']);
    expect(next.json.proposal).toMatchObject({ number: 2 });
    expect(next.stderr).toContain('#1 is closed');
    expect((await requestOf(2)).body).not.toContain('deployment.size');
  });

  it('that the forge cannot merge by lines is resolved path by path, and merged', async () => {
    await state.json(['set', 'deployment.a=1', 'deployment.b=1']);
    await state.json(['set', 'deployment.a=2', '--propose']);
    await state.json(['set', 'deployment.b=2']);
    await requestOf(1, false);
    expect(await state.json(['resolve'])).toMatchObject({
      branch: BRANCH,
      delivery: 'proposed',
      number: 1,
    });
    expect(await merge(1)).toBe(200);
    expect((await state.json(['get', 'deployment', '--fetch'])).value).toMatchObject({ a: 2, b: 2 });
    await state.json(['verify']);
  });

  it.each([
    ['the state branch', 6],
    ['the proposal', 5],
  ])(
    'of a path that both changed is decided by the commands that are printed; %s wins',
    async (who, wins) => {
      await state.json(size(4));
      await state.json(size(5, '--propose'));
      await state.json(size(6));
      const error = expectFailure(await state.run(['resolve']), 'CONFLICT', 12);
      expect(error.data.conflicts).toMatchObject([{ path: 'deployment.size', base: 4, ours: 5, theirs: 6 }]);
      const commands = (error.suggestions as string[]).flatMap(
        (line) => /: (kgit .*)$/.exec(line)?.[1] ?? [],
      );
      expect(commands).toHaveLength(3);
      for (const command of commands.slice(0, who === 'the proposal' ? 3 : 2))
        await state.json(command.split(' ').slice(1));
      expect(await merge(1)).toBe(200);
      expect(await published()).toBe(wins);
      await state.json(['verify']);
    },
  );

  it.each(['merge', 'squash'])(
    'that was merged by %s and is reverted by a button: validate names the rollback, which works',
    async (how) => {
      await state.json(size(1));
      await state.json(size(2, '--propose'));
      expect(await merge(1, { Do: how })).toBe(200);
      await revert(git(state.remote, 'rev-parse', 'main'), 'revert-1');
      await state.json(['sync']);
      git(
        state.clone,
        'fetch',
        '--quiet',
        state.remote,
        'main:refs/remotes/origin/main',
        'revert-1:refs/remotes/origin/revert-1',
      );
      git(state.clone, 'switch', '--quiet', '--detach', 'origin/revert-1');
      const { findings } = (await state.run(['validate', '--base', 'origin/main'])).json;
      expect(findings.map(({ rule }: { rule: string }) => rule)).toEqual([
        'event-removed',
        'state-without-event',
      ]);
      const commands = findings.map(({ fix }: { fix: string }) => /: (kgit rollback .*)$/.exec(fix)?.[1]);
      expect(new Set(commands).size).toBe(1);
      git(state.clone, 'switch', '--quiet', 'main');
      const { proposal } = await state.json(commands[0].split(' ').slice(1));
      expect(await merge(proposal.number)).toBe(200);
      expect(await published()).toBe(1);
      await state.json(['verify']);
    },
  );
});

/** Presses the Revert button of a commit, to a new branch: what its page sends, in a session of a person's. */
async function revert(commit: string, branch: string): Promise<void> {
  const ca = readFileSync(server.authority);
  const post = (path: string, fields: Record<string, string>, cookie = '') =>
    new Promise<{ status: number; cookies: string[] }>((resolve, reject) => {
      const headers = { 'content-type': 'application/x-www-form-urlencoded', cookie };
      const call = request(
        `https://${server.host}${path}`,
        { method: 'POST', ca, agent: false, headers },
        (response) => {
          response.resume();
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, cookies: response.headers['set-cookie'] ?? [] }),
          );
        },
      );
      call.on('error', reject);
      call.end(new URLSearchParams(fields).toString());
    });
  const login = await post('/user/login', { user_name: 'ada', password: server.password });
  // One of them may be set twice: the session begins anew with the login.
  const cookies = new Map(login.cookies.map((text) => [text.split('=')[0], text.split(';')[0]]));
  const cookie = [...cookies.values()].join('; ');
  const fields = {
    ...{ revert: 'true', commit_choice: 'commit-to-new-branch', new_branch_name: branch },
    ...{ last_commit: commit, commit_summary: `revert ${commit}` },
  };
  expect((await post(`/${state.path}/_cherrypick/${commit}/main`, fields, cookie)).status).toBe(200);
  expect(git(state.remote, 'rev-parse', `${branch}^`)).toBe(commit);
}

describe('a protected branch', () => {
  it('takes no write (20, in its words), and proposals, locks and merges', async () => {
    await state.protect({ enable_push: false });
    const error = expectFailure(await state.run(size(1)), 'REFUSED', 20);
    expect(error.message).toContain('(Not allowed to push to protected branch main)');
    expect(error.data).toMatchObject({ branch: 'main', kept: true });
    expectFailure(await state.run(note('one')), 'REFUSED', 20);
    expect((await state.json(['lock', 'network'])).token).toBe(1);
    const { proposed, operations } = await state.json(['outbox', 'retry', '--propose']);
    expect(proposed.map((one: { proposal: { number: number } }) => one.proposal.number)).toEqual([1, 2]);
    expect(operations).toEqual([]);
    expect(await merge(1)).toBe(200);
    expect(await merge(2)).toBe(200);
    expect(await published()).toBe(1);
    const own = await state.json(size(2), { KGIT_WRITE_ON_PROTECTED: 'propose' });
    expect(own).toMatchObject({ delivery: 'proposed', proposal: { number: 3 } });
  });

  const RULES = {
    'protected file patterns': { enable_push: true, protected_file_patterns: 'deployments/*/state.yaml' },
    'unprotected file patterns': {
      enable_push: false,
      unprotected_file_patterns: 'clusters/**;deployments/*/events/**',
    },
  };

  it.each(Object.entries(RULES))(
    'by %s: events are recorded, state is proposed and merged',
    async (how, rules) => {
      await state.protect(rules);
      const propose = { KGIT_WRITE_ON_PROTECTED: 'propose' };
      expect(await state.json(note('one'))).toMatchObject({ delivery: 'published' });
      expect(await state.json(['push-event', 'noted', '--deployment', 'd1'])).toMatchObject({
        delivery: 'published',
      });
      const { operation } = await state.json(size(7, '--queue'));
      for (const cluster of ['two', 'three'])
        expect(await state.json(note(cluster))).toMatchObject({ delivery: 'published' });
      expect((await state.json(['outbox'])).operations).toMatchObject([{ id: operation, refused: true }]);
      await state.json(['outbox', 'drop', operation]);
      expect(await state.json(size(8), propose)).toMatchObject({
        delivery: 'proposed',
        proposal: { number: 1 },
      });
      expect(await state.json(note('four'))).toMatchObject({ delivery: 'published' });
      expect(await published()).toBe('none');
      // Gitea merges no request that touches a protected file, unless an administrator overrides the rules.
      const isOverridden = how === 'protected file patterns';
      expect(await merge(1)).toBe(isOverridden ? 405 : 200);
      if (isOverridden) expect(await merge(1, { Do: 'squash', force_merge: true })).toBe(200);
      expect(await published()).toBe(8);
      expect((await state.json(['outbox'])).operations).toEqual([]);
    },
  );
});
