import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/git-fixtures.js';
import { kgitJson, startKgit } from '../support/kgit.js';
import { runningMcp } from '../support/mcp/running-mcp.js';
import { until } from '../support/patience.js';
import { stateRepository } from '../support/state-repository.js';

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
