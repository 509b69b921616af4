import { expect, it } from 'vitest';
import { pushGroup } from '../../../src/gitstore/branch/push-group.js';
import { Git } from '../../../src/gitstore/process/git.js';
import { bareRepository, cloneOf, git, temporaryFolder } from '../../support/git-fixtures.js';
import { openGitStore } from '../../support/open-git-store.js';

const ADA = { name: 'Ada', email: 'ada@example.com' };
const CONFIG = { 'remote.origin.url': 'https://host/state.git', 'user.name': 'Ada', 'core.bare': 'false' };
const HOME = { HOME: '/home/ada', PATH: '/bin' };

function groupOf(
  committer = ADA,
  config: Readonly<Record<string, string>> = {},
  variables: Readonly<Record<string, string>> = {},
): string {
  const git = new Git(temporaryFolder(), { ...HOME, ...variables });
  return pushGroup(git, committer, new Map(Object.entries({ ...CONFIG, ...config })));
}

it.each<[string, ...Parameters<typeof groupOf>]>([
  ['another committer', { ...ADA, email: 'grace@example.com' }],
  ['a password in the URL', ADA, { 'remote.origin.url': 'https://ada:secret@host/state.git' }],
  ['another address for pushes', ADA, { 'remote.origin.pushurl': 'ssh://host/state.git' }],
  ['a rule for addresses', ADA, { 'url.ssh://git@host/.insteadof': 'https://host/' }],
  ['a credential helper', ADA, { 'credential.helper': 'store' }],
  ['a header', ADA, { 'http.https://host/.extraheader': 'AUTHORIZATION: basic eA==' }],
  ['options of a push', ADA, { 'push.pushoption': 'ci.skip' }],
  ['an ssh command', ADA, { 'core.sshcommand': 'ssh -i other' }],
  ['a token', ADA, {}, { KGIT_TOKEN: 'secret' }],
  ['the token of a job', ADA, {}, { CI_JOB_TOKEN: 'secret', CI_SERVER_HOST: 'host' }],
  ['the keys of another agent', ADA, {}, { SSH_AUTH_SOCK: '/tmp/agent' }],
  ['an ssh command of the environment', ADA, {}, { GIT_SSH_COMMAND: 'ssh -i other' }],
  ['a proxy', ADA, {}, { https_proxy: 'http://proxy' }],
  ['another home', ADA, {}, { HOME: '/home/grace' }],
])('clones with %s push for themselves, and nothing of it can be read', (_what, ...given) => {
  const group = groupOf(...given);
  expect(group).not.toBe(groupOf());
  expect(group).toMatch(/^[0-9a-f]{64}$/);
});

it.each<[string, ...Parameters<typeof groupOf>]>([
  ['other folders', ADA, { 'core.worktree': '/other' }],
  ['another editor and terminal', ADA, { 'core.editor': 'vi' }, { TERM: 'dumb', SSH_TTY: '/dev/pts/7' }],
  ['the same in another order', ADA, { 'user.name': 'Ada', 'remote.origin.url': 'https://host/state.git' }],
])('clones with %s push for each other', (_what, ...given) => {
  expect(groupOf(...given)).toBe(groupOf());
});

it('signed commits are pushed by their own clone, and so is what a partial clone builds', async () => {
  const remote = bareRepository();
  const shares = async (path: string) => {
    const store = await openGitStore(path, 'origin');
    await store.close();
    return store.sharedPushes !== undefined;
  };
  const path = cloneOf(remote);
  expect(await shares(path)).toBe(true);
  git(path, 'config', 'commit.gpgsign', 'true');
  expect(await shares(path)).toBe(false);
  git(path, 'config', 'commit.gpgsign', 'false');
  git(path, 'config', 'remote.origin.promisor', 'true');
  expect(await shares(path)).toBe(false);
});
