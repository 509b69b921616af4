import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { cloneOf, git, temporaryFolder } from '../support/git-fixtures.js';
import { type KgitRun, kgit, kgitJson, startKgit } from '../support/kgit.js';
import { PATIENCE_MS } from '../support/patience.js';
import { expectFailure, sharedState } from '../support/state-repository.js';
import { filesWith, processesWith } from '../support/transport/files.js';
import { type GitHttpsServer, startGitHttpsServer } from '../support/transport/git-https-server.js';

const PUSH = ['push-event', 'noted', '--cluster', 'prod', '--json'];
let server: GitHttpsServer;
let repository: string;
let path: string;
let home: string;
let trust: Record<string, string>;

beforeAll(async () => {
  repository = sharedState();
  server = await startGitHttpsServer(repository);
  path = cloneOf(repository);
  git(path, 'remote', 'set-url', 'origin', server.url);
  home = temporaryFolder();
  trust = { GIT_SSL_CAINFO: server.authority, HOME: home, XDG_CONFIG_HOME: join(home, '.config') };
});
afterEach(() => {
  server.fail(null);
  server.tokens.clear();
  server.tokens.set('right-token', null);
  writeFileSync(join(home, '.gitconfig'), '');
});
afterAll(() => server.stop());

function push(env: Record<string, string>): Promise<KgitRun> {
  (server.requests as unknown[]).length = 0;
  return kgit(path, PUSH, { env: { ...trust, ...env } });
}

/** The users and passwords that the server was told. */
function told(): string[] {
  const basic = server.requests.flatMap(({ authorization }) => authorization ?? []);
  return [...new Set(basic)].map((text) => Buffer.from(text.slice('Basic '.length), 'base64').toString());
}

function helper(script: string): string {
  const file = join(temporaryFolder(), 'helper');
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

describe('the token of the environment', () => {
  const forge = () => ({ GITHUB_SERVER_URL: `https://${server.host}` });
  const gitlab = () => {
    const [host = '', port = ''] = server.host.split(':');
    return { CI_SERVER_HOST: host, CI_SERVER_PORT: port };
  };

  it.each([
    [
      'KGIT_TOKEN',
      'x-access-token',
      () => ({ KGIT_TOKEN: 'right-token', GITHUB_TOKEN: 'not-this', ...forge() }),
    ],
    ['KGIT_TOKEN at GitLab', 'oauth2', () => ({ KGIT_TOKEN: 'right-token', CI_JOB_TOKEN: 'x', ...gitlab() })],
    ['GH_TOKEN', 'x-access-token', () => ({ GH_TOKEN: 'right-token', GITHUB_TOKEN: 'not-this', ...forge() })],
    ['GITHUB_TOKEN', 'x-access-token', () => ({ GITHUB_TOKEN: 'right-token', ...forge() })],
    [
      'GITLAB_TOKEN',
      'oauth2',
      () => ({ GITLAB_TOKEN: 'right-token', CI_JOB_TOKEN: 'not-this', ...gitlab() }),
    ],
    ['CI_JOB_TOKEN', 'gitlab-ci-token', () => ({ CI_JOB_TOKEN: 'right-token', ...gitlab() })],
  ])('%s: let in as %s', async (_name, user, env) => {
    server.tokens.set('right-token', user);
    const run = await push(env());
    expect(run.json).toMatchObject({ delivery: 'published' });
    expect(told()).toEqual([`${user}:right-token`]);
  });

  it('keeps the user name of the URL, as deploy tokens need', async () => {
    server.tokens.set('right-token', 'gitlab+deploy-token-7');
    git(
      path,
      'remote',
      'set-url',
      'origin',
      server.url.replace('https://', 'https://gitlab+deploy-token-7@'),
    );
    expect((await push({ KGIT_TOKEN: 'right-token' })).json).toMatchObject({ delivery: 'published' });
    git(path, 'remote', 'set-url', 'origin', server.url);
  });

  it.each([
    ['none', () => ({})],
    ['of github.com', () => ({ GITHUB_TOKEN: 'right-token', GH_TOKEN: 'right-token' })],
    ['of another GitHub', () => ({ GITHUB_TOKEN: 'right-token', GITHUB_SERVER_URL: 'https://ghe.example' })],
    [
      'of the same host without TLS',
      () => ({ GITHUB_TOKEN: 'right-token', GITHUB_SERVER_URL: `http://${server.host}` }),
    ],
    [
      'of another port',
      () => ({ CI_JOB_TOKEN: 'right-token', CI_SERVER_HOST: '127.0.0.1', CI_SERVER_PORT: '443' }),
    ],
    ['of a GitLab that is not named', () => ({ GITLAB_TOKEN: 'right-token' })],
  ])('%s: not sent, 16, kept', async (_name, env) => {
    const { data, suggestions } = expectFailure(await push(env()), 'REMOTE', 16);
    expect(data).toMatchObject({ cause: 'unauthorized', remote: 'denied', kept: true });
    expect(suggestions.join()).toContain('KGIT_TOKEN');
    expect(told()).toEqual([]);
  });

  it('that is wrong: 16, kept, and in no message', async () => {
    const run = await push({ KGIT_TOKEN: 'wrong-token' });
    expect(expectFailure(run, 'REMOTE', 16).data).toMatchObject({ cause: 'unauthorized', kept: true });
    expect(run.stdout + run.stderr).not.toContain('wrong-token');
  });

  it('does not follow a remote of another host', async () => {
    const other = await startGitHttpsServer(repository);
    const clone = cloneOf(repository);
    git(clone, 'remote', 'set-url', 'origin', other.url);
    const env = { ...trust, GITHUB_TOKEN: 'right-token', ...forge(), GIT_SSL_CAINFO: other.authority };
    expectFailure(await kgit(clone, PUSH, { env }), 'REMOTE', 16);
    expect(other.requests.map(({ authorization }) => authorization)).toEqual([null]);
    await other.stop();
  });

  it("comes after the user's credential helpers, and is kept by none of them", async () => {
    const store = `[credential]\n\thelper = store\n\tuseHttpPath = true\n`;
    writeFileSync(join(home, '.gitconfig'), store);
    expect((await push({ KGIT_TOKEN: 'right-token' })).json).toMatchObject({ delivery: 'published' });
    expect(filesWith(home, 'right-token')).toEqual([]);
    const script = helper('[ "$1" = get ] && printf "username=bob\\npassword=of-bob\\n"');
    writeFileSync(join(home, '.gitconfig'), `[credential]\n\thelper = ${script}\n`);
    server.tokens.set('of-bob', 'bob');
    expect((await push({ KGIT_TOKEN: 'right-token' })).json).toMatchObject({ delivery: 'published' });
    expect(told()).toEqual(['bob:of-bob']);
    expect((await push({})).json).toMatchObject({ delivery: 'published' });
  });

  it("leaves the user's askpass the hosts that it has no token for", async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell's
    const askpass = helper('case $1 in User*) echo ann;; *) echo "${KGIT_ASKPASS_TOKEN-of-ann}";; esac');
    server.tokens.set('of-ann', 'ann');
    expect((await push({ GIT_ASKPASS: askpass, GH_TOKEN: 'x' })).json).toMatchObject({
      delivery: 'published',
    });
    expect(told()).toEqual(['ann:of-ann']);
  });
});

