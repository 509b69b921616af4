/** The embedded git, and a branch that somebody rewrites at the server. */
import { basename, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { fsck, git, temporaryFolder } from '../../support/git-fixtures.js';
import { type HttpRemote, serveHttp } from '../../support/http-remote.js';
import { kgit, kgitJson } from '../../support/kgit.js';
import { pathWithoutGit } from '../../support/no-git.js';
import { actions, contains, LEAK, leakyState, REWRITES, type RewriteName } from '../../support/rewrites.js';

const env = { PATH: pathWithoutGit() };
const write = (action: string) => ['push-event', action, '--cluster', 'prod'];
const servers: HttpRemote[] = [];
afterAll(() => Promise.all(servers.map((server) => server.stop())));

it.each([
  ['reset', ['third'], 1, []],
  ['squash', [], 3, []],
  ['amend', [], 1, []],
  ['filter-repo', [], 4, ['--accept-rewrite', '--yes']],
] as const)(
  '%s: what waits goes on the new tip, and what went is told',
  async (rewrite, gone, removed, word) => {
    const remote = leakyState();
    const server = await serveHttp(remote, { canPush: true });
    servers.push(server);
    const path = join(temporaryFolder(), 'clone');
    await kgitJson('.', ['clone', `${server.url}/${basename(remote)}`, path], { env });
    await kgitJson(path, write('first'), { env });
    await kgitJson(path, write('second'), { env });
    const { operation, revision: from } = await kgitJson(path, write('third'), { env });
    await kgitJson(path, [...write('waiting'), '--queue'], { env });
    REWRITES[rewrite satisfies RewriteName](remote);
    const to = git(remote, 'rev-parse', 'main');
    if (word.length > 0) {
      const refused = await kgit(path, ['sync', '--json'], { env });
      expect([refused.code, refused.json.error.data.cause]).toEqual([12, 'other-history']);
      expect(git(remote, 'rev-parse', 'main')).toBe(to);
    }
    const run = await kgit(path, ['sync', '--json', ...word], { env });
    const operations = gone.length > 0 ? [operation] : [];
    expect(run.json.repository.rewrites).toEqual([{ from, to, removed, cause: 'moved', operations }]);
    expect(run.stderr).toContain('history was rewritten at the remote: main went');
    const before = ['first', 'second', 'third'].filter((action) => !gone.some((each) => each === action));
    expect(actions(remote)).toEqual([...before, 'waiting'].sort());
    expect(contains(remote, from)).toBe(false);
    expect(git(remote, 'rev-list', '--count', `${to}..main`)).toBe('1');
    if (rewrite === 'filter-repo') expect(git(remote, 'log', '--format=%h', `-S${LEAK}`, 'main')).toBe('');
    fsck(remote);
  },
);
