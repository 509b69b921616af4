import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cloneOf, git } from '../../support/git-fixtures.js';
import { kgit, kgitJson } from '../../support/kgit.js';
import { expectFailure, sharedState, stateRepository } from '../../support/state-repository.js';

const LOCKS = 'refs/kgit/locks';
const TOKENS = '.git/kgit/lock-tokens';

function clones(): { remote: string; one: string; two: string } {
  const remote = sharedState();
  return { remote, one: cloneOf(remote), two: cloneOf(remote) };
}

async function take(path: string, times = 1): Promise<number> {
  let token = 0;
  for (let i = 0; i < times; i++) {
    ({ token } = await kgitJson(path, ['lock', 'network']));
    await kgitJson(path, ['unlock', 'network']);
  }
  return token;
}

describe('a lock ref that somebody deleted at the remote', () => {
  it('goes on above the highest token that the clone saw, of whomever that was', async () => {
    const { remote, one, two } = clones();
    expect(await take(one, 3)).toBe(3);
    // It only looked.
    await kgitJson(two, ['locks']);
    git(remote, 'update-ref', '-d', `${LOCKS}/network`);
    expect(await take(two)).toBe(4);
    expect(await take(one)).toBe(5);
    expect(readdirSync(join(one, TOKENS))).toEqual(['network.5']);
  });

  it('goes on above what another clone began anew, which knew nothing', async () => {
    const { remote, one, two } = clones();
    expect(await take(one, 2)).toBe(2);
    git(remote, 'update-ref', '-d', `${LOCKS}/network`);
    expect(await take(two)).toBe(1);
    expect(await take(one)).toBe(3);
    expect(await take(two)).toBe(4);
  });

  it('goes on above what the branch tells of an ended lease, in a clone that knows nothing', async () => {
    const { remote, one, two } = clones();
    await take(one, 3);
    await kgitJson(one, ['lock', 'network']);
    await kgitJson(two, ['unlock', 'network', '--force', '--reason', 'test']);
    git(remote, 'update-ref', '-d', `${LOCKS}/network`);
    expect(await take(cloneOf(remote))).toBe(5);
  });

  it('does so in a purely local repository, too, and where all notes but one are gone', async () => {
    const path = stateRepository();
    await take(path, 2);
    git(path, 'update-ref', '-d', `${LOCKS}/network`);
    for (const folder of ['leases', 'locks-seen'])
      rmSync(join(path, '.git/kgit', folder), { recursive: true, force: true });
    expect(await take(path)).toBe(3);
  });

  it('is not held back for ever by a token that nobody can have reached', async () => {
    const { remote, one } = clones();
    await take(one);
    const message = git(remote, 'log', '-1', '--format=%B', `${LOCKS}/network`);
    const forged = message.replace('"token": 1', `"token": ${Number.MAX_SAFE_INTEGER}`);
    const forgery = git(remote, 'commit-tree', 'main^{tree}', '-m', forged);
    git(remote, 'update-ref', `${LOCKS}/network`, forgery);
    await kgitJson(one, ['locks']);
    git(remote, 'update-ref', '-d', `${LOCKS}/network`);
    expect(await take(one)).toBe(2);
  });
});

describe('a ref in the place of a lock that holds none', () => {
  /** Every kind of thing that anybody who may push can put there. */
  function spoil(remote: string): Record<string, string> {
    const tree = git(remote, 'rev-parse', 'main^{tree}');
    const blob = git(remote, 'rev-parse', 'main:kgit.yaml');
    const commit = git(remote, 'rev-parse', 'main');
    git(remote, 'tag', '-a', '-m', 'a tag', 'annotated', commit);
    const future = git(remote, 'commit-tree', tree, '-m', 'lock\n\n{"action":"upgrade","name":"future"}');
    const named: Record<string, string> = {
      'a-blob': blob,
      'a-commit': commit,
      'a-tag': git(remote, 'rev-parse', 'annotated'),
      'a-tree': tree,
      'below/a/name': commit,
      future,
      "Not-A-Name;$(touch${IFS}x)'": commit,
    };
    for (const [name, oid] of Object.entries(named)) git(remote, 'update-ref', `${LOCKS}/${name}`, oid);
    return named;
  }

  it.each(['with a remote', 'without one'])('is named, and hides no other: %s', async (how) => {
    const isLocal = how === 'without one';
    const remote = isLocal ? stateRepository() : sharedState();
    const path = isLocal ? remote : cloneOf(remote);
    await kgitJson(path, ['lock', 'network']);
    const spoilt = spoil(remote);
    const { locks, broken } = await kgitJson(path, ['locks']);
    expect(locks).toMatchObject([{ name: 'network', token: 1, here: true }]);
    const refs = broken.map(({ ref }: { ref: string }) => ref).sort();
    expect(refs).toEqual(
      Object.keys(spoilt)
        .map((name) => `${LOCKS}/${name}`)
        .sort(),
    );
    const found = broken.find(({ ref }: { ref: string }) => ref.includes('Not-A-Name'));
    expect(found).toMatchObject({ name: null });
    const people = await kgit(path, ['locks']);
    expect(people.code).toBe(0);
    expect(people.stdout).toContain('network');
    expect(people.stderr).toContain(`not a lock: ${LOCKS}/a-blob: its blob`);
    expect((await kgitJson(path, ['lock', 'other'])).token).toBe(1);
    const error = expectFailure(await kgit(path, ['lock', 'a-tag', '--json']), 'INVALID_STATE', 14);
    const doctor = await kgit(path, ['doctor', '--json']);
    expect(doctor.json.checks).toContainEqual(expect.objectContaining({ name: 'lock-refs', ok: false }));
    // The advice works as it stands, for each of them, in a shell.
    const advice: string[] = [...broken, error].map(
      ({ suggestions }) => /remove it: (git .*)$/m.exec(suggestions.join('\n'))?.[1] ?? '',
    );
    for (const command of new Set(advice)) execFileSync('sh', ['-c', command], { cwd: path, stdio: 'pipe' });
    expect((await kgitJson(path, ['locks'])).broken).toEqual([]);
    expect((await kgitJson(path, ['lock', 'a-tag'])).token).toBe(1);
  });

  it('below the name of a lock is named as what stands in its way', async () => {
    const { remote, one } = clones();
    git(remote, 'update-ref', `${LOCKS}/network/x`, 'main');
    const error = expectFailure(await kgit(one, ['lock', 'network', '--json']), 'INVALID_STATE', 14);
    expect(error.message).toContain(`${LOCKS}/network/x`);
  });
});
