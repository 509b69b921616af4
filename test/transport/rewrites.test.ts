import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { git, temporaryFolder } from '../support/git-fixtures.js';
import {
  actions,
  CLIENTS,
  type Client,
  type ClientName,
  contains,
  LEAK,
  leakyState,
  REWRITES,
  type RewriteName,
} from '../support/rewrites.js';
import { expectFailure } from '../support/state-repository.js';

const write = (action: string) => ['push-event', action, '--cluster', 'prod'];
const REWRITTEN = 'history was rewritten at the remote: main went';

let model: string | undefined;

/** A remote with two events: a copy of the first one. */
async function withTwoEvents(): Promise<string> {
  if (model === undefined) {
    model = leakyState();
    const other = CLIENTS.checkout(model);
    await other.json(...write('first'));
    await other.json(...write('second'));
  }
  const remote = join(temporaryFolder(), 'state.git');
  cpSync(model, remote, { recursive: true });
  return remote;
}

/** A clone that has published the last of three events, and perhaps has one more that waits. */
async function scene(name: ClientName, isWaiting: boolean) {
  const remote = await withTwoEvents();
  const here = CLIENTS[name](remote);
  const { operation, revision: old } = await here.json(...write('third'));
  if (isWaiting) await here.json(...write('waiting'), '--queue');
  return { remote, here, operation, old };
}

/** What one cell of the table in docs/write-path.md says. */
interface Told {
  /** Events of before that are not at the remote after it. */
  readonly gone?: readonly string[];
  /** Commits that were known and went. */
  readonly removed: number;
}

const TOLD: Readonly<Record<RewriteName, Told>> = {
  reset: { gone: ['third'], removed: 1 },
  squash: { removed: 3 },
  amend: { removed: 1 },
  'filter-repo': { removed: 4 },
};

/** A rewrite from the root is taken over by the word for it alone; before that nothing changes. */
async function accept(here: Client, remote: string, waiting: number): Promise<void> {
  const tip = git(remote, 'rev-parse', 'main');
  const error = expectFailure(await here.run('sync', '--json'), 'CONFLICT', 12);
  expect(error.data.cause).toBe('other-history');
  expect(error.suggestions[0]).toContain('kgit sync --accept-rewrite');
  expect(error.suggestions.join()).not.toMatch(/publish the history here|push/);
  const asked = await here.run('sync', '--accept-rewrite', '--json');
  expectFailure(asked, 'USAGE', 2);
  expect(asked.stderr).toContain(`${waiting} operation${waiting === 1 ? '' : 's'} in the outbox`);
  if (waiting > 0) expect((await here.run('doctor')).stdout).toContain('kgit sync --accept-rewrite');
  expect((await here.json('outbox')).operations).toHaveLength(waiting);
  expect(git(remote, 'rev-parse', 'main')).toBe(tip);
}

/** What a note gives as the remedy does bring the user's branch to the remote's. */
async function followRemedy(here: Client, notes: string, old: string): Promise<void> {
  expect(git(here.path, 'rev-parse', 'main')).toBe(old);
  const [, remedy = ''] = /Bring it to the remote's: git (.+)/.exec(notes) ?? [];
  git(here.path, ...remedy.split(' '));
  const run = await here.run('sync', '--json');
  expect(run.stderr).toBe('');
  expect(git(here.path, 'rev-parse', 'main')).toBe(run.json.repository.revision);
}

const EACH = (Object.keys(REWRITES) as RewriteName[]).map((rewrite, i) => ({ rewrite, i }));

describe.each(EACH)('$rewrite at the remote', ({ rewrite, i }) => {
  const { gone = [], removed } = TOLD[rewrite];
  const names = Object.keys(CLIENTS) as ClientName[];
  // An empty outbox asks less: one kind of clone has it, another one for each rewrite.
  const cases = names.flatMap((name, at) => [
    ...(at === i % names.length ? [{ name, waits: false, outbox: 'empty' }] : []),
    { name, waits: true, outbox: 'with a write that waits' },
  ]);

  it.each(cases)('a $name clone, its outbox $outbox', async ({ name, waits }) => {
    const { remote, here, operation, old } = await scene(name, waits);
    REWRITES[rewrite](remote);
    const tip = git(remote, 'rev-parse', 'main');
    const isOther = rewrite === 'filter-repo';
    if (isOther) await accept(here, remote, waits ? 1 : 0);
    const run = await here.run('sync', '--json', ...(isOther ? ['--accept-rewrite', '--yes'] : []));
    expect(run.code).toBe(0);
    const operations = gone.length > 0 ? [operation] : [];
    expect(run.json.repository.rewrites).toEqual([
      { from: old, to: tip, removed, cause: 'moved', operations },
    ]);
    expect(run.stderr.split(REWRITTEN)).toHaveLength(2);
    if (gone.length > 0) expect(run.stderr).toContain(operation);
    // What waited is on the new tip, alone; the old commits are not.
    const before = ['first', 'second', 'third'].filter((action) => !gone.includes(action));
    expect(actions(remote)).toEqual([...before, ...(waits ? ['waiting'] : [])].sort());
    expect(contains(remote, old)).toBe(false);
    expect(git(remote, 'rev-list', '--count', `${tip}..main`)).toBe(waits ? '1' : '0');
    if (isOther) expect(git(remote, 'log', '--format=%h', `-S${LEAK}`, 'main')).toBe('');
    expect((await here.json('outbox')).operations).toEqual([]);
    const again = await here.run('sync', '--json');
    expect(again.stderr).not.toContain(REWRITTEN);
    expect(again.json.repository.rewrites).toBeUndefined();
    if (name === 'URL') expect(again.stderr).toBe('');
    else await followRemedy(here, again.stderr, old);
  });
});

