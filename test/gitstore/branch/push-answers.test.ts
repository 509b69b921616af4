import { spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pushOutcome } from '../../../src/gitstore/branch/push-outcome.js';
import { cloneOf, git } from '../../support/git-fixtures.js';
import { commitFiles, sharedState } from '../../support/state-repository.js';

interface Scene {
  readonly remote: string;
  readonly mine: string;
  readonly theirs: string;
}

/** A remote, and two clones that each have a commit of their own; `theirs` is not published yet. */
function scene(): Scene {
  const remote = sharedState();
  const [mine, theirs] = [cloneOf(remote), cloneOf(remote)];
  commitFiles(mine, { 'mine.txt': 'mine\n' });
  commitFiles(theirs, { 'theirs.txt': 'theirs\n' });
  return { remote, mine, theirs };
}

const publish = (path: string) => git(path, 'push', '--quiet', 'origin', 'main');

function hook(remote: string, name: string, ...lines: string[]): void {
  const path = join(remote, 'hooks', name);
  writeFileSync(path, `#!/bin/sh\n${lines.join('\n')}\n`);
  chmodSync(path, 0o755);
}

/** What git answers here, by this machine's git: the text that the recorded rows have, and what it is taken for. */
const ANSWERS: readonly [
  what: string,
  text: RegExp,
  kind: string,
  prepare: (scene: Scene) => string[] | undefined,
][] = [
  [
    'remote moved, objects unknown',
    /\[rejected\] \(fetch first\)/,
    'moved',
    ({ theirs }) => void publish(theirs),
  ],
  [
    'remote moved, fetched',
    /\[rejected\] \(non-fast-forward\)/,
    'moved',
    ({ mine, theirs }) => {
      publish(theirs);
      git(mine, 'fetch', '--quiet');
      return undefined;
    },
  ],
  [
    'lease expectation wrong',
    /\[rejected\] \(stale info\)/,
    'moved',
    ({ theirs, mine }) => {
      const expected = git(mine, 'rev-parse', 'origin/main');
      publish(theirs);
      return [`--force-with-lease=refs/heads/main:${expected}`];
    },
  ],
  [
    'race won by another inside receive-pack',
    /\(failed to update ref\)[\s\S]*cannot lock ref 'refs\/heads\/main': is at \w+ but expected \w+/,
    'moved',
    ({ remote, theirs }) => {
      git(theirs, 'push', '--quiet', 'origin', 'main:refs/heads/side');
      // In the quarantine of its own push a hook may move no ref.
      hook(
        remote,
        'pre-receive',
        'env -u GIT_QUARANTINE_PATH git update-ref refs/heads/main refs/heads/side',
      );
      return undefined;
    },
  ],
  [
    'folder and file of one name',
    /\(failed to update ref\)[\s\S]*'refs\/heads\/main' exists; cannot create 'refs\/heads\/main\/x'/,
    'refused',
    () => ['main:refs/heads/main/x'],
  ],
  [
    'a server process that crashed',
    /\(failed to update ref\)[\s\S]*Unable to create '[^']*main\.lock': File exists/,
    'busy',
    ({ remote }) => void writeFileSync(join(remote, 'refs/heads/main.lock'), ''),
  ],
  [
    'hook',
    /\(pre-receive hook declined\)/,
    'refused',
    ({ remote }) => hook(remote, 'pre-receive', 'exit 1') as undefined,
  ],
  [
    'hidden ref',
    /\(deny updating a hidden ref\)/,
    'refused',
    ({ remote }) => {
      git(remote, 'config', 'receive.hideRefs', 'refs/heads/main');
      return undefined;
    },
  ],
  [
    'no forced push',
    /\[remote rejected\] \(non-fast-forward\)/,
    'refused',
    ({ remote, mine, theirs }) => {
      git(remote, 'config', 'receive.denyNonFastForwards', 'true');
      publish(theirs);
      git(mine, 'fetch', '--quiet');
      return ['--force'];
    },
  ],
  [
    'no such repository',
    /does not appear to be a git repository/,
    'denied',
    ({ mine }) => {
      git(mine, 'remote', 'set-url', 'origin', '/nowhere.git');
      return undefined;
    },
  ],
];

describe("this machine's git and its answers to a push", () => {
  it.each(ANSWERS)('%s', (_what, text, kind, prepare) => {
    const made = scene();
    const more = prepare(made) ?? [];
    const options = more.filter((word) => word.startsWith('--'));
    const refspec = more.find((word) => !word.startsWith('--')) ?? 'main:refs/heads/main';
    const args = ['push', '--porcelain', ...options, 'origin', refspec];
    const env = { ...process.env, LC_ALL: 'C' };
    const { status, stdout, stderr } = spawnSync('git', args, { cwd: made.mine, env });
    expect(`${stdout}${stderr}`).toMatch(text);
    const result = { code: status ?? 1, stdout, stderr: stderr.toString('utf8') };
    expect(pushOutcome(result, 'remote origin', 'main')?.kind).toBe(kind);
  });
});
