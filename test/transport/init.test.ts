import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { bareRepository, git, temporaryFolder } from '../support/git-fixtures.js';
import { type KgitRun, kgit } from '../support/kgit.js';
import { expectFailure } from '../support/state-repository.js';
import {
  type GitHttpsServer,
  type HttpFault,
  startGitHttpsServer,
} from '../support/transport/git-https-server.js';

let server: GitHttpsServer;
let folder: string;
beforeAll(async () => {
  const repository = bareRepository();
  git(dirname(repository), 'init', '--quiet', '--bare', '--object-format=sha256', 'sha256.git');
  server = await startGitHttpsServer(repository);
});
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => server.fail(null));
afterAll(() => server.stop());

function init(...args: string[]): Promise<KgitRun> {
  const env = { GIT_SSL_CAINFO: server.authority, KGIT_TOKEN: 'right-token' };
  return kgit(folder, ['init', ...args, '--json'], { env });
}

it.each<[HttpFault, string, string, ('REMOTE' | 'REFUSED')?]>([
  [500, '', 'server-error'],
  [500, '/git-upload-pack', 'server-error'],
  [500, 'git-receive-pack', 'server-error'],
  [500, '.git/git-receive-pack', 'server-error'],
  [403, 'git-receive-pack', 'forbidden'],
  [404, '', 'not-found'],
  [413, '.git/git-receive-pack', 'too-large', 'REFUSED'],
  ['archived', 'git-receive-pack', 'archived'],
])(
  'init at a server that answers %s to %s: names the cause (%#)',
  async (fault, at, cause, code = 'REMOTE') => {
    server.fail(fault, at);
    const run = await init('.', '--remote', server.url);
    const { data, message, suggestions } = expectFailure(run, code, code === 'REMOTE' ? 16 : 20);
    expect(data).toMatchObject({ cause });
    expect(message).not.toContain('moved');
    expect(suggestions.join()).toContain("'kgit init' again");
  },
);

it('init at a repository of another object format: names it', async () => {
  const run = await init('.', '--remote', server.url.replace('state.git', 'sha256.git'));
  expect(expectFailure(run, 'REMOTE', 16).data).toMatchObject({ cause: 'object-format' });
});

it('init that failed is run again once the server is well', async () => {
  server.fail(500, '.git/git-receive-pack');
  expect((await init(join(folder, 'state'), '--remote', server.url)).code).toBe(16);
  server.fail(null);
  expect((await init(join(folder, 'state'))).json).toMatchObject({ delivery: 'published' });
});
