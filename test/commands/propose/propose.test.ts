import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ForgeServer, startForge } from '../../support/forge/forge-server.js';
import { cloneOf, git } from '../../support/git-fixtures.js';
import { kgit, kgitJson } from '../../support/kgit.js';
import { commitFiles, expectFailure, sharedState } from '../../support/state-repository.js';

const BRANCH = 'kgit/propose/ada/dep-a';
let remote: string;
let forge: ForgeServer;
let clone: string;
const run = (...args: string[]) => kgit(clone, [...args, '--user', 'ada', '--json'], { env: forge.env });
const json = (...args: string[]) => kgitJson(clone, [...args, '--user', 'ada'], { env: forge.env });
const tip = (branch: string) => git(remote, 'rev-parse', branch);

async function fresh(dialect: 'github' | 'gitlab' | 'gitea') {
  remote = sharedState();
  forge = await startForge(remote, dialect);
  clone = cloneOf(remote);
  git(clone, 'remote', 'set-url', 'origin', forge.url);
}

it('goes to the API that propose.apiUrl names, whose path tells the forge', async () => {
  await fresh('gitlab');
  const { KGIT_PROPOSE_FORGE: _, ...env } = forge.env;
  const words = ['set', 'deployment.count=4', '--propose', '--user', 'ada', '--json'];
  const without = await kgit(clone, words, { env });
  expect(without.stderr).toContain('propose.forge');
  expect(forge.proposals).toHaveLength(0);
  // The same server by another name.
  const api = `https://${forge.git.host.replace('127.0.0.1', 'localhost')}/api/v4`;
  await kgitJson(clone, ['set', 'deployment.count=5', ...words.slice(2, -1)], {
    env: { ...env, KGIT_PROPOSE_API_URL: api },
  });
  expect(forge.proposals).toHaveLength(1);
  await forge.stop();
});

