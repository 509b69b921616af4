import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bareRepository, cloneOf, git, temporaryFolder } from '../support/git-fixtures.js';
import { kgit, kgitJson } from '../support/kgit.js';
import { HANG_S, PATIENCE_MS } from '../support/patience.js';
import { expectFailure, sharedState } from '../support/state-repository.js';
import { processesWith } from '../support/transport/files.js';
import { type SshServer, startSshServer } from '../support/transport/ssh-server.js';

const PUSH = ['push-event', 'noted', '--cluster', 'prod', '--json'];
let server: SshServer;
let remote: string;
let path: string;

beforeAll(async () => {
  server = await startSshServer();
  remote = sharedState();
  path = cloneOf(remote);
  git(path, 'remote', 'set-url', 'origin', server.url(remote));
});
afterAll(() => server.stop());

describe('over ssh', () => {
  it('init --remote, clone, push-event, log and sync', async () => {
    const env = { GIT_SSH_COMMAND: server.command() };
    const empty = bareRepository();
    const [first, second] = [join(temporaryFolder(), 'a'), join(temporaryFolder(), 'b')];
    await kgitJson('.', ['init', first, '--remote', server.url(empty)], { env });
    await kgitJson('.', ['clone', server.url(empty), second], { env });
    const { id, revision } = await kgitJson(second, PUSH.slice(0, -1), { env });
    expect(git(empty, 'rev-parse', 'main')).toBe(revision);
    expect(await kgitJson(first, ['sync'], { env })).toMatchObject({ pending: 0, behind: 0 });
    expect((await kgitJson(first, ['log', '--no-fetch'])).events).toMatchObject([{ id }]);
  });

  it('takes ssh as core.sshCommand says it', async () => {
    git(path, 'config', 'core.sshCommand', server.command());
    expect((await kgitJson(path, PUSH.slice(0, -1))).delivery).toBe('published');
    git(path, 'config', '--unset', 'core.sshCommand');
  });

  it('asks nothing of its own ssh, and changes nothing else of it', async () => {
    const folder = temporaryFolder();
    const log = join(folder, 'arguments');
    writeFileSync(
      join(folder, 'ssh'),
      `#!/bin/sh\necho "$@" >> ${log}\nexec /usr/bin/${server.command()} "$@"\n`,
    );
    chmodSync(join(folder, 'ssh'), 0o755);
    const PATH = `${folder}:${process.env['PATH']}`;
    expect((await kgitJson(path, PUSH.slice(0, -1), { env: { PATH } })).delivery).toBe('published');
    expect(readFileSync(log, 'utf8')).toMatch(/^-o BatchMode=yes (-o SendEnv=GIT_PROTOCOL )?-p \d+ \S+ git-/);
  });

  it.each([
    ['a stranger', () => server.command({ key: server.strangersKey() }), 'ssh-key'],
    ['a host that nobody knows', () => server.command({ knownHosts: server.noHosts() }), 'host-key-unknown'],
    [
      'a host of another key',
      () => server.command({ knownHosts: server.changedHosts() }),
      'host-key-changed',
    ],
    ['no such program', () => '/nowhere/ssh', 'ssh-missing'],
  ])('%s: 16, kept', async (_name, command, cause) => {
    const tip = git(remote, 'rev-parse', 'main');
    const run = await kgit(path, PUSH, { env: { GIT_SSH_COMMAND: command() } });
    expect(expectFailure(run, 'REMOTE', 16).data).toMatchObject({ cause, remote: 'denied', kept: true });
    expect(git(remote, 'rev-parse', 'main')).toBe(tip);
  });

  it('no such repository: 16', async () => {
    const clone = cloneOf(remote);
    git(clone, 'remote', 'set-url', 'origin', server.url('/nowhere/state.git'));
    const run = await kgit(clone, PUSH, { env: { GIT_SSH_COMMAND: server.command() } });
    expect(expectFailure(run, 'REMOTE', 16).data).toMatchObject({ cause: 'not-found', kept: true });
  });

  it('an ssh that hangs, deaf to TERM, ends at the time-out with its children: queued', async () => {
    const mark = `ssh-${process.pid}-${Date.now()}`;
    const file = join(temporaryFolder(), 'ssh');
    writeFileSync(file, `#!/bin/sh\ntrap "" TERM\nsleep ${HANG_S}\nsleep ${HANG_S}\n`);
    chmodSync(file, 0o755);
    const began = Date.now();
    const env = { GIT_SSH_COMMAND: file, GIT_SSH_VARIANT: 'ssh', TERM: mark };
    const run = await kgit(path, [...PUSH, '--timeout', '2s'], { env });
    expect(run.json).toMatchObject({ delivery: 'queued' });
    expect(Date.now() - began).toBeLessThan(PATIENCE_MS);
    await expect.poll(() => processesWith(`TERM=${mark}`), { timeout: PATIENCE_MS }).toEqual([]);
  });
});
