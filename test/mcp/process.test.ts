import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cloneOf, git, temporaryFolder } from '../support/git-fixtures.js';
import { kgitJson, startKgit } from '../support/kgit.js';
import { runningMcp } from '../support/mcp/running-mcp.js';
import { until } from '../support/patience.js';
import { neverAnswers } from '../support/silent-servers.js';
import { commitFiles, offlineClone, sharedState, stateRepository } from '../support/state-repository.js';

const INITIALIZE = {
  ...{ jsonrpc: '2.0', id: 1, method: 'initialize' },
  params: {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'raw', version: '1' },
  },
};
const call = (id: number, name: string, args: object = {}) => ({
  ...{ jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: args } },
});

/** A server whose streams the test reads and writes itself. */
function rawMcp(cwd: string, args: readonly string[] = [], env: Record<string, string> = {}) {
  const child = startKgit(cwd, ['mcp', ...args], { env });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  child.stdin.on('error', () => undefined);
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const lines = () => stdout.split('\n').slice(0, -1);
  return {
    ...{ child, ended, lines, stderr: () => stderr },
    send: (...messages: object[]) =>
      child.stdin.write(messages.map((one) => `${JSON.stringify(one)}\n`).join('')),
    answer: async (id: number) => {
      const find = () =>
        lines()
          .map((line) => JSON.parse(line))
          .find((one) => one.id === id);
      await until(
        () => find() !== undefined,
        () => stderr,
      );
      return find();
    },
  };
}

/** Processes whose environment holds this mark. */
function marked(mark: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(mark);
    } catch {
      // It has ended meanwhile.
      return false;
    }
  });
}

