import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { git, temporaryFolder } from '../support/git-fixtures.js';
import { type GiteaServer, startGitea } from '../support/gitea-server/gitea-server.js';
import { type GiteaState, giteaEnv, giteaState } from '../support/gitea-server/gitea-state.js';
import { kgit } from '../support/kgit.js';
import { expectFailure } from '../support/state-repository.js';
import { filesWith } from '../support/transport/files.js';

let server: GiteaServer;
/** Of ada, who owns the repositories, by what they may do, and of bob. */
const tokens: Record<'write' | 'read' | 'none' | 'bob', string> = { write: '', read: '', none: '', bob: '' };
let state: GiteaState;

beforeAll(async () => {
  server = await startGitea();
  await server.addUser('ada');
  await server.addUser('bob');
  tokens.write = await server.token('ada', 'write:repository');
  tokens.read = await server.token('ada', 'read:repository');
  tokens.none = await server.token('ada', 'read:user');
  tokens.bob = await server.token('bob', 'write:repository');
});
afterAll(() => server.stop());
beforeEach(async () => {
  state = await giteaState(server, 'ada', tokens.write);
});

const note = (cluster: string) => ['push-event', 'noted', '--cluster', cluster];

/** The clusters of the events that are on the branch. */
function landed(): string[] {
  const paths = git(state.remote, 'ls-tree', '-r', '--name-only', 'main').split('\n');
  return paths.flatMap((path) => /\/([^/]+)\/events\/.*-noted\.yaml$/.exec(path)?.[1] ?? []).sort();
}

describe('a token', () => {
  const cases = [
    // token, cause of a write, cause of a read; null where it may.
    ['read', 'forbidden', null],
    ['none', 'forbidden', 'forbidden'],
    ['wrong', 'unauthorized', 'unauthorized'],
    ['missing', 'unauthorized', 'unauthorized'],
    ['bob', 'not-found', 'not-found'],
  ] as const;
  const given = (name: (typeof cases)[number][0]) =>
    name === 'missing' ? undefined : name === 'wrong' ? 'f'.repeat(40) : tokens[name];

  it.each(cases)(
    '%s: writes and locks are %s, reads %s; what was written waits, and lands once',
    async (...row) => {
      const [name, writes, reads] = row;
      const more = { KGIT_TOKEN: given(name) };
      const write = expectFailure(await state.run(note('one'), more), 'REMOTE', 16);
      expect(write.data).toMatchObject({ cause: writes, remote: 'denied', kept: true });
      const lock = expectFailure(await state.run(['lock', 'network'], more), 'REMOTE', 16);
      expect(lock.data).toMatchObject({ cause: writes });
      const proposal = await state.run(['set', 'deployment.size=1', '--propose'], more);
      expect(expectFailure(proposal, 'REMOTE', 16).data).toMatchObject({ cause: writes });
      const read = await state.run(['log', '--fetch'], more);
      if (reads === null) expect(read.code).toBe(0);
      else expect(expectFailure(read, 'REMOTE', 16).data).toMatchObject({ cause: reads });
      expect(landed()).toEqual([]);
      expect(await state.json(['sync'])).toMatchObject({ published: [write.data.operation], pending: 0 });
      expect(landed()).toEqual(['one']);
    },
  );

  it('of one who may read the repository and not write to it: denied by its hook, for branch, lock and proposal', async () => {
    await server.call('ada', 'PUT', `/repos/${state.path}/collaborators/bob`, { permission: 'read' });
    const more = { KGIT_TOKEN: tokens.bob };
    for (const args of [note('one'), ['lock', 'network'], ['set', 'deployment.size=1', '--propose']]) {
      const error = expectFailure(await state.run(args, more), 'REMOTE', 16);
      expect(error.data, args.join(' ')).toMatchObject({ cause: 'forbidden', remote: 'denied' });
      expect(error.message).toContain('(User permission denied for writing.)');
    }
    // That of the deployment, and the one that waits.
    expect((await state.json(['log', '--fetch'], more)).events).toHaveLength(2);
    await server.call('ada', 'PUT', `/repos/${state.path}/collaborators/bob`, { permission: 'write' });
    expect((await state.json(['sync'], more)).pending).toBe(0);
    expect((await state.json(['lock', 'network'], more)).token).toBe(1);
  });
});