describe('a proposal', () => {
  beforeAll(() => fresh('github'));
  afterAll(() => forge.stop());

  it('is a commit on a branch of the user and deployment, with a request to merge; main stays', async () => {
    const main = tip('main');
    const first = await json(
      'set',
      'deployment.phase=create_vms',
      '--propose',
      '--reason',
      'it is `time` | @team',
    );
    expect(first).toMatchObject({ delivery: 'proposed', revision: null, attempts: 1 });
    expect(first.changed).toEqual([
      { path: 'deployment.phase', before: 'setup_network', after: 'create_vms' },
    ]);
    expect(first.proposal).toEqual({
      ...{ branch: BRANCH, revision: tip(BRANCH), number: 1 },
      url: 'https://forge.example/requests/1',
    });
    expect(tip('main')).toBe(main);
    expect(git(remote, 'rev-parse', `${BRANCH}~1`)).toBe(main);
    const [made] = forge.proposals;
    expect(made).toMatchObject({
      head: BRANCH,
      base: 'main',
      title: 'deployment.phase = create_vms (dep-a): it is `time` | @team',
    });
    const [subject, , title, reason] = git(remote, 'show', '-s', '--format=%B', BRANCH).split('\n');
    expect(subject).toBe(made?.title);
    expect([title, reason]).toEqual(['state_changed: deployment/dep-a', 'Reason: it is `time` | @team']);
    expect(made?.body).toContain('| `deployment.phase` | `setup_network` | `create_vms` |');
    expect(made?.body).toContain('``` it is `time` \\| @team ```'.replaceAll('```', '``'));
    expect(made?.body).toContain('`ada`');
    expect((await kgitJson(clone, ['get', 'deployment.phase'], { env: forge.env })).value).toBe(
      'setup_network',
    );
  });

  it('takes later writes of the user along, from what was there at first to what is there at the end', async () => {
    const made = forge.proposals[0] as (typeof forge.proposals)[0];
    made.body = `Dear reviewers\n\n${made.body}\n\nRegards`;
    const more = [
      'set',
      'deployment.phase=setup_vpn',
      'kof.version=2',
      '--propose',
      '--title',
      'VPN\u001b first',
    ];
    expect((await json(...more)).proposal).toMatchObject({ number: 1, revision: tip(BRANCH) });
    expect(forge.proposals).toHaveLength(1);
    expect(git(remote, 'rev-list', '--count', `main..${BRANCH}`)).toBe('2');
    expect(made).toMatchObject({ title: 'VPN first' });
    expect(made.body).toMatch(/^Dear reviewers\n[\s\S]*\n\nRegards$/);
    expect(made.body).toContain('| `deployment.phase` | `setup_network` | `setup_vpn` |');
    expect(made.body).not.toContain('create_vms');
    expect(made.body).toContain('| `kof.version` | – | `2` |');
  });

  it('changes nothing where the branch has it already, and the request is there still', async () => {
    const before = tip(BRANCH);
    expect(await json('set', 'kof.version=2', '--propose')).toMatchObject({
      delivery: 'proposed',
      changed: [],
    });
    expect([tip(BRANCH), forge.proposals.length]).toEqual([before, 1]);
  });

  it('begins anew once it was squashed into main, whatever became of its branch', async () => {
    const other = cloneOf(remote);
    git(other, 'merge', '--squash', '--quiet', `origin/${BRANCH}`);
    git(other, 'commit', '--quiet', '-m', 'squashed');
    git(other, 'push', '--quiet', 'origin', 'main');
    (forge.proposals[0] as { state: string }).state = 'merged';
    const next = await json('set', 'kof.version=3', '--propose');
    expect(next.proposal).toMatchObject({ branch: BRANCH, number: 2 });
    expect(git(remote, 'rev-parse', `${BRANCH}~1`)).toBe(tip('main'));
    expect(forge.proposals[1]?.body).toContain('| `kof.version` | `2` | `3` |');
  });

  it('begins anew where the reviewers closed it', async () => {
    (forge.proposals[1] as { state: string }).state = 'closed';
    const next = await run('set', 'kof.other=1', '--propose');
    expect(next.json.proposal).toMatchObject({ number: 3 });
    expect(next.stderr).toContain('#2 is closed');
    expect(git(remote, 'show', `${BRANCH}:deployments/dep-a/state.yaml`)).not.toContain('version: 3');
  });

  it('takes along what was pushed after the reviewers closed it', async () => {
    const made = forge.proposals[2] as (typeof forge.proposals)[0];
    Object.assign(made, { state: 'closed', tip: tip(BRANCH) });
    forge.faults.push({ status: 500, method: 'POST' });
    await json('set', 'kof.kept=1', '--propose');
    const next = await run('set', 'kof.more=1', '--propose');
    expect(next.json.proposal).toMatchObject({ number: 4 });
    const state = git(remote, 'show', `${BRANCH}:deployments/dep-a/state.yaml`);
    expect(state).toMatch(/kept: 1\n {2}more: 1/);
    expect(state).not.toContain('other: 1');
  });

  it('says where somebody put another history on its branch (12), or a file that is broken (14)', async () => {
    const broken = ['set', 'kof.z=1', '--propose', '--proposal-branch', 'mine'];
    git(remote, 'branch', 'mine', git(remote, 'commit-tree', '-m', 'x', `${tip('main')}^{tree}`));
    const clash = expectFailure(await run(...broken), 'CONFLICT', 12);
    expect(clash.suggestions[0]).toContain('git push origin --delete mine');
    const hand = cloneOf(remote);
    git(hand, 'switch', '--quiet', '--create', 'mine', 'main');
    commitFiles(hand, { 'deployments/dep-a/state.yaml': '{{{' });
    git(hand, 'push', '--quiet', '--force', 'origin', 'mine');
    const invalid = expectFailure(await run(...broken), 'INVALID_STATE', 14);
    expect(invalid.suggestions[0]).toContain('Fix it on mine');
    for (const name of ['HEAD', 'refs/heads/x', 'main'])
      expectFailure(
        await run('set', '--create-key', 'a=1', '--propose', '--proposal-branch', name),
        'USAGE',
        2,
      );
    const words = expectFailure(
      await run('set', '--create-key', 'a=1', '--propose', '--lock', 'net'),
      'USAGE',
      2,
    );
    expect(words.message).toMatch(/^--lock and --propose do not go together: a lock guards/);
    expect(expectFailure(await run('set', '--create-key', 'a=1', '--title', 'x'), 'USAGE', 2).message).toBe(
      '--title needs --propose',
    );
  });

  it('sends the token to the API of that host alone, and shows it nowhere', async () => {
    expect(new Set(forge.calls.map(({ token }) => token))).toEqual(new Set(['right-token']));
    const all = await run('set', 'kof.z=1', '--propose', '--verbose');
    expect(all.stdout + all.stderr).not.toContain('right-token');
    expect(git(clone, 'config', '--list')).not.toContain('right-token');
  });
});

