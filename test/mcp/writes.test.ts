import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ForgeServer, startForge } from '../support/forge/forge-server.js';
import { cloneOf, git } from '../support/git-fixtures.js';
import { kgitJson } from '../support/kgit.js';
import { type RunningMcp, runningMcp } from '../support/mcp/running-mcp.js';
import { commits, sharedState } from '../support/state-repository.js';

const ID = '01K0ZXK5B7Q3M8N2V4C6D9F0G1';
const PASSWORD = 'correct-horse-battery-9';
/** A deployment with secrets. */
const STATES = {
  'deployments/dep-s/state.yaml': `aws:
  password: ${PASSWORD}
  region: eu
env:
- name: DB_PASSWORD
  value: ${PASSWORD}
`,
};
let remote: string;
let mcp: RunningMcp;
const written = (path: string) => git(remote, 'show', `main:${path}`);

beforeAll(async () => {
  remote = sharedState(STATES);
  const clone = cloneOf(remote);
  git(clone, 'config', 'user.name', 'Ada');
  git(clone, 'config', 'user.email', 'ada@example.com');
  mcp = await runningMcp(clone, { args: ['--allow-writes'], name: 'claude-code\n<b>' });
});

afterAll(() => mcp.close());

describe('the tools that write', () => {
  it('say what they do, and propose is missing without a forge', async () => {
    const { tools } = await mcp.client.listTools();
    const hints = tools
      .filter(({ annotations }) => annotations?.readOnlyHint === false)
      .map((tool) => [tool.name, tool.annotations?.destructiveHint, tool.annotations?.idempotentHint]);
    expect(hints).toEqual([
      ['push_event', false, false],
      ['set', true, true],
    ]);
  });

  it('push_event records the agent as the user, its client and the person as the source', async () => {
    const event = {
      ...{ action: 'backup_done', subject: 'cluster/prod', message: 'all good', reason: 'asked' },
      ...{ outcome: 'succeeded', durationSeconds: 12.5, parameters: { size: 1, zones: ['a'] } },
    };
    const pushed = await mcp.call('push_event', event);
    expect(pushed).toMatchObject({ kind: 'PushEventResult', delivery: 'published' });
    expect(written(pushed.path)).toMatch(
      /^user: claude-code -b-\n[\s\S]*^source:\n {2}via: mcp\n {2}client: claude-code -b-\n {2}client_version: 1.2.3\n {2}person: Ada$/m,
    );
    expect(git(remote, 'log', '-1', '--format=%an %ae', 'main')).toMatch(
      /^claude-code -b- claude-code\.-b-@/,
    );
    expect(git(remote, 'log', '-1', '--format=%cn', 'main')).toBe('Ada');
  });

  it('push_event may be repeated with an id of the client', async () => {
    const event = { action: 'upgraded', subject: 'deployment/dep-a', id: ID, message: 'to 1.5' };
    const first = await mcp.call('push_event', event);
    expect(first).toMatchObject({ id: ID, delivery: 'published' });
    const count = commits(remote, 'main');
    const again = await mcp.call('push_event', event);
    expect(again).toMatchObject({ id: ID, revision: first.revision });
    expect(commits(remote, 'main')).toBe(count);
    const { error } = await mcp.call('push_event', { ...event, message: 'to 1.6' });
    expect(error.code).toBe('CONFLICT');
  });

  it('set answers with what it has done, however large that is', async () => {
    const list = Array(6_000).fill('abcdefghijklmnopqrstuvwxyz');
    const set = (value: unknown) =>
      mcp.call('set', { deployment: 'dep-s', values: { large: value }, createKey: true });
    const leftOut = expect.stringMatching(/^\(left out: \d+ bytes\)$/);
    expect(await set(list)).toMatchObject({
      ...{ delivery: 'published', truncated: true, changed: [{ path: 'large', after: leftOut }] },
    });
    expect(await set(1)).toMatchObject({
      ...{ delivery: 'published', truncated: true, changed: [{ path: 'large', before: leftOut, after: 1 }] },
    });
  });

  it.each([
    ['the right secret', { 'aws.password': PASSWORD }],
    ['a wrong secret', { 'aws.password': 'wrong-horse-battery-9' }],
    ['nothing in its place', { 'aws.password': null }],
    ['what contains it', { aws: { password: 'x', region: 'eu' } }],
    ['a secret that its neighbour names', { 'env.0.value': PASSWORD }],
  ])('set refuses a condition about a secret: %s', async (_, conditions) => {
    const change = { deployment: 'dep-s', values: { 'aws.region': 'us' }, dryRun: true };
    const { error } = await mcp.call('set', { ...change, if: conditions });
    expect(error).toMatchObject({ code: 'SECRET', message: expect.stringContaining('no condition') });
    expect(JSON.stringify(error)).not.toContain('horse');
    expect(await mcp.call('set', { ...change, if: { 'aws.region': 'eu' } })).toMatchObject({
      delivery: 'dry-run',
    });
  });

  it('do not show by its path what is secret only beside its name', async () => {
    expect(await mcp.call('get', { deployment: 'dep-s', path: 'env.0.value' })).toMatchObject({
      value: '***',
    });
    expect((await mcp.call('get', { deployment: 'dep-s', path: 'env.0.name' })).value).toBe('DB_PASSWORD');
  });

  it('set swaps, all or none', async () => {
    const swap = { deployment: 'dep-a', values: { 'deployment.phase': 'create_vms', 'deployment.count': 4 } };
    const first = await mcp.call('set', { ...swap, if: { 'deployment.count': 3 }, reason: 'window' });
    expect(first).toMatchObject({
      ...{ kind: 'SetResult', subject: 'deployment/dep-a', delivery: 'published' },
      changed: [
        { path: 'deployment.phase', before: 'setup_network', after: 'create_vms' },
        { path: 'deployment.count', before: 3, after: 4 },
      ],
    });
    expect((await mcp.call('set', { ...swap, if: { 'deployment.count': 3 } })).error.code).toBe('CONFLICT');
    expect(await mcp.call('set', swap)).toMatchObject({ delivery: 'unchanged', changed: [] });
    const { changes } = await mcp.call('history', { deployment: 'dep-a', path: 'deployment.count' });
    expect(changes.at(-1)).toMatchObject({ after: 4, user: 'claude-code -b-', reason: 'window' });
    const dry = await mcp.call('set', {
      deployment: 'dep-a',
      values: { 'deployment.count': 5 },
      dryRun: true,
    });
    expect(dry).toMatchObject({ delivery: 'dry-run', changed: [{ after: 5 }] });
    expect((await mcp.call('get', { deployment: 'dep-a', path: 'deployment.count' })).value).toBe(4);
  });

  it.each([
    ['a secret', 'SECRET', 'set', { values: { 'deployment.password': 'correct-horse-battery-9' } }],
    ['a secret in an event', 'SECRET', 'push_event', { message: 'key AKIAQX7ZP4WTR5N2LMKD' }],
    ['a way round the guard', 'USAGE', 'set', { values: { a: 1 }, allowSecret: 'please' }],
    ['a source of its own', 'USAGE', 'push_event', { source: { via: 'hand' } }],
    ['a user of its own', 'USAGE', 'push_event', { user: 'Ada' }],
    ['nothing to set', 'USAGE', 'set', { values: {} }],
    ['a long text', 'USAGE', 'set', { values: { 'deployment.a': 'x'.repeat(17_000) } }],
    ['many long texts', 'USAGE', 'set', { values: { 'deployment.a': Array(20).fill('x'.repeat(16_000)) } }],
    ['a path that is lost', 'USAGE', 'set', { values: JSON.parse('{"__proto__": 1, "deployment.a": 1}') }],
    ['a new top-level key', 'NOT_FOUND', 'set', { values: { deploymnet: 1 } }],
    ['an unknown deployment', 'NOT_FOUND', 'set', { deployment: 'none', values: { 'deployment.a': 1 } }],
    [
      'a deep value',
      'USAGE',
      'set',
      { values: { 'deployment.a': JSON.parse('['.repeat(30) + ']'.repeat(30)) } },
    ],
    ['a lock', 'USAGE', 'push_event', { subject: 'lock/network' }],
    ['a path as an action', 'USAGE', 'push_event', { action: '../../kgit' }],
  ])('refuse %s', async (_, code, tool, args) => {
    const count = commits(remote, 'main');
    const subject = { deployment: 'dep-a' };
    const whole =
      tool === 'push_event' ? { action: 'up', subject: 'cluster/prod', ...args } : { ...subject, ...args };
    const { error } = await mcp.call(tool, whole);
    expect(error.code).toBe(code);
    expect(JSON.stringify(error)).not.toMatch(/correct-horse|AKIAQX7ZP/);
    expect(commits(remote, 'main')).toBe(count);
  });

  it('write together, each once', async () => {
    const count = commits(remote, 'main');
    const all = await Promise.all([
      ...['a', 'b', 'c'].map((x) => mcp.call('push_event', { action: 'tick', subject: `cluster/${x}` })),
      mcp.call('set', { deployment: 'dep-a', values: { 'deployment.together': true } }),
    ]);
    expect(all.map(({ delivery }) => delivery)).toEqual(Array(4).fill('published'));
    expect(commits(remote, 'main')).toBe(count + 4);
    expect((await mcp.call('log', { action: ['tick'] })).events).toHaveLength(3);
  });

  it('tell of a write that waits, since the remote is away', async () => {
    const clone = cloneOf(remote);
    git(clone, 'remote', 'set-url', 'origin', 'http://127.0.0.1:1/state.git');
    const away = await runningMcp(clone, { args: ['--allow-writes', '--user', 'deploy-agent'] });
    const pushed = await away.call('push_event', { action: 'up', subject: 'cluster/prod' });
    expect(pushed).toMatchObject({ delivery: 'queued', revision: null, repository: { pending: 1 } });
    expect(pushed.notes.join()).toContain('not published yet');
    const { events, stale } = await away.call('log', { limit: 1 });
    expect(events).toMatchObject([{ id: pushed.id, user: 'deploy-agent' }]);
    expect(stale).toContain('127.0.0.1');
    await away.close();
  });
});