describe('a private repository by its URL', () => {
  const REVISIONS = { before: '(before)', after: '(after)' };
  const READS = [
    ['get', 'deployment', '--deployment', 'd1'],
    ['get', 'deployment', '--deployment', 'd1', '--at', REVISIONS.before],
    ['log'],
    ['log', 'prod'],
    ['list', 'clusters'],
    ['history', '--deployment', 'd1'],
    ['diff', REVISIONS.before, REVISIONS.after, '--deployment', 'd1'],
    ['locks'],
    ['validate'],
    ['verify'],
  ];

  it('is read and written with the token, in clones that fetch what they need; without one each command says so', async () => {
    for (const args of [['set', 'deployment.size=1'], note('prod'), ['set', 'deployment.size=2']])
      await state.json(args);
    const [after = '', before = ''] = git(state.remote, 'log', '-2', '--format=%H', 'main').split('\n');
    const folder = temporaryFolder();
    const by = (args: readonly string[], token: string | undefined, cache: string) => {
      const words = args.map((word) =>
        word === REVISIONS.before ? before : word === REVISIONS.after ? after : word,
      );
      const places = { XDG_CACHE_HOME: join(folder, cache), XDG_STATE_HOME: join(folder, `${cache}-state`) };
      const env = { ...giteaEnv(server, token), ...places };
      return kgit(folder, [...words, '--repo', state.url, '--json'], { env });
    };
    for (const [i, args] of READS.entries()) {
      const run = await by(args, tokens.write, `read-${i}`);
      expect(run.json, args.join(' ')).not.toHaveProperty('error');
      expect(run.code, args.join(' ')).toBe(0);
      const read = await by(args, tokens.read, `read-${i}`);
      expect(read.code, args.join(' ')).toBe(0);
      const none = expectFailure(await by(args, undefined, `none-${i}`), 'REMOTE', 16);
      expect(none.data, args.join(' ')).toMatchObject({ cause: 'unauthorized' });
    }
    for (const args of [note('prod'), ['set', 'deployment.size=3', '--if', 'deployment.size=2']])
      expect((await by(args, tokens.write, 'write')).json).toMatchObject({ delivery: 'published' });
    expect((await by(['lock', 'network'], tokens.write, 'write')).code).toBe(0);
    expect(filesWith(join(folder, 'write'), 'promisor = true')).not.toEqual([]);
    const denied = expectFailure(await by(note('prod'), 'f'.repeat(40), 'write'), 'REMOTE', 16);
    expect(denied.data).toMatchObject({ cause: 'unauthorized', kept: true });
    expect((await by(['sync'], tokens.write, 'write')).json).toMatchObject({ pending: 0 });
  });
});

describe('a repository', () => {
  it('that is archived takes no writes, and says so; it is read, and takes what waits once it is open again', async () => {
    await server.call('ada', 'PATCH', `/repos/${state.path}`, { archived: true });
    const error = expectFailure(await state.run(note('one')), 'REMOTE', 16);
    expect(error.data).toMatchObject({ cause: 'archived', remote: 'denied', kept: true });
    expect(expectFailure(await state.run(['lock', 'network']), 'REMOTE', 16).data.cause).toBe('archived');
    const proposal = await state.run(['set', 'deployment.size=1', '--propose']);
    expect(expectFailure(proposal, 'REMOTE', 16).data.cause).toBe('archived');
    expect((await state.json(['log', '--fetch'])).events).toHaveLength(2);
    await server.call('ada', 'PATCH', `/repos/${state.path}`, { archived: false });
    expect(await state.json(['sync'])).toMatchObject({ published: [error.data.operation], pending: 0 });
    expect(landed()).toEqual(['one']);
  });

  it('that is renamed is written, locked, proposed to and read under its old address', async () => {
    const name = `${state.path.split('/')[1]}-new`;
    await server.call('ada', 'PATCH', `/repos/${state.path}`, { name });
    expect(await state.json(note('one'))).toMatchObject({ delivery: 'published' });
    expect((await state.json(['lock', 'network'])).token).toBe(1);
    expect(await state.json(['set', 'deployment.size=1', '--lock', 'network'])).toMatchObject({
      delivery: 'published',
    });
    await state.json(['unlock', 'network']);
    const { proposal } = await state.json(['set', 'deployment.size=2', '--propose']);
    expect(proposal).toMatchObject({ number: 1, url: `https://${server.host}/ada/${name}/pulls/1` });
    const again = await state.json(['set', 'deployment.size=3', '--propose']);
    expect(again.proposal).toMatchObject({ number: 1 });
    const env = { ...giteaEnv(server, tokens.write), XDG_CACHE_HOME: temporaryFolder() };
    const read = await kgit('.', ['get', 'deployment.size', '--repo', state.url, '--json'], { env });
    expect(read.json).toMatchObject({ value: 1 });
  });
});
