import { createHash } from 'node:crypto';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Outbox } from '../../../src/store/outbox/outbox.js';
import { cloneOf, git, temporaryFolder } from '../../support/git-fixtures.js';
import { serveHttp } from '../../support/http-remote.js';
import { kgit, kgitJson } from '../../support/kgit.js';
import { openGitStore } from '../../support/open-git-store.js';
import { refuseText } from '../../support/proc-receive.js';
import { commitFiles, expectFailure, sharedState, stateRepository } from '../../support/state-repository.js';
import { eventOperation } from '../../support/store-fixtures.js';

const WORD = 'poison-word';
/** Words by chance, so that no compression makes them few; they look like no secret. */
const LARGE = Array.from({ length: 1_000 }, (_, i) =>
  [...createHash('sha256').update(`${i}`).digest()]
    .map((byte) => `${'bdfgklmnprstvwxz'[byte >> 4]}${'aeiou'[byte % 5]}${byte % 3 === 0 ? ' ' : ''}`)
    .join(''),
).join(' ');

/** A real hook of the remote's. */
function hook(remote: string, name: 'pre-receive' | 'update', script: string): void {
  const path = join(remote, 'hooks', name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

/** A pre-receive hook that looks at each commit as $c, and refuses where the test is true. */
function refuseCommits(remote: string, test: string, ...words: string[]): void {
  const says = words.map((word) => `echo "${word}" >&2`).join('; ');
  hook(
    remote,
    'pre-receive',
    `while read old new ref; do for c in $(git rev-list $old..$new); do\n${test} && { ${says}; exit 1; }\ndone; done\nexit 0`,
  );
}

interface Poison {
  /** What makes the remote refuse, or what is in the way here. */
  readonly guard: (place: { remote: string; clone: string }) => void;
  readonly write: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Words of the reason. */
  readonly says: RegExp;
  /** What takes it out of the way. */
  readonly mend: (place: { remote: string; clone: string }) => void;
  readonly code?: number;
}

const mendHook = ({ remote }: { remote: string }) => hook(remote, 'pre-receive', 'exit 0');
const note = (cluster: string, ...more: string[]) => ['push-event', 'noted', '--cluster', cluster, ...more];

const KINDS: readonly (readonly [string, Poison])[] = [
  [
    'a pattern of paths',
    {
      guard: ({ remote }) =>
        refuseCommits(
          remote,
          'git show --name-only --format= $c | grep -q /forbidden/',
          'This path is not for you',
        ),
      write: note('forbidden'),
      says: /This path is not for you/,
      mend: mendHook,
    },
  ],
  [
    'a word in the content, as the push protection of GitHub',
    {
      guard: ({ remote }) =>
        refuseCommits(
          remote,
          `git show $c | grep -q ${WORD}`,
          'error: GH013: Repository rule violations found for refs/heads/main.',
          '- GITHUB PUSH PROTECTION',
          '  - Push cannot contain secrets',
        ),
      write: note('prod', '--message', WORD),
      says: /Push cannot contain secrets/,
      mend: mendHook,
    },
  ],
  [
    'a limit for the size of a file',
    {
      guard: ({ remote }) =>
        refuseCommits(
          remote,
          'git diff-tree -r $c^ $c | cut -d" " -f4 | xargs -n1 git cat-file -s | awk "\\$1 > 3000 { big = 1 } END { exit !big }"',
          "error: File is 0.01 MB; this exceeds GitHub's file size limit of 0.01 MB",
        ),
      write: note('prod', '--message', 'large '.repeat(700)),
      says: /does not take so much.*file size limit/,
      mend: mendHook,
    },
  ],
  [
    'a policy for the messages of commits',
    {
      guard: ({ remote }) =>
        refuseCommits(
          remote,
          'git log -1 --format=%s $c | grep -q ^rogue',
          "GitLab: Commit message does not follow the pattern '^noted'",
        ),
      write: ['push-event', 'rogue', '--cluster', 'prod'],
      says: /does not follow the pattern/,
      mend: mendHook,
    },
  ],
  [
    "a policy for the addresses of authors, as GitLab's push rules",
    {
      guard: ({ remote }) =>
        refuseCommits(
          remote,
          'git log -1 --format=%ae $c | grep -q evil.example',
          "GitLab: Author 'ada@evil.example' is not a member of team",
        ),
      write: note('prod'),
      env: {
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: 'user.email',
        GIT_CONFIG_VALUE_0: 'ada@evil.example',
      },
      says: /is not a member of team/,
      mend: mendHook,
    },
  ],
  [
    'a hook for files of state',
    {
      guard: ({ remote }) =>
        hook(
          remote,
          'update',
          'git diff --name-only $2 $3 | grep -q state.yaml && { echo "Not allowed to push to protected files" >&2; exit 1; }\nexit 0',
        ),
      write: ['set', 'deployment.count=4'],
      says: /Not allowed to push to protected files/,
      mend: ({ remote }) => hook(remote, 'update', 'exit 0'),
    },
  ],
  [
    'a reason that kgit does not know',
    {
      guard: ({ remote }) => refuseText(remote, WORD, 'E-4711: the oracle is against it'),
      write: note('prod', '--message', WORD),
      says: /E-4711: the oracle is against it/,
      mend: ({ remote }) => git(remote, 'config', '--unset', 'receive.procReceiveRefs'),
    },
  ],
  [
    'a virtual ref of gitolite',
    {
      guard: ({ remote }) =>
        hook(
          remote,
          'update',
          'git diff --name-only $2 $3 | grep -q /forbidden/ && { echo "FATAL: W VREF/NAME/forbidden state ada DENIED by VREF/NAME/forbidden" >&2; exit 1; }\nexit 0',
        ),
      write: note('forbidden'),
      says: /DENIED by VREF/,
      mend: ({ remote }) => hook(remote, 'update', 'exit 0'),
    },
  ],
  [
    'a name of a file that the server cannot check out',
    {
      guard: ({ remote }) =>
        hook(
          remote,
          'update',
          'git diff --name-only $2 $3 | grep -q /aux/ && { echo "error: object 0123: invalid name aux" >&2; exit 1; }\nexit 0',
        ),
      write: note('aux'),
      says: /invalid name aux/,
      mend: ({ remote }) => hook(remote, 'update', 'exit 0'),
    },
  ],
  [
    'a limit for the size of a push',
    {
      guard: ({ remote }) => git(remote, 'config', 'receive.maxInputSize', '30000'),
      write: note('prod', '--message', LARGE),
      says: /does not take so much at once.*maximum allowed size/,
      mend: ({ remote }) => git(remote, 'config', '--unset', 'receive.maxInputSize'),
    },
  ],
  [
    'a filter that kgit would write past',
    {
      guard: ({ clone }) =>
        writeFileSync(join(clone, '.git/info/attributes'), '**/locked/** filter=git-crypt\n'),
      write: note('locked'),
      says: /locked.*is filtered/,
      mend: ({ clone }) => writeFileSync(join(clone, '.git/info/attributes'), ''),
    },
  ],
];

/** The clusters of the events that are on a branch. */
function landed(repository: string, branch = 'main'): string[] {
  const paths = git(repository, 'ls-tree', '-r', '--name-only', branch).split('\n');
  return paths.flatMap((path) => /\/(good-\d+)\/events\//.exec(path)?.[1] ?? []).sort();
}

/** Queues the write of a poison, and 18 events of clusters behind it. */
async function fill(clone: string, { write, env = {} }: Pick<Poison, 'write' | 'env'>): Promise<string> {
  const { operation } = await kgitJson(clone, [...write, '--queue'], { env });
  const remote = git(clone, 'remote') || null;
  const { target } = await openGitStore(clone, remote);
  const outbox = new Outbox(join(clone, '.git/kgit'));
  for (let i = 0; i < 18; i++) await outbox.add(eventOperation('noted', `good-${i}`), target);
  return operation;
}

describe('a write at the head of 20 that is refused for', () => {
  it.each(KINDS)('%s: 19 land, one is told, and it goes once it may', async (_what, poison) => {
    const remote = sharedState();
    const clone = cloneOf(remote);
    const place = { remote, clone };
    poison.guard(place);
    const id = await fill(clone, poison);
    const last = await kgit(clone, [...note('good-18'), '--json']);
    expect(last.json).toMatchObject({ delivery: 'published' });
    expect(last.code).toBe(0);
    expect(last.stderr).toContain(`kgit outbox drop ${id}`);
    expect(landed(remote)).toHaveLength(19);
    const { operations } = await kgitJson(clone, ['outbox']);
    expect(operations).toMatchObject([{ id, refused: true }]);
    expect(operations[0].error).toMatch(poison.says);
    const error = expectFailure(await kgit(clone, ['sync', '--json']), 'REFUSED', 20);
    expect(error.data).toMatchObject({ operation: id });
    expect(error.message).toMatch(poison.says);
    expect(error.suggestions[0]).toContain(`kgit outbox drop ${id}`);
    expect((await kgit(clone, [...note('good-19'), '--json'])).json).toMatchObject({ delivery: 'published' });
    poison.mend(place);
    expect(await kgitJson(clone, ['sync'])).toMatchObject({ published: [id], pending: 0 });
  });

  it('the one who writes it is told, and it can be dropped', async () => {
    const remote = sharedState();
    const clone = cloneOf(remote);
    refuseCommits(remote, `git show $c | grep -q ${WORD}`, 'Push cannot contain secrets');
    await kgitJson(clone, [...note('good-0'), '--queue']);
    const run = await kgit(clone, [...note('prod', '--message', WORD), '--json']);
    const error = expectFailure(run, 'REFUSED', 20);
    expect(error.data).toMatchObject({ kept: true });
    expect(landed(remote)).toEqual(['good-0']);
    expect((await kgitJson(clone, ['outbox', 'drop', error.data.operation])).operations).toEqual([]);
    expect(await kgitJson(clone, ['sync'])).toMatchObject({ pending: 0 });
  });

  it('HTTP 413: what waits goes in parts, and one that is too large is named', async () => {
    const remote = sharedState();
    const clone = cloneOf(remote);
    const server = await serveHttp(remote, { canPush: true, maxBody: 20_000 });
    try {
      git(clone, 'remote', 'set-url', 'origin', `${server.url}/state.git`);
      const id = await fill(clone, { write: note('prod', '--message', LARGE) });
      const last = await kgit(clone, [...note('good-18'), '--json']);
      expect(last.json).toMatchObject({ delivery: 'published' });
      expect(landed(remote)).toHaveLength(19);
      const { operations } = await kgitJson(clone, ['outbox']);
      expect(operations).toMatchObject([{ id, refused: true }]);
      expect(operations[0].error).toMatch(/does not take so much at once.*413/);
    } finally {
      await server.stop();
    }
  });
});

it('a local edit in the way of one write: the others land', async () => {
  const path = stateRepository();
  commitFiles(path, { 'deployments/dep-b/state.yaml': 'deployment:\n  deployment_id: dep-b\n' });
  writeFileSync(join(path, 'deployments/dep-a/state.yaml'), 'deployment: {}\n');
  const operation = await fill(path, { write: ['set', 'deployment.count=4', '--deployment', 'dep-a'] });
  const last = await kgit(path, [...note('good-18'), '--json']);
  expect(last.json).toMatchObject({ delivery: 'published' });
  expect(landed(path)).toHaveLength(19);
  expect((await kgitJson(path, ['outbox'])).operations).toMatchObject([{ id: operation, refused: true }]);
  git(path, 'checkout', '--quiet', '--', 'deployments/dep-a/state.yaml');
  expect(await kgitJson(path, ['sync'])).toMatchObject({ published: [operation], pending: 0 });
});

it('a protected branch costs one push for each command', async () => {
  const remote = sharedState();
  const clone = cloneOf(remote);
  const log = join(temporaryFolder(), 'log');
  hook(remote, 'pre-receive', `echo x >> ${log}; echo "GH006: Protected branch update failed" >&2; exit 1`);
  for (let i = 0; i < 5; i++) await kgitJson(clone, [...note(`good-${i}`), '--queue']);
  expectFailure(await kgit(clone, [...note('good-5'), '--json']), 'REFUSED', 20);
  expect(readFileSync(log, 'utf8')).toBe('x\n');
});