describe('a header of http.extraHeader', () => {
  const basic = (token: string) => `Authorization: Basic ${Buffer.from(`x:${token}`).toString('base64')}`;
  const setHeader = (token: string) =>
    git(path, 'config', `http.https://${server.host}/.extraHeader`, basic(token));
  afterEach(() => git(path, 'config', '--unset-all', `http.https://${server.host}/.extraHeader`));

  it('that is stale is named, and is in no message', async () => {
    setHeader('stale-token');
    const run = await push({ KGIT_TOKEN: 'right-token' });
    const { data, suggestions } = expectFailure(run, 'REMOTE', 16);
    expect(data).toMatchObject({ cause: 'extra-header', remote: 'denied', kept: true });
    expect(suggestions.join()).toContain('--unset-all');
    expect(run.stdout + run.stderr).not.toContain(basic('stale-token').slice(-16));
  });

  it('that is right lets in', async () => {
    setHeader('right-token');
    expect((await push({ KGIT_TOKEN: 'wrong-token' })).json).toMatchObject({ delivery: 'published' });
  });
});

describe('where the token is while git hangs', () => {
  it('is the environment of git alone; at the time-out all of git ends and the write is kept', async () => {
    const mark = `hang-${process.pid}-${Date.now()}`;
    server.fail('hang', 'git-receive-pack');
    const token = 'right-token';
    // TERM passes the allow-list of git's environment, and so marks git's processes too.
    const env = { ...trust, KGIT_TOKEN: token, TERM: mark };
    const began = Date.now();
    const child = startKgit(path, [...PUSH, '--timeout', '10s'], { env });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      output += chunk;
    });
    const running = () => processesWith(`TERM=${mark}`);
    const hangs = () => running().some(({ command }) => command.includes('remote-https'));
    await expect.poll(hangs, { timeout: PATIENCE_MS }).toBe(true);
    const lines = running();
    expect(lines.length).toBeGreaterThan(2);
    for (const { command } of lines) expect(command).not.toContain(token);
    await new Promise((done) => child.on('close', done));
    expect(Date.now() - began).toBeLessThan(PATIENCE_MS);
    expect(output).toContain('"delivery": "queued"');
    expect(running()).toEqual([]);
    expect(output).not.toContain(token);
    for (const folder of [path, home]) expect(filesWith(folder, token)).toEqual([]);
    expect(readFileSync(join(path, '.git/config'), 'utf8')).not.toContain('askpass');
    server.fail(null);
    expect((await kgitJson(path, ['sync'], { env: { ...trust, KGIT_TOKEN: token } })).pending).toBe(0);
  });

  it('a kgit that is ended takes its git along', async () => {
    const mark = `run-${process.pid}-${Date.now()}`;
    server.fail('hang');
    const child = startKgit(path, PUSH, { env: { ...trust, KGIT_TOKEN: 'right-token', TERM: mark } });
    const isThere = () => processesWith(`TERM=${mark}`).some(({ command }) => /remote-https/.test(command));
    await expect.poll(isThere, { timeout: PATIENCE_MS }).toBe(true);
    child.kill('SIGTERM');
    await new Promise((done) => child.on('close', done));
    await expect.poll(() => processesWith(`TERM=${mark}`), { timeout: PATIENCE_MS }).toEqual([]);
  });
});