describe('without a forge that opens it', () => {
  beforeEach(() => fresh('github'));

  it('pushes, and gives the address that the server offers', async () => {
    const hook = join(remote, 'hooks', 'post-receive');
    writeFileSync(
      hook,
      '#!/bin/sh\necho "Create a pull request by visiting:" >&2\necho "  https://forge.example/new?b=1" >&2\n',
    );
    chmodSync(hook, 0o755);
    git(clone, 'remote', 'set-url', 'origin', remote);
    const out = await run('set', 'kof.v=1', '--propose', '--proposal-branch', 'mine/first');
    expect(out.json.proposal).toEqual({
      ...{ branch: 'mine/first', revision: tip('mine/first'), number: null },
      url: 'https://forge.example/new?b=1',
      request: {
        title: 'kof.v = 1 (dep-a)',
        body: expect.stringContaining('| `kof.v` | – | `1` |'),
      },
    });
    const more = ['set', 'kof.w=1', '--propose', '--proposal-branch', 'mine/first', '--user', 'ada'];
    const shown = await kgit(clone, [...more, '--title', 'Two of them']);
    expect(shown.stdout).toContain('\n\nTwo of them\n\n');
    expect(shown.stdout).toContain('| `kof.w` | – | `1` |');
    expect(git(remote, 'show', '-s', '--format=%B', 'mine/first')).toContain(
      '\n\nTwo of them\nstate_changed: ',
    );
    expect(out.stderr).toContain('https://forge.example/new?b=1');
    await forge.stop();
  });

  it('fails in CI where the forge says no, with the branch pushed; running it again opens it', async () => {
    forge.faults.push({ status: 401, body: { message: 'Bad credentials right-token' }, method: 'POST' });
    const env = { ...forge.env, CI: 'true' };
    const command = ['set', 'kof.v=1', '--propose', '--user', 'ada', '--json'];
    const failed = await kgit(clone, command, { env });
    const error = expectFailure(failed, 'REMOTE', 16);
    expect(error.message).toMatch(/does not know the token.*\*\*\*/);
    expect(error.data).toMatchObject({ branch: BRANCH, revision: tip(BRANCH) });
    expect(failed.stdout + failed.stderr).not.toContain('right-token');
    expect((await kgitJson(clone, command.slice(0, -1), { env })).proposal).toMatchObject({ number: 1 });
    await forge.stop();
  });

  it('waits as long as the forge asks, where that is short; a person gets a note where it opens nothing', async () => {
    forge.faults.push({ status: 429, headers: { 'retry-after': '0' } });
    forge.faults.push({ status: 403, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1' } });
    forge.faults.push({ status: 500, method: 'POST' });
    const out = await run('set', 'kof.v=1', '--propose');
    expect([out.code, out.json.delivery, out.json.proposal.number]).toEqual([0, 'proposed', null]);
    expect(out.stderr).toContain('without a request to merge');
    expect(forge.calls.filter(({ method }) => method === 'GET')).toHaveLength(3);
    await forge.stop();
  });
});
