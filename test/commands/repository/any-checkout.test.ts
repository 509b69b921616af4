import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  bareRepository,
  cloneOf,
  emptyRepository,
  fsck,
  git,
  temporaryFolder,
} from '../../support/git-fixtures.js';
import { kgit, kgitJson } from '../../support/kgit.js';

async function remoteWithState(): Promise<string> {
  const remote = bareRepository();
  await kgitJson('.', ['init', temporaryFolder(), '--remote', remote, '--deployment', 'd']);
  return remote;
}

const push = (cwd: string, name = 'prod') => kgitJson(cwd, ['push-event', 'touched', '--cluster', name]);
const published = (remote: string, id: string) =>
  git(remote, 'ls-tree', '-r', '--name-only', 'main').includes(id);

describe('a write lands from any checkout', () => {
  it.each<[string, (clone: string) => string]>([
    ['a subfolder', (clone) => join(clone, 'deployments', 'd')],
    [
      'a detached HEAD',
      (clone) => {
        git(clone, 'switch', '--quiet', '--detach');
        return clone;
      },
    ],
    [
      'another branch, with the state branch behind',
      (clone) => {
        git(clone, 'switch', '--quiet', '-c', 'feature');
        return clone;
      },
    ],
    [
      'a linked work tree',
      (clone) => {
        const path = join(temporaryFolder(), 'linked');
        git(clone, 'worktree', 'add', '--quiet', '-b', 'other', path);
        return path;
      },
    ],
    [
      'a dirty tree with staged changes',
      (clone) => {
        writeFileSync(join(clone, 'new.txt'), 'x');
        git(clone, 'add', 'new.txt');
        writeFileSync(join(clone, 'README.md'), 'edited');
        return clone;
      },
    ],
    [
      'a sparse checkout',
      (clone) => {
        git(clone, 'sparse-checkout', 'set', 'deployments');
        return clone;
      },
    ],
    [
      'a bare clone',
      (clone) => {
        const path = temporaryFolder();
        git(path, 'clone', '--quiet', '--bare', git(clone, 'remote', 'get-url', 'origin'), '.');
        return path;
      },
    ],
    [
      'a shallow clone',
      (clone) => {
        const path = temporaryFolder();
        git(
          path,
          'clone',
          '--quiet',
          '--depth=1',
          `file://${git(clone, 'remote', 'get-url', 'origin')}`,
          '.',
        );
        return path;
      },
    ],
    [
      'a submodule',
      (clone) => {
        const path = emptyRepository();
        const url = git(clone, 'remote', 'get-url', 'origin');
        git(path, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', url, 'state');
        git(join(path, 'state'), 'switch', '--quiet', 'main');
        return join(path, 'state');
      },
    ],
    [
      'a checkout with autocrlf',
      (clone) => {
        git(clone, 'config', 'core.autocrlf', 'true');
        return clone;
      },
    ],
  ])('%s', async (_name, prepare) => {
    const remote = await remoteWithState();
    const place = prepare(cloneOf(remote));
    const before = git(place, 'rev-parse', 'HEAD');
    const isBare = git(place, 'rev-parse', '--is-bare-repository') === 'true';
    const dirty = isBare ? '' : git(place, 'status', '--porcelain');
    const made = [await push(place), await kgitJson(place, ['set', '--create-key', 'a.b=1'])];
    expect(made.map(({ delivery, attempts }) => [delivery, attempts])).toEqual([
      ['published', 1],
      ['published', 1],
    ]);
    expect(published(remote, made[0].id)).toBe(true);
    const { events } = await kgitJson(place, ['log', 'cluster/prod']);
    expect(events).toHaveLength(1);
    if (isBare) return;
    expect(git(place, 'status', '--porcelain')).toBe(dirty);
    const onBranch = git(place, 'rev-parse', '--abbrev-ref', 'HEAD') === 'main';
    expect(git(place, 'rev-parse', 'HEAD')).toBe(onBranch ? git(remote, 'rev-parse', 'main') : before);
    fsck(remote);
  });

  it('a checkout with a file that only another user can read', async () => {
    const remote = await remoteWithState();
    const clone = cloneOf(remote);
    const [home, file] = [temporaryFolder(), join(clone, 'deployments/d/state.yaml')];
    chmodSync(file, 0o600);
    // root can read all files, so that it is to be nobody who writes.
    const isRoot = process.getuid?.() === 0;
    if (isRoot) execFileSync('chown', ['-R', 'nobody', join(remote, '..'), clone, home]);
    if (isRoot) execFileSync('chown', ['root', file]);
    else chmodSync(file, 0);
    const under = isRoot ? ['setpriv', '--reuid=nobody', '--clear-groups'] : [];
    const options = { under, env: { HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home } };
    const run = await kgit(clone, ['set', '--create-key', 'a.b=1'], options);
    expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining('published') });
    expect(run.stderr).toContain("was left where it is: error: Entry 'deployments/d/state.yaml'");
  });

  it("neither the user's hooks run nor the user's configuration breaks it", async () => {
    const remote = await remoteWithState();
    const clone = cloneOf(remote);
    const hooks = temporaryFolder();
    const trace = join(hooks, 'ran');
    const names = [
      'pre-commit',
      'commit-msg',
      'post-commit',
      'pre-push',
      'post-checkout',
      'post-merge',
      'reference-transaction',
      'post-index-change',
    ];
    for (const name of names)
      writeFileSync(join(hooks, name), `#!/bin/sh\necho ${name} >> ${trace}\nexit 1\n`, { mode: 0o755 });
    for (const [key, value] of [
      ['core.hooksPath', hooks],
      ['core.fsmonitor', join(hooks, 'pre-commit')],
      ['push.default', 'nothing'],
      ['push.followTags', 'true'],
      ['push.gpgSign', 'true'],
      ['push.recurseSubmodules', 'check'],
      ['log.showSignature', 'true'],
      ['log.follow', 'true'],
      ['diff.noprefix', 'true'],
      ['diff.renames', 'copies'],
      ['color.ui', 'always'],
      ['core.quotePath', 'true'],
      ['fetch.prune', 'true'],
      ['core.pager', 'false'],
      ['i18n.commitEncoding', 'ISO-8859-1'],
      ['gc.auto', '1'],
    ] as const) {
      git(clone, 'config', key, value);
    }
    const { id } = await push(clone);
    await kgitJson(clone, ['sync']);
    expect((await kgitJson(clone, ['log'])).events.at(-1).id).toBe(id);
    expect(existsSync(trace)).toBe(false);
    expect(published(remote, id)).toBe(true);
  });

  it('refuses paths that .gitattributes filters, and says how to take them out', async () => {
    const remote = await remoteWithState();
    const clone = cloneOf(remote);
    writeFileSync(
      join(clone, '.gitattributes'),
      '*.yaml text eol=lf\nclusters/** filter=git-crypt diff=git-crypt\n',
    );
    git(clone, 'commit', '--quiet', '-am', 'crypt');
    git(clone, 'push', '--quiet', 'origin', 'main');
    await kgitJson(clone, ['sync']);
    const refused = await kgit(clone, ['push-event', 'touched', '--cluster', 'prod', '--json']);
    expect(refused.code).toBe(20);
    expect(refused.json.error).toMatchObject({ code: 'REFUSED', data: { filter: 'git-crypt' } });
    expect((await kgitJson(clone, ['outbox'])).operations).toEqual([]);
    expect((await kgitJson(clone, ['set', '--create-key', 'a.b=1'])).delivery).toBe('published');
    mkdirSync(join(clone, '.git/info'), { recursive: true });
    writeFileSync(join(clone, '.git/info/attributes'), 'deployments/** filter=lfs\n');
    expect((await kgit(clone, ['set', '--create-key', 'a.b=2'])).code).toBe(20);
    expect(readFileSync(join(clone, '.git/info/attributes'), 'utf8')).toContain('lfs');
  });

  it('signs where git is set up to sign, and says so where it cannot', async () => {
    const remote = await remoteWithState();
    const clone = cloneOf(remote);
    const keys = temporaryFolder();
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(keys, 'id')]);
    writeFileSync(join(keys, 'allowed'), `ada@example.com ${readFileSync(join(keys, 'id.pub'), 'utf8')}`);
    for (const [key, value] of [
      ['user.name', 'Ada'],
      ['user.email', 'ada@example.com'],
      ['commit.gpgSign', 'true'],
      ['gpg.format', 'ssh'],
      ['user.signingKey', join(keys, 'id.pub')],
      ['gpg.ssh.allowedSignersFile', join(keys, 'allowed')],
    ] as const) {
      git(clone, 'config', key, value);
    }
    await kgitJson(clone, ['push-event', 'a', '--cluster', 'prod', '--queue']);
    await push(clone);
    expect(git(clone, 'log', '-3', '--format=%G? %an %cn', 'origin/main').split('\n')).toEqual([
      'G Ada Ada',
      'G Ada Ada',
      expect.stringMatching(/^N/),
    ]);
    fsck(clone);
    git(clone, 'config', 'user.signingKey', join(keys, 'gone.pub'));
    const failed = await kgit(clone, ['push-event', 'b', '--cluster', 'prod', '--json']);
    expect(failed.code).toBe(18);
    expect(failed.json.error.message).toContain('sign');
  });

  it('refuses a sha256 repository, and warns of names that Windows cannot check out', async () => {
    const path = temporaryFolder();
    git(path, 'init', '--quiet', '--object-format=sha256', '-b', 'main');
    const run = await kgit(path, ['init', '.', '--json']);
    expect(run.code).toBe(18);
    expect(run.json.error.message).toContain('sha256');
    const remote = await remoteWithState();
    const warned = await kgit(cloneOf(remote), ['push-event', 'touched', '--cluster', 'con.eu-1']);
    expect(warned.code).toBe(0);
    expect(warned.stderr).toContain('Windows');
  });

  it('tells that a shallow history is cut, and where the rest is', async () => {
    const remote = await remoteWithState();
    const path = temporaryFolder();
    git(path, 'clone', '--quiet', '--depth=1', `file://${remote}`, '.');
    const run = await kgit(path, ['log']);
    expect(run.code).toBe(0);
    expect(run.stderr).toContain('git fetch --unshallow');
  });
});
