/** kgit in a root that holds Node and kgit alone, as a distroless image does. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ContainerRoot, containerRoot } from '../../support/container-root.js';
import { bareRepository, fsck, git } from '../../support/git-fixtures.js';
import { type KgitRun, kgitProcess } from '../../support/kgit.js';
import { filesWith } from '../../support/transport/files.js';
import { type GitHttpsServer, startGitHttpsServer } from '../../support/transport/git-https-server.js';

const NOTICE = /git is not in PATH, so kgit works without it \(backend: git-embedded\)/g;
const CA = '/etc/ssl/ca.pem';
const TOKEN = 'right-token';
const remote = bareRepository();
let root: ContainerRoot;
let server: GitHttpsServer;

beforeAll(async () => {
  root = containerRoot();
  server = await startGitHttpsServer(remote);
  root.put(server.authority, CA);
});
afterAll(async () => {
  await server.stop();
  root.remove();
});

/** Runs kgit in the root: it ends well and says once that there is no git. */
async function run(...args: string[]): Promise<KgitRun> {
  return runWith('/usr/local/bin:/usr/bin:/bin', ...args);
}

async function runWith(PATH: string | undefined, ...args: string[]): Promise<KgitRun> {
  const env = {
    PATH,
    HOME: '/root',
    TMPDIR: undefined,
    XDG_CONFIG_HOME: undefined,
    XDG_STATE_HOME: undefined,
    XDG_CACHE_HOME: undefined,
    KGIT_USER: 'ada',
    KGIT_TOKEN: TOKEN,
    GIT_SSL_CAINFO: CA,
  };
  const ended = await kgitProcess('/', args, { under: root.under, env });
  expect(ended.code, `kgit ${args.join(' ')}: ${ended.stdout}${ended.stderr}`).toBe(0);
  expect(ended.stderr.match(NOTICE), ended.stderr).toHaveLength(1);
  return ended;
}

describe('in a root with Node and kgit alone', () => {
  it('has no git and no shell', () => {
    const programs = ['sh', 'bash', 'git', 'env'].flatMap((name) => [`bin/${name}`, `usr/bin/${name}`]);
    expect(programs.filter((program) => existsSync(join(root.path, program)))).toEqual([]);
  });

  it('a repository on this machine: init, writes, reads and locks', async () => {
    const repo = ['--repo', '/srv/state'];
    await run('init', '/srv/state', '--deployment', 'dep-a');
    await run('push-event', 'cluster_created', '--cluster', 'prod', ...repo);
    await run('set', 'deployment.region=eu', ...repo);
    expect((await run('get', 'deployment.region', ...repo)).stdout).toBe('eu\n');
    expect((await run('list', ...repo)).stdout).toMatch(/\bprod\b/);
    expect((await run('log', ...repo)).stdout).toContain('cluster_created');
    await run('lock', 'network', ...repo);
    expect((await run('locks', ...repo)).stdout).toContain('network');
    await runWith(undefined, 'unlock', 'network', ...repo);
    await run('lock', 'network', ...repo, '--', process.execPath, '-e', '0');
    fsck(join(root.path, 'srv/state'));
  });

  it('a remote over https: init, a clone, writes by its URL, and what waits', async () => {
    await run('init', '/srv/first', '--remote', server.url, '--deployment', 'dep-b');
    await run('clone', server.url, '/srv/clone');
    const repo = ['--repo', '/srv/clone'];
    await run('push-event', 'cluster_created', '--cluster', 'prod', ...repo, '--queue');
    expect(git(remote, 'log', '--format=%s', 'main')).not.toContain('cluster_created');
    expect((await run('sync', ...repo, '--json')).json.published).toHaveLength(1);
    await run('set', 'deployment.region=eu', '--repo', server.url);
    expect((await run('get', 'deployment.region', ...repo, '--fetch')).stdout).toBe('eu\n');
    expect((await run('log', '--repo', server.url)).stdout).toContain('cluster_created');
    expect(git(remote, 'log', '--format=%s', 'main')).toContain('cluster_created');
    fsck(remote);
    fsck(join(root.path, 'srv/clone'));
    for (const folder of ['srv', 'root', 'tmp'])
      expect(filesWith(join(root.path, folder), TOKEN)).toEqual([]);
  });
});