describe('a branch that was moved back', () => {
  it.each(['checkout', 'bare', 'URL'] as const)(
    'is not put forward again by the next write: %s',
    async (name) => {
      const { remote, here, old } = await scene(name, false);
      REWRITES.reset(remote);
      const run = await here.run(...write('later'), '--json');
      expect(run.json.delivery).toBe('published');
      expect(run.stderr).toContain(REWRITTEN);
      expect(contains(remote, old)).toBe(false);
      expect(actions(remote)).toEqual(['first', 'later', 'second']);
    },
  );

  it('is seen by a read, and told by it', async () => {
    const { remote, here, old } = await scene('checkout', false);
    REWRITES.reset(remote);
    const run = await here.run('log', '--fetch', '--json');
    expect(run.stderr).toContain(REWRITTEN);
    expect(run.json.repository.rewrites).toMatchObject([{ from: old }]);
    expect(JSON.stringify(run.json.events)).not.toContain('third');
  });

  it('is told by the next command where only the publisher in the background saw it', async () => {
    const { remote, here } = await scene('checkout', true);
    REWRITES.reset(remote);
    const env = { KGIT_PUBLISH_INTERVAL: '10ms' };
    const { kgit } = await import('../support/kgit.js');
    expect((await kgit(here.path, ['publisher'], { env })).stderr).toBe('');
    expect(actions(remote)).toEqual(['first', 'second', 'waiting']);
    // Nobody has read it yet.
    expect((await here.run('log', '--quiet', '--no-fetch')).stderr).toBe('');
    expect((await here.run('log', '--no-fetch')).stderr).toContain(REWRITTEN);
    expect((await here.run('log', '--no-fetch')).stderr).toBe('');
  });

  it('is told to a clone that kgit never fetched into', async () => {
    const remote = leakyState();
    await CLIENTS.checkout(remote).json(...write('first'));
    const here = CLIENTS.checkout(remote);
    REWRITES.reset(remote);
    expect((await here.run('sync')).stderr).toContain(REWRITTEN);
    expect(contains(remote, git(here.path, 'rev-parse', 'main'))).toBe(false);
  });

  it("keeps the user's own commits where they are, and says how to bring them along", async () => {
    const { remote, here } = await scene('checkout', false);
    git(here.path, 'commit', '--quiet', '--allow-empty', '-m', 'mine');
    REWRITES.reset(remote);
    const { stderr } = await here.run('sync');
    expect(stderr).toContain('1 commit of your own');
    const [, remedy = ''] = /git (rebase .+)/.exec(stderr) ?? [];
    git(here.path, ...remedy.replace('rebase', 'rebase --keep-empty').split(' '));
    expect(git(here.path, 'log', '--format=%s', 'origin/main..main')).toBe('mine');
    expect(contains(here.path, git(remote, 'rev-parse', 'main'))).toBe(true);
  });
});

it('a squash of commits of the user: the note says that nothing is lost, and the way', async () => {
  const remote = leakyState();
  const here = CLIENTS.checkout(remote);
  for (const name of ['a', 'b']) {
    git(here.path, 'commit', '--quiet', '--allow-empty', '-m', name);
    const { writeFileSync } = await import('node:fs');
    writeFileSync(`${here.path}/${name}`, name);
    git(here.path, 'add', name);
    git(here.path, 'commit', '--quiet', '-m', `add ${name}`);
  }
  git(here.path, 'push', '--quiet', 'origin', 'main:proposal');
  const tree = git(remote, 'rev-parse', 'proposal^{tree}');
  git(
    remote,
    'update-ref',
    'refs/heads/main',
    git(remote, 'commit-tree', tree, '-p', 'main', '-m', 'squash'),
  );
  const { stderr } = await here.run('sync');
  expect(stderr).toContain('all that they change is there');
  await followRemedy(here, stderr, git(here.path, 'rev-parse', 'main'));
});

it('the table of docs/write-path.md has a row for each rewrite', () => {
  const page = readFileSync(new URL('../../docs/write-path.md', import.meta.url), 'utf8');
  for (const name of Object.keys(REWRITES)) expect(page).toMatch(new RegExp(`^\\| ${name} `, 'm'));
});

describe('a clone of a URL that was thrown away', () => {
  async function thrownAway(isWaiting: boolean, rewrite: RewriteName, isPurged: boolean) {
    const { remote, here, old, operation } = await scene('URL', isWaiting);
    REWRITES[rewrite](remote);
    if (isPurged) git(remote, 'gc', '--quiet', '--prune=now');
    rmSync(join(here.path, 'cache'), { recursive: true });
    return { remote, here, old, operation };
  }

  it('what waits is not put on another history without the word for it', async () => {
    const { remote, here } = await thrownAway(true, 'filter-repo', true);
    await accept(here, remote, 1);
    const run = await here.run('sync', '--accept-rewrite', '--yes', '--json');
    expect(run.json).toMatchObject({ pending: 0, published: [expect.any(String)] });
    expect(actions(remote)).toEqual(['first', 'second', 'third', 'waiting']);
  });

  it.each([
    [false, 'moved'],
    [true, 'unclear'],
  ])('what it published and is not there is told, the server purged: %s', async (isPurged, cause) => {
    const { remote, here, old, operation } = await thrownAway(false, 'reset', isPurged);
    const { json } = await here.run('sync', '--json');
    expect(json.repository.rewrites).toMatchObject([{ from: old, cause, operations: [operation] }]);
    expect(actions(remote)).toEqual(['first', 'second']);
  });
});
