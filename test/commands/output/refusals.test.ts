import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cloneOf, git } from '../../support/git-fixtures.js';
import { kgit, kgitJson } from '../../support/kgit.js';
import { refuseFirst } from '../../support/proc-receive.js';
import { commitFiles, expectFailure, sharedState } from '../../support/state-repository.js';

const WRITE = ['set', 'deployment.count=4', '--json'];

/** A remote, and the commit of another writer that lies there and not on the branch yet. */
function raced(): { remote: string; clone: string; winner: string } {
  const remote = sharedState();
  const clone = cloneOf(remote);
  const other = cloneOf(remote);
  commitFiles(other, { 'notes.txt': 'by another writer\n' });
  git(other, 'push', '--quiet', 'origin', 'HEAD:refs/heads/other');
  return { remote, clone, winner: git(other, 'rev-parse', 'HEAD') };
}

function says(remote: string, words: string): void {
  const path = join(remote, 'hooks/pre-receive');
  writeFileSync(path, `#!/bin/sh\necho "${words}" >&2\nexit 1\n`);
  chmodSync(path, 0o755);
}

describe('a race that a server tells in its own words', () => {
  it.each([
    ['JGit', 'invalid old id sent'],
    ['JGit', 'failed to lock'],
    ['Azure DevOps', "TF401028: The reference 'refs/heads/main' has already been updated by another client"],
    ['JGit, where another ref lost', 'transaction aborted'],
    ['a server that nobody knows', 'out of cheese'],
  ])('%s (%s): the write is applied to the new tip, and lands', async (_server, reason) => {
    const { remote, clone, winner } = raced();
    refuseFirst(remote, { reason, winner });
    expect(await kgitJson(clone, WRITE.slice(0, -1))).toMatchObject({ delivery: 'published', attempts: 2 });
    expect(git(remote, 'merge-base', 'main', winner)).toBe(winner);
  });
});

it('unknown words where nothing moved are a refusal, told in these words', async () => {
  const { remote, clone } = raced();
  refuseFirst(remote, { reason: 'out of cheese', winner: null });
  const error = expectFailure(await kgit(clone, WRITE), 'REFUSED', 20);
  expect(error.message).toContain('out of cheese');
  expect(error.data).toMatchObject({ kept: true });
  expect(await kgitJson(clone, ['sync'])).toMatchObject({ published: [error.data.operation] });
});

describe("a server's own failure", () => {
  it.each(['Internal Server Error (no message for end users)', 'GitLab: Internal API unreachable'])(
    '%s: queued, and 16 where it has to be published',
    async (words) => {
      const { remote, clone } = raced();
      says(remote, words);
      const run = await kgit(clone, WRITE);
      expect([run.code, run.json.delivery]).toEqual([0, 'queued']);
      expect(run.stderr).toContain(words);
      expect(run.stderr).toContain('when it is well again');
      const error = expectFailure(await kgit(clone, [...WRITE, '--require-publish']), 'REMOTE', 16);
      expect(error.data).toMatchObject({ cause: 'server-error', kept: true });
    },
  );
});

it('access that was taken away: 16, in the words of gitolite', async () => {
  const { remote, clone } = raced();
  says(remote, 'FATAL: W any state ada DENIED by fallthru');
  const error = expectFailure(await kgit(clone, WRITE), 'REMOTE', 16);
  expect(error.message).toContain('DENIED by fallthru');
  expect(error.data).toMatchObject({ cause: 'forbidden', remote: 'denied' });
});