describe('kgit mcp', () => {
  it('answers behind garbage, prints nothing but the protocol, and ends with its input', async () => {
    const mark = `mark-${process.pid}-${Date.now()}`;
    const server = rawMcp(stateRepository(), [], { MARK_OF_TEST: mark });
    server.child.stdin.write('hello\n{"jsonrpc":"2.0"\n[]\nnull\n\u0000\u00ff\n{"jsonrpc":"1.0","id":{}}\n');
    server.send(INITIALIZE);
    server.child.stdin.write('{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":7}}\n');
    server.send(call(3, 'list'), { jsonrpc: '2.0', id: 4, method: 'no/such' });
    const { result } = await server.answer(3);
    expect(result.structuredContent.kind).toBe('ListResult');
    expect((await server.answer(2)).error.code).toBeLessThan(0);
    expect((await server.answer(4)).error.code).toBe(-32601);
    server.child.stdin.end();
    expect(await server.ended).toBe(0);
    for (const line of server.lines()) expect(JSON.parse(line)).toMatchObject({ jsonrpc: '2.0' });
    expect(server.stderr()).not.toContain('INTERNAL');
    await until(() => marked(mark).length === 0);
  });

  it('finishes a write that is under way when its input ends', async () => {
    const path = stateRepository();
    const server = rawMcp(path, ['--allow-writes']);
    server.send(INITIALIZE);
    await server.answer(1);
    server.send(call(2, 'push_event', { action: 'last', subject: 'cluster/prod' }));
    server.child.stdin.end();
    expect(await server.ended).toBe(0);
    const { events } = await kgitJson(path, ['log', '--action', 'last']);
    expect(events).toMatchObject([{ user: 'raw', source: { via: 'mcp', client: 'raw' } }]);
  });

  it('starts no call that was cancelled while it waited, and refuses too many', async () => {
    const remote = sharedState();
    const [begun, go] = ['begun', 'go'].map((name) => join(temporaryFolder(), name));
    const hook = `#!/bin/sh\n: > '${begun}'\nwhile [ ! -e '${go}' ]; do sleep 0.1; done\n`;
    writeFileSync(join(remote, 'hooks/pre-receive'), hook, { mode: 0o755 });
    const server = rawMcp(cloneOf(remote), ['--allow-writes']);
    server.send(INITIALIZE);
    await server.answer(1);
    const push = (id: number, action: string) => call(id, 'push_event', { action, subject: 'cluster/prod' });
    server.send(push(2, 'first'));
    await until(() => existsSync(String(begun)), server.stderr);
    const ids = Array.from({ length: 65 }, (_, i) => i + 3);
    server.send(...ids.map((id) => push(id, 'later')));
    const { result } = await server.answer(67);
    expect(JSON.parse(result.content[0].text).error).toMatchObject({
      ...{ message: expect.stringContaining('more than 64 calls'), data: { started: false } },
    });
    const method = 'notifications/cancelled';
    server.send(...ids.map((requestId) => ({ jsonrpc: '2.0', method, params: { requestId } })));
    server.send({ jsonrpc: '2.0', id: 100, method: 'ping' });
    await server.answer(100);
    writeFileSync(String(go), '');
    expect((await server.answer(2)).result.structuredContent.delivery).toBe('published');
    server.child.stdin.end();
    expect(await server.ended).toBe(0);
    expect(git(remote, 'log', '--format=%s', 'main')).toMatch(/first/);
    expect(git(remote, 'log', '--format=%s', 'main')).not.toMatch(/later/);
  });

  it('ends the kubectl of a call that is cancelled, and at SIGTERM', async () => {
    const folder = temporaryFolder();
    const pids = join(folder, 'pids');
    writeFileSync(join(folder, 'kubectl'), `#!/bin/sh\necho $$ >> '${pids}'\nexec sleep 600\n`, {
      mode: 0o755,
    });
    const server = rawMcp(stateRepository(), [], { PATH: `${folder}:${process.env['PATH']}` });
    server.send(INITIALIZE);
    await server.answer(1);
    const started = () => (existsSync(pids) ? readFileSync(pids, 'utf8').trim().split('\n') : []);
    const running = () => started().filter((pid) => existsSync(`/proc/${pid}`));
    server.send(call(2, 'status'));
    await until(() => running().length > 0, server.stderr);
    server.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 2 } });
    await until(() => running().length === 0, server.stderr);
    server.send(call(3, 'status'));
    await until(() => running().length > 0, server.stderr);
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(130);
    await until(() => running().length === 0);
  });

  it('says that the remote does not answer, and does not wait for it again at once', async () => {
    const silent = await neverAnswers();
    const mcp = await runningMcp(offlineClone(silent.url), { args: ['--fetch', '--timeout', '1s'] });
    const { error } = await mcp.call('list');
    expect(error).toMatchObject({
      code: 'REMOTE',
      message: expect.stringContaining('did not answer in time'),
    });
    // A call that asked would find that nobody listens any more.
    await silent.stop();
    expect((await mcp.call('list')).error).toEqual(error);
    await mcp.close();
  });

  it('tells of a rewritten history, once', async () => {
    const remote = sharedState();
    const other = cloneOf(remote);
    commitFiles(other, { 'notes.md': 'one' });
    git(other, 'push', '--quiet', 'origin', 'HEAD');
    const mcp = await runningMcp(cloneOf(remote), { args: ['--fetch'] });
    expect((await mcp.call('list')).repository).not.toHaveProperty('rewrites');
    const from = git(other, 'rev-parse', 'HEAD').trim();
    git(other, 'commit', '--quiet', '--amend', '-m', 'another');
    git(other, 'push', '--quiet', '--force', 'origin', 'HEAD');
    expect((await mcp.call('list')).repository.rewrites).toMatchObject([{ from, cause: 'moved' }]);
    expect((await mcp.call('list')).repository).not.toHaveProperty('rewrites');
    expect(mcp.stderr()).toContain(`from ${from.slice(0, 10)}`);
    await mcp.close();
  });

  it('ends with 130 after SIGTERM, and when a message is larger than any', async () => {
    const first = rawMcp(stateRepository());
    first.send(INITIALIZE);
    await first.answer(1);
    first.child.kill('SIGTERM');
    expect(await first.ended).toBe(130);
    const second = rawMcp(stateRepository());
    second.send(INITIALIZE);
    await second.answer(1);
    second.child.stdin.write('x'.repeat(5 * 1024 * 1024));
    expect(await second.ended).toBe(0);
  });

  it('answers where there is no repository yet, and finds it once it is there', async () => {
    const folder = temporaryFolder();
    const mcp = await runningMcp(folder);
    const { error } = await mcp.call('list');
    expect(error).toMatchObject({ code: 'NO_REPO', exitCode: 10 });
    await kgitJson('.', ['init', folder, '--deployment', 'dep-a']);
    expect((await mcp.call('list')).items).toMatchObject([{ subject: 'deployment/dep-a' }]);
    await mcp.close();
  });
});
