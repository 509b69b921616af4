import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cloneOf, git, temporaryFolder } from '../../support/git-fixtures.js';
import { type KgitRun, kgit, kgitJson } from '../../support/kgit.js';
import { sharedState } from '../../support/state-repository.js';

interface Scene {
  readonly remote: string;
  readonly clone: string;
}

const scene = (): Scene => {
  const remote = sharedState();
  return { remote, clone: cloneOf(remote) };
};
const PUSH = ['push-event', 'a', '--deployment', 'dep-a', '--require-publish'];
const SYNC = ['sync'];

/** Puts a file where git keeps the refs of a repository, as a program does that syncs files. */
function copyAt(
  gitDir: string,
  name: string,
  text = readFileSync(join(gitDir, 'refs/heads/main'), 'utf8'),
): void {
  mkdirSync(dirname(join(gitDir, name)), { recursive: true });
  writeFileSync(join(gitDir, name), text);
}

/** A commit on main whose tree has an entry that git refuses. */
function badTree(clone: string, name: string): string {
  const blob = git(clone, 'rev-parse', 'main:kgit.yaml');
  const entries = `${git(clone, 'ls-tree', 'main')}\n100644 blob ${blob}\t${name}\n`;
  const tree = execFileSync('git', ['mktree'], { cwd: clone, input: entries, encoding: 'utf8' }).trim();
  return git(clone, 'commit-tree', '-p', 'main', '-m', 'bad', tree);
}

const JUNK = '[LocalizedFileNames]\n';

type Row = readonly [
  what: string,
  make: (scene: Scene) => void,
  command: readonly string[],
  code: string,
  cause: string,
  says: RegExp,
];

const copiesHere = ['main (conflicted copy)', 'main 2'].map(
  (name): Row => [
    `a copy of a ref in the clone: ${name}`,
    ({ clone }) => copyAt(join(clone, '.git'), `refs/heads/${name}`),
    SYNC,
    'ENVIRONMENT',
    'broken-ref',
    /programs that sync files leave such copies/,
  ],
);
const copiesThere = ['main (conflicted copy)', 'desktop.ini'].map(
  (name): Row => [
    `a copy of a ref at the remote: ${name}`,
    ({ remote }) => copyAt(remote, `refs/heads/${name}`, name.endsWith('.ini') ? JUNK : undefined),
    PUSH,
    'REMOTE',
    'remote-broken-ref',
    /a ref of its repository names nothing/,
  ],
);

/** How they come to be with the real git, and what is said of them. */
const ROWS: readonly Row[] = [
  [
    "a ref at the remote that ends in the branch's full name",
    ({ remote }) => git(remote, 'update-ref', 'refs/heads/refs/heads/main', 'main'),
    PUSH,
    'REMOTE',
    'ref-ambiguous',
    /is ambiguous there/,
  ],
  [
    'a branch below the branch at the remote',
    ({ remote }) => {
      git(remote, 'update-ref', 'refs/heads/other', 'main');
      git(remote, 'update-ref', '-d', 'refs/heads/main');
      git(remote, 'update-ref', 'refs/heads/main/x', 'other');
    },
    PUSH,
    'REFUSED',
    'ref-clash',
    /has refs\/heads\/main\/x, so it cannot have refs\/heads\/main beside it/,
  ],
  [
    'a clone made with --mirror',
    ({ clone }) => git(clone, 'config', 'remote.origin.mirror', 'true'),
    PUSH,
    'ENVIRONMENT',
    'mirror-clone',
    /made with --mirror/,
  ],
  ...copiesHere,
  [
    'desktop.ini among the refs of the clone',
    ({ clone }) => copyAt(join(clone, '.git'), 'refs/heads/desktop.ini', JUNK),
    SYNC,
    'ENVIRONMENT',
    'broken-ref',
    /refs\/heads\/desktop\.ini/,
  ],
  ...copiesThere,
  [
    'a tree with an entry .git that the server refuses',
    ({ remote, clone }) => {
      git(remote, 'config', 'receive.fsckObjects', 'true');
      // As where it was committed here: the first push brings the history of this clone.
      git(clone, 'update-ref', 'refs/heads/main', badTree(clone, '.git'));
      git(clone, 'update-ref', '-d', 'refs/remotes/origin/main');
      git(remote, 'update-ref', '-d', 'refs/heads/main');
    },
    PUSH,
    'REMOTE',
    'bad-objects',
    /holds an object that git refuses/,
  ],
  [
    'a tree with an entry .git that this git refuses',
    ({ remote, clone }) => {
      const other = cloneOf(remote);
      git(other, 'push', '--quiet', 'origin', `${badTree(other, '.git')}:refs/heads/main`);
      git(clone, 'config', 'fetch.fsckObjects', 'true');
    },
    SYNC,
    'REMOTE',
    'bad-objects',
    /hasDotgit/,
  ],
  [
    'a branch that lay below another, and is gone at the remote',
    ({ remote, clone }) => {
      git(clone, 'update-ref', 'refs/kgit/remote/side/x', 'main');
      git(remote, 'update-ref', 'refs/heads/side', 'main');
      git(clone, 'branch', 'side');
    },
    ['sync', '--repo', '.#side'],
    'ENVIRONMENT',
    'ref-clash',
    /refs\/kgit\/remote\/side\/x is in the way/,
  ],
];

