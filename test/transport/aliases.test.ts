import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bareRepository, git, temporaryFolder } from '../support/git-fixtures.js';
import { kgit, kgitJson } from '../support/kgit.js';
import { expectFailure, sharedState } from '../support/state-repository.js';
import { type SshServer, startSshServer } from '../support/transport/ssh-server.js';

const PUSH = ['push-event', 'noted', '--cluster', 'prod'];
let server: SshServer;
let folder: string;
let env: Record<string, string>;

beforeAll(async () => {
  server = await startSshServer();
});
afterAll(() => server.stop());

/** A user whose ssh calls the server `work`, and whose git calls it `gh:`. */
beforeEach(() => {
  folder = temporaryFolder();
  const config = [
    'Host work',
    'HostName 127.0.0.1',
    `Port ${server.port}`,
    `IdentityFile ${server.clientKey}`,
    'IdentitiesOnly yes',
    `UserKnownHostsFile ${server.knownHosts}`,
  ];
  writeFileSync(join(folder, 'ssh_config'), `${config.join('\n')}\n`);
  writeFileSync(join(folder, '.gitconfig'), '[url "ssh://work/"]\n\tinsteadOf = gh:\n');
  env = {
    ...{ HOME: folder, XDG_CONFIG_HOME: folder, GIT_SSH_COMMAND: `ssh -F ${join(folder, 'ssh_config')}` },
    ...{ XDG_CACHE_HOME: join(folder, 'cache'), XDG_STATE_HOME: join(folder, 'state') },
  };
});

describe.each([
  ['an alias of ssh', (path: string) => `work:${path}`],
  ['a name of insteadOf', (path: string) => `gh:${path.slice(1)}`],
])('%s', (_, name) => {
  it('is a repository to write to and read from', async () => {
    const remote = sharedState();
    const repo = ['--repo', name(remote)];
    const { revision } = await kgitJson(folder, [...PUSH, ...repo], { env });
    expect(git(remote, 'rev-parse', 'main')).toBe(revision);
    expect((await kgitJson(folder, ['log', ...repo], { env })).events).toHaveLength(1);
    expect(
      (await kgitJson(folder, PUSH, { env: { ...env, KGIT_REPO: `${name(remote)}#main` } })).delivery,
    ).toBe('published');
  });

  it('is a remote to lay out and to clone from', async () => {
    const remote = bareRepository();
    const laid = await kgitJson(folder, ['init', 'first', '--remote', name(remote)], { env });
    expect(laid).toMatchObject({ delivery: 'published', remote: name(remote) });
    expect(git(join(folder, 'first'), 'config', 'remote.origin.url')).toBe(name(remote));
    await kgitJson(folder, ['clone', name(remote), 'second'], { env });
    expect((await kgitJson(join(folder, 'second'), PUSH, { env })).delivery).toBe('published');
    await kgitJson(join(folder, 'second'), ['backup', join(folder, 'backup')], { env });
    const restored = ['restore', 'backup', 'third', '--remote', name(remote)];
    expect((await kgitJson(folder, restored, { env })).remote).toBe(name(remote));
  });

  it('gives way to a folder of that name', async () => {
    const path = name('/state');
    git(folder, 'clone', '--quiet', sharedState(), `./${path}`);
    expect((await kgitJson(folder, ['get', 'deployment.count', '--repo', path], { env })).value).toBe(3);
  });
});

it('a token is sent to no API whose host is an alias', async () => {
  const remote = sharedState();
  const repo = ['--repo', `work:${remote}`, '--deployment', 'dep-a'];
  const more = { ...env, KGIT_TOKEN: 'right-token', KGIT_PROPOSE_FORGE: 'github' };
  const proposed = ['set', 'deployment.count=4', '--propose', ...repo];
  const run = await kgit(folder, proposed, { env: more });
  expect(run.stderr).toContain('KGIT_PROPOSE_API_URL');
  expect(run.code).toBe(0);
});

it.each([['http://git.example.com/api/v4'], ['https://user:pw@git.example.com/api/v4']])(
  'propose.apiUrl takes no %s',
  async (url) => {
    const more = { ...env, KGIT_PROPOSE_API_URL: url };
    const run = await kgit(folder, ['log', '--repo', sharedState(), '--json'], { env: more });
    expectFailure(run, 'USAGE', 2);
  },
);

it('propose.apiUrl cannot be set by the repository', async () => {
  const marker = (text: string) =>
    text.replace('settings: {}', 'settings: {propose: {apiUrl: "https://h/api/v4"}}');
  const path = join(folder, 'clone');
  git(folder, 'clone', '--quiet', sharedState(), path);
  writeFileSync(join(path, 'kgit.yaml'), marker(readFileSync(join(path, 'kgit.yaml'), 'utf8')));
  git(path, 'commit', '--quiet', '-am', 'settings');
  git(path, 'push', '--quiet');
  expect((await kgit(path, ['log', '--json'], { env })).json).toHaveProperty('error');
});

describe.each(['with # inside', 'two\nlines', '#'])('a folder called %j', (name) => {
  it('is laid out, written, read, cloned, backed up and restored', async () => {
    const remote = `${folder}/${name}.git`;
    git(folder, 'init', '--quiet', '--bare', '--initial-branch=main', remote);
    await kgitJson(folder, ['init', name, '--remote', `${name}.git`, '--deployment', 'd1'], { env });
    const path = join(folder, name);
    git(path, 'worktree', 'add', '--quiet', '--detach', `../${name}-tree`);
    expect((await kgitJson(path, ['set', '--create-key', 'a=1'], { env })).delivery).toBe('published');
    for (const repo of [name, path, `${name}#main`, `${name}-tree`, `${name}.git`])
      expect((await kgitJson(folder, ['get', 'a', '--repo', repo], { env })).value).toBe(1);
    expect(git(path, 'status', '--porcelain')).toBe('');
    await kgitJson(folder, ['clone', `${name}.git`, `${name}-clone`], { env });
    expect((await kgitJson(join(folder, `${name}-clone`), PUSH, { env })).delivery).toBe('published');
    expect((await kgitJson(path, ['sync'], { env })).behind).toBe(0);
    await kgitJson(path, ['backup', join(folder, 'backup')], { env });
    await kgitJson(folder, ['restore', 'backup', `${name}-restored`], { env });
    expect((await kgitJson(join(folder, `${name}-restored`), ['get', 'a'], { env })).value).toBe(1);
  });
});
