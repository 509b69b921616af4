import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bareRepository, git, temporaryFolder } from '../support/git-fixtures.js';
import { kgit, kgitJson } from '../support/kgit.js';
import { expectFailure, sharedState } from '../support/state-repository.js';
import { serverCertificate } from '../support/transport/certificates.js';
import { type GitHttpsServer, startGitHttpsServer } from '../support/transport/git-https-server.js';

const PUSH = ['push-event', 'noted', '--cluster', 'prod', '--json'];
let server: GitHttpsServer;
let repository: string;
let path: string;
let env: Record<string, string>;

beforeAll(async () => {
  repository = sharedState();
  server = await startGitHttpsServer(repository);
  env = { GIT_SSL_CAINFO: server.authority, KGIT_TOKEN: 'right-token' };
  path = join(temporaryFolder(), 'state');
  await kgitJson('.', ['clone', server.url, path], { env });
});
afterEach(() => server.fail(null));
afterAll(() => server.stop());

describe('over https', () => {
  it('init --remote, clone, push-event, log and sync', async () => {
    const empty = bareRepository();
    const other = await startGitHttpsServer(empty);
    const access = { env: { ...env, GIT_SSL_CAINFO: other.authority } };
    const first = join(temporaryFolder(), 'first');
    const second = join(temporaryFolder(), 'second');
    expect(await kgitJson('.', ['init', first, '--remote', other.url], access)).toMatchObject({
      remote: other.url,
      delivery: 'published',
    });
    await kgitJson('.', ['clone', other.url, second], access);
    const pushed = await kgitJson(second, PUSH.slice(0, -1), access);
    expect(pushed.delivery).toBe('published');
    expect(git(empty, 'rev-parse', 'main')).toBe(pushed.revision);
    expect(await kgitJson(first, ['sync'], access)).toMatchObject({ pending: 0, behind: 0 });
    expect((await kgitJson(first, ['log', '--no-fetch'], access)).events).toMatchObject([{ id: pushed.id }]);
    await other.stop();
  });

  it.each([
    [403, 'forbidden', 16],
    [404, 'not-found', 16],
    [500, 'server-error', 0],
    [502, 'server-error', 0],
    [503, 'server-error', 0],
    ['garbage', 'not-git', 16],
    ['cut', 'connection-lost', 0],
  ] as const)('a server that answers %s: %s, exit %d, and the write is kept', async (fault, cause, code) => {
    server.fail(fault);
    const run = await kgit(path, PUSH, { env });
    expect(run.code).toBe(code);
    if (code === 16) {
      const { data, suggestions } = expectFailure(run, 'REMOTE', 16);
      expect(data).toMatchObject({ remote: 'denied', cause, kept: true });
      expect(suggestions).toHaveLength(2);
    } else expect(run.json).toMatchObject({ delivery: 'queued' });
    const required = await kgit(path, [...PUSH, '--require-publish'], { env });
    expect(expectFailure(required, 'REMOTE', 16).data).toMatchObject({ cause, kept: true });
    server.fail(null);
    const ids = (await kgitJson(path, ['outbox'])).operations.map(({ id }: { id: string }) => id);
    expect((await kgitJson(path, ['sync'], { env })).published).toEqual(ids);
  });

  it('a push whose answer is lost is published once', async () => {
    server.fail('cut', 'git-receive-pack');
    const run = await kgit(path, [...PUSH, '--timeout', '3s'], { env });
    expect(run.json).toMatchObject({ delivery: 'queued' });
    server.fail(null);
    await kgitJson(path, ['sync'], { env });
    const { events } = await kgitJson(path, ['log', 'prod'], { env });
    expect(events.filter(({ id }: { id: string }) => id === run.json.id)).toHaveLength(1);
  });

  it.each([
    ['an authority that nobody knows', () => serverCertificate(), false, 'certificate'],
    ['another host', () => serverCertificate('DNS:other.example'), true, 'certificate-host'],
    ['days gone by', () => serverCertificate(undefined, ['-days', '-1']), true, 'certificate'],
  ])('a certificate of %s: 16, kept, and no token is sent', async (_name, make, isTrusted, cause) => {
    const certificate = make();
    const bad = await startGitHttpsServer(repository, certificate);
    const clone = temporaryFolder();
    git(clone, 'clone', '--quiet', repository, '.');
    git(clone, 'remote', 'set-url', 'origin', bad.url);
    const trust = isTrusted ? { GIT_SSL_CAINFO: certificate.authority } : {};
    const run = await kgit(clone, PUSH, { env: { KGIT_TOKEN: 'right-token', ...trust } });
    expect(expectFailure(run, 'REMOTE', 16).data).toMatchObject({ cause, kept: true });
    expect(bad.requests).toEqual([]);
    await bad.stop();
  });

  it('a proxy of the user is used, and insteadOf of the user is respected', async () => {
    const run = await kgit(path, ['sync', '--json'], { env: { ...env, https_proxy: 'http://127.0.0.1:1' } });
    expect(expectFailure(run, 'REMOTE', 16).data).toMatchObject({ cause: 'refused' });
    const home = temporaryFolder();
    const rule = `[url "${server.url}"]\n\tinsteadOf = https://state.example/team\n`;
    writeFileSync(join(home, '.gitconfig'), rule);
    const clone = join(temporaryFolder(), 'clone');
    const moved = { env: { ...env, HOME: home } };
    expect(await kgitJson('.', ['clone', 'https://state.example/team', clone], moved)).toMatchObject({
      remote: 'https://state.example/team',
    });
    expect((await kgitJson(clone, PUSH.slice(0, -1), moved)).delivery).toBe('published');
  });
});
