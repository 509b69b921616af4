import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { bareRepository, git, temporaryFolder } from '../../support/git-fixtures.js';
import { kgit, kgitJson } from '../../support/kgit.js';
import { expectFailure, expectResult } from '../../support/state-repository.js';

interface Row {
  readonly path: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

const brief = (changes: readonly Row[]) =>
  changes.map(({ path, before, after }) => `${path} ${JSON.stringify(before)} ${JSON.stringify(after)}`);

/**
 * A clone where main and the branch of a proposal went apart: the proposal set `size`, main set `zone` and then `size`, too.
 * `apart` has no commit in common with them; a linked worktree has the proposal checked out.
 */
async function branched() {
  const remote = bareRepository();
  const clone = join(temporaryFolder(), 'clone');
  await kgitJson('.', ['init', clone, '--remote', remote, '--deployment', 'dep-a']);
  await kgitJson(clone, ['set', 'size=1', '--create-key']);
  git(clone, 'tag', 'v1');
  await kgitJson(clone, ['set', 'size=2', '--propose', '--proposal-branch', 'resize']);
  await kgitJson(clone, ['set', 'zone=x', '--create-key']);
  await kgitJson(clone, ['set', 'size=3']);
  git(clone, 'fetch', '--quiet');
  git(clone, 'branch', 'mine', 'origin/resize');
  git(clone, 'branch', 'fix/#12-größe', 'origin/resize');
  const worktree = join(temporaryFolder(), 'worktree');
  git(clone, 'worktree', 'add', '--quiet', worktree, 'mine');
  git(clone, 'branch', 'apart', git(clone, 'commit-tree', '-m', 'apart', 'HEAD^{tree}'));
  return { remote, clone, worktree };
}

describe('kgit diff A...B', () => {
  let at: Awaited<ReturnType<typeof branched>>;
  beforeAll(async () => {
    at = await branched();
  });
  const PROPOSED = ['size 1 2'];
  const MAIN = ['size 1 3', 'zone undefined "x"'];

  it.each<[string, string[]]>([
    ['origin/main...origin/resize', PROPOSED],
    ['main...origin/resize', PROPOSED],
    ['main...mine', PROPOSED],
    ['v1...mine', PROPOSED],
    ['main...fix/#12-größe', PROPOSED],
    ['main~1...mine', PROPOSED],
    ['mine...origin/main', MAIN],
    ['origin/resize...', MAIN],
    ['...origin/resize', PROPOSED],
    ['v1...HEAD', MAIN],
    ['v1...@~1', ['zone undefined "x"']],
    ['main...v1', []],
    ['...', []],
  ])('%s tells what B changed since the merge base', async (text, expected) => {
    const json = await kgitJson(at.clone, ['diff', text]);
    expectResult(json, 'Diff');
    expect(json.changes.map(({ subject }: { subject: string }) => subject)).toEqual(
      expected.map(() => 'deployment/dep-a'),
    );
    expect(brief(json.changes).sort()).toEqual(expected);
    // What git says of the files.
    const files = git(at.clone, 'diff', '--name-only', text, '--', 'deployments/*/state.yaml');
    expect(files !== '').toBe(expected.length > 0);
  });

  it('takes abbreviated ids', async () => {
    const [main, mine] = ['main', 'mine'].map((name) => git(at.clone, 'rev-parse', '--short=12', name));
    expect(brief((await kgitJson(at.clone, ['diff', `${main}...${mine}`])).changes)).toEqual(PROPOSED);
  });

  it.each(['main...HEAD', 'main...', 'main...@', 'main...HEAD~0'])(
    '%s in a linked worktree means what is checked out there',
    async (text) => {
      expect(brief((await kgitJson(at.worktree, ['diff', text])).changes)).toEqual(PROPOSED);
    },
  );

  it('HEAD alone and --at HEAD mean what is checked out in a linked worktree, too', async () => {
    expect((await kgitJson(at.worktree, ['get', 'size', '--at', 'HEAD'])).value).toBe(2);
    expect((await kgitJson(at.worktree, ['get', 'size', '--at', 'HEAD~1'])).value).toBe(1);
    expect(brief((await kgitJson(at.worktree, ['diff', 'main', 'HEAD'])).changes)).toContain('size 3 2');
  });

  it('of a URL, HEAD is the state branch', async () => {
    const home = temporaryFolder();
    const env = { HOME: home, XDG_CACHE_HOME: join(home, 'cache'), XDG_STATE_HOME: join(home, 'state') };
    const { changes } = await kgitJson('.', ['diff', 'HEAD~2...', '--repo', `file://${at.remote}`], { env });
    expect(brief(changes).sort()).toEqual(MAIN);
  });

  it('tells what to do where nothing is in common', async () => {
    const error = expectFailure(await kgit(at.clone, ['diff', 'main...apart', '--json']), 'NOT_FOUND', 15);
    expect(error.message).toBe('main and apart have no revision in common here');
    expect(error.suggestions).toEqual(['Compare the two as they are: kgit diff main apart']);
    expect(Object.keys(error.data)).toEqual(['base', 'tip']);
    const [advised = ''] = /kgit diff .*/.exec(error.suggestions.join('\n')) ?? [];
    expect(await kgitJson(at.clone, advised.split(' ').slice(1))).toMatchObject({ changes: [] });
  });

  it('in a clone whose history is cut off, says to fetch all of it', async () => {
    const shallow = join(temporaryFolder(), 'shallow');
    git('.', 'clone', '--quiet', '--depth=1', '--no-single-branch', `file://${at.remote}`, shallow);
    const args = ['diff', 'main...origin/resize'];
    const error = expectFailure(await kgit(shallow, [...args, '--json']), 'NOT_FOUND', 15);
    expect(error.suggestions[0]).toContain('git fetch --unshallow');
    git(shallow, 'fetch', '--quiet', '--unshallow');
    expect(brief((await kgitJson(shallow, args)).changes)).toEqual(PROPOSED);
  });

  it.each<[string, string, number, RegExp]>([
    ['none...main', 'NOT_FOUND', 15, /git fetch/],
    ['main...none', 'NOT_FOUND', 15, /git fetch/],
    ['main..mine', 'USAGE', 2, /kgit diff A B/],
    ['main....mine', 'NOT_FOUND', 15, /git log/],
    ['--output=x...main', 'USAGE', 2, /--help/],
    ['main...--output=x', 'NOT_FOUND', 15, /git log/],
    [':/init...main', 'NOT_FOUND', 15, /git log/],
  ])('%s ends with %s', async (text, code, exit, advice) => {
    const error = expectFailure(await kgit(at.clone, ['diff', text, '--json']), code, exit);
    expect(error.suggestions.join()).toMatch(advice);
  });
});