function expectToldAs(run: KgitRun, code: string, cause: string, says: RegExp): void {
  const { error } = run.json;
  expect(error).toMatchObject({ code, data: { cause } });
  expect(error.message).toMatch(says);
  const words = [error.message, ...error.suggestions].join('\n');
  expect(words).not.toMatch(/network|connection/);
  expect(run.code).toBe(error.exitCode);
}

describe('failures that are none of the network', () => {
  it.each(ROWS)('%s', async (_what, make, command, code, cause, says) => {
    const made = scene();
    make(made);
    expectToldAs(await kgit(made.clone, [...command, '--json']), code, cause, says);
  });

  it('a clone of a branch that git does not check out', async () => {
    const { remote, clone } = scene();
    git(clone, 'push', '--quiet', 'origin', `${badTree(clone, '.git')}:refs/heads/main`);
    const run = await kgit(temporaryFolder(), ['clone', remote, 'here', '--json']);
    expectToldAs(run, 'ENVIRONMENT', 'invalid-path', /the path \.git/);
  });

  it.each(['.DS_Store', 'main.sync-conflict-20250101-ABCDEFG'])(
    'takes no harm from %s among the refs, here or there',
    async (name) => {
      const { remote, clone } = scene();
      for (const gitDir of [join(clone, '.git'), remote])
        copyAt(gitDir, `refs/heads/${name}`, name === '.DS_Store' ? 'Bud1' : undefined);
      expect((await kgitJson(clone, PUSH)).delivery).toBe('published');
      await kgitJson(clone, SYNC);
    },
  );

  it('push options of the user: sent where the server takes them, left out and told where not', async () => {
    const { remote, clone } = scene();
    git(clone, 'config', 'push.pushOption', 'ci.skip');
    const without = await kgit(clone, PUSH);
    expect(without.code).toBe(0);
    expect(without.stderr).toContain('push.pushOption were left out');
    expect((await kgitJson(clone, ['lock', 'network'])).token).toBe(1);
    git(remote, 'config', 'receive.advertisePushOptions', 'true');
    const seen = join(remote, 'seen');
    const hook = `#!/bin/sh\necho "$GIT_PUSH_OPTION_0" >> '${seen}'\n`;
    writeFileSync(join(remote, 'hooks/pre-receive'), hook, { mode: 0o755 });
    const sent = await kgit(clone, PUSH);
    expect(sent.stderr).not.toContain('push.pushOption');
    expect(readFileSync(seen, 'utf8')).toBe('ci.skip\n');
  });

  it('what nobody knows is unknown, told in the words of the server, and queued where it may be', async () => {
    const { clone } = scene();
    git(clone, 'remote', 'set-url', 'origin', 'ssh://h/state.git');
    const ssh = join(temporaryFolder(), 'ssh');
    writeFileSync(ssh, '#!/bin/sh\necho "the moon is in the wrong house" >&2\nexit 1\n', { mode: 0o755 });
    const env = { GIT_SSH_COMMAND: ssh };
    const run = await kgit(clone, [...PUSH, '--json'], { env });
    expectToldAs(run, 'REMOTE', 'unknown', /the moon is in the wrong house/);
    const queued = await kgit(clone, ['push-event', 'a', '--deployment', 'dep-a'], { env });
    expect(queued).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('the moon is in the wrong house'),
    });
    expect(queued.stderr).not.toMatch(/network|connection/);
  });
});