describe('propose', () => {
  let forge: ForgeServer;
  beforeAll(async () => {
    forge = await startForge(sharedState(STATES), 'github');
  });
  afterAll(() => forge.stop());

  it('opens a request to merge, and changes nothing', async () => {
    const clone = cloneOf(remote);
    git(clone, 'remote', 'set-url', 'origin', forge.url);
    const agent = await runningMcp(clone, {
      args: ['--allow-writes'],
      env: { ...forge.env },
      // The newest revision of the protocol, in which each request names the client.
      client: { versionNegotiation: { mode: 'auto' } },
    });
    const { tools } = await agent.client.listTools();
    const tool = tools.find(({ name }) => name === 'propose');
    // The branch of a proposal is none that the agent chooses.
    expect(tool?.inputSchema.properties).not.toHaveProperty('branch');
    const proposed = await agent.call('propose', {
      deployment: 'dep-a',
      values: { 'deployment.count': 9 },
      title: 'nine',
    });
    expect(proposed).toMatchObject({
      ...{ delivery: 'proposed', revision: null },
      proposal: { branch: 'kgit/propose/test-agent/dep-a', number: 1 },
    });
    expect(forge.proposals).toMatchObject([{ title: 'nine', base: 'main' }]);
    expect((await agent.call('get', { deployment: 'dep-a', path: 'deployment.count' })).value).toBe(3);
    await agent.close();
    const shown = await kgitJson(clone, ['log', '--limit', '1'], { env: forge.env });
    expect(shown.events[0]?.user).not.toBe('test-agent');
  });
});
