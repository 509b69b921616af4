import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bareRepository, cloneOf, fsck, git, temporaryFolder } from '../../support/git-fixtures.js';
import { kgit, kgitJson, PROGRAM } from '../../support/kgit.js';
import { expectFailure } from '../../support/state-repository.js';

const REFS = 'refs/kgit/locks';
const BRANCHES = 'refs/heads/kgit/locks';
const BRANCHES_ALONE = 'case "$1" in refs/heads/*) ;; *) echo "branches only" >&2; exit 1;; esac';
const PUSH = ['push-event', 'touched', '--cluster', 'prod'];
const json = (path: string, ...args: string[]) => kgit(path, [...args, '--json']);
const refsOf = (remote: string) => git(remote, 'for-each-ref', '--format=%(refname)').split('\n');

function hook(remote: string, name: string, script: string): void {
  writeFileSync(join(remote, 'hooks', name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(remote, 'hooks', name), 0o755);
}

/** A repository that kgit init has laid out at a remote, and a second clone of it. */
async function laidOut(prepare: (remote: string) => void = () => undefined) {
  const remote = bareRepository();
  prepare(remote);
  const one = join(temporaryFolder(), 'one');
  const init = await kgit('.', ['init', one, '--remote', remote, '--json']);
  return { remote, one, two: cloneOf(remote), init };
}

/** Writes a setting into kgit.yaml and publishes it, as a person does with git. */
function setPlace(clone: string, place: string): void {
  git(clone, 'pull', '--quiet', '--rebase', 'origin', 'main');
  const path = join(clone, 'kgit.yaml');
  const text = readFileSync(path, 'utf8').replace(/^settings:[^#]*$/m, `settings:\n  locks: ${place}\n`);
  writeFileSync(path, text);
  git(clone, 'commit', '--quiet', '-am', `locks: ${place}`);
  git(clone, 'push', '--quiet', 'origin', 'HEAD:main');
}

/** What a kgit of before the setting did: the lock of one clone lies among the branches, that of another in the refs. */
async function heldTwice() {
  const { remote, one, two } = await laidOut();
  await kgitJson(one, ['lock', 'network']);
  const ref = git(remote, 'rev-parse', `${REFS}/network`);
  git(remote, 'update-ref', '-d', `${REFS}/network`);
  rmSync(join(two, '.git/kgit/lock-tokens'), { recursive: true, force: true });
  await kgitJson(two, ['lock', 'network']);
  git(remote, 'update-ref', `${BRANCHES}/network`, ref);
  return { remote, one, two };
}

describe('a lock that cannot be created', () => {
  it('has one holder, whoever got it while the creation failed', async () => {
    const { remote, one, two } = await laidOut();
    const [flag, log] = [join(temporaryFolder(), 'flag'), join(temporaryFolder(), 'log')];
    const alone =
      'env -u GIT_DIR -u GIT_QUARANTINE_PATH -u GIT_OBJECT_DIRECTORY -u GIT_ALTERNATE_OBJECT_DIRECTORIES';
    const other = `${alone} ${process.execPath} ${PROGRAM} lock network --repo ${two} >${log} 2>&1`;
    hook(
      remote,
      'pre-receive',
      `[ -e ${flag} ] || exit 0\nrm ${flag}\n${other}\necho "internal service unreachable" >&2\nexit 1`,
    );
    writeFileSync(flag, '');
    expectFailure(await json(one, 'lock', 'network'), 'LOCK_HELD', 11);
    expect(refsOf(remote)).toEqual(['refs/heads/main', `${REFS}/network`]);
    expectFailure(await json(one, ...PUSH, '--lock', 'network'), 'LOCK_HELD', 11);
    expect(await kgitJson(two, [...PUSH, '--lock', 'network'])).toMatchObject({ delivery: 'published' });
  });

  it('is nowhere, and its refusal has the words of the server and what to run', async () => {
    const { remote, one } = await laidOut();
    hook(remote, 'update', BRANCHES_ALONE);
    const failed = expectFailure(await json(one, 'lock', 'network'), 'REFUSED', 20);
    expect(failed.message).toContain('branches only');
    expect(failed.suggestions.join()).toMatch(/kgit init/);
    expect(failed.suggestions.join()).not.toMatch(/sync|outbox/);
    expect(refsOf(remote)).toEqual(['refs/heads/main']);
    // What it advises leads to the end.
    await kgitJson(one, ['init', one]);
    await kgitJson(one, ['lock', 'network']);
    expect(refsOf(remote)).toEqual([`${BRANCHES}/network`, 'refs/heads/main']);
  });
});

describe('kgit init', () => {
  it('proves the usual place, and leaves nothing of it behind', async () => {
    const { remote, one, init } = await laidOut();
    expect(init.code).toBe(0);
    expect(init.stderr).toBe('');
    expect(refsOf(remote)).toEqual(['refs/heads/main']);
    expect(git(one, 'show', 'main:kgit.yaml')).not.toContain('locks:');
    expect(git(one, 'rev-list', '--count', 'main')).toBe('1');
  });

  it('writes down the branches where the server takes no other refs, for everybody', async () => {
    const { remote, one, two, init } = await laidOut((path) => hook(path, 'update', BRANCHES_ALONE));
    expect(init.json).toMatchObject({ added: expect.arrayContaining(['kgit.yaml']) });
    expect(init.stderr).toContain('the remote refuses refs/kgit/locks/');
    expect(git(one, 'show', 'main:kgit.yaml')).toMatch(/^settings:\n {2}locks: branches$/m);
    expect(refsOf(remote)).toEqual(['refs/heads/main']);
    await kgitJson(one, ['lock', 'network']);
    expect(refsOf(remote)).toEqual([`${BRANCHES}/network`, 'refs/heads/main']);
    expectFailure(await json(two, 'lock', 'network'), 'LOCK_HELD', 11);
    await kgitJson(one, [...PUSH, '--lock', 'network']);
    expect((await kgitJson(two, ['locks'])).place).toBe(`${BRANCHES}/`);
    // The clone is behind by the write of the other one: doctor looks at locks all the same.
    const { checks } = (await json(two, 'doctor')).json;
    const check = checks.find(({ name }: { name: string }) => name === 'locks');
    expect(check).toMatchObject({ ok: true });
    expect(check.detail).toBe(`they lie in ${BRANCHES}/ (1 there); kgit.yaml: locks: branches`);
    await kgitJson(two, ['unlock', 'network', '--force']);
    expectFailure(await json(one, ...PUSH, '--lock', 'network'), 'FENCED', 13);
    for (const repository of [remote, one, two]) fsck(repository);
  });

  it.each(['receive', 'transfer'])('does so where %s.hideRefs hides them', async (section) => {
    const { one } = await laidOut((path) => git(path, 'config', `${section}.hideRefs`, 'refs/kgit'));
    expect(git(one, 'show', 'main:kgit.yaml')).toContain('locks: branches');
  });

  it('decides nothing by a server that fails once, or that takes no lock at all', async () => {
    const flag = join(temporaryFolder(), 'flag');
    writeFileSync(flag, '');
    const once = `case "$1" in refs/kgit/*) [ -e ${flag} ] && rm ${flag} && exit 1;; esac; exit 0`;
    const shaky = await laidOut((path) => hook(path, 'update', once));
    expect(git(shaky.one, 'show', 'main:kgit.yaml')).not.toContain('locks:');
    const closed = await laidOut((path) => hook(path, 'update', '[ "$1" = refs/heads/main ]'));
    expect(closed.init.code).toBe(0);
    expect(closed.init.stderr).toContain('no lock can be taken there');
    expect(git(closed.one, 'show', 'main:kgit.yaml')).not.toContain('locks:');
  });

  it('moves no lock that somebody holds', async () => {
    const { remote, one, two } = await laidOut();
    await kgitJson(two, ['lock', 'network']);
    hook(remote, 'update', BRANCHES_ALONE);
    const again = await kgit(one, ['init', one, '--json']);
    expect(again.stderr).toContain('but lock network is held in refs/kgit/locks/');
    expect(git(remote, 'show', 'main:kgit.yaml')).not.toContain('locks:');
  });

  it('writes down where locks of before the setting lie; until then doctor says so, and they are used there', async () => {
    const { remote, one, two } = await laidOut();
    await kgitJson(one, ['lock', 'network']);
    hook(remote, 'update', BRANCHES_ALONE);
    git(remote, 'update-ref', `${BRANCHES}/network`, `${REFS}/network`);
    git(remote, 'update-ref', '-d', `${REFS}/network`);
    expectFailure(await json(two, 'lock', 'network'), 'LOCK_HELD', 11);
    const doctor = async (path = two) =>
      (await json(path, 'doctor')).json.checks.find(({ name }: { name: string }) => name === 'locks');
    expect(await doctor()).toMatchObject({ ok: false, fix: expect.stringContaining('kgit init') });
    await kgitJson(two, ['unlock', 'network', '--force', '--reason', 'gone']);
    expect(await kgitJson(two, ['lock', 'network'])).toMatchObject({ token: 2 });
    expect(refsOf(remote)).toEqual([`${BRANCHES}/network`, 'refs/heads/main']);
    await kgitJson(two, ['init', two]);
    expect(git(remote, 'show', 'main:kgit.yaml')).toContain('locks: branches');
    expect(await doctor()).toMatchObject({ ok: true });
    // What a clone that is behind has of the settings may be out of date.
    const behind = await doctor(one);
    expect(behind).toMatchObject({ ok: false, fix: expect.stringContaining('kgit sync') });
    expect(behind.detail).toContain('this clone is behind');
    await kgitJson(one, ['sync']);
    expect(await doctor(one)).toMatchObject({ ok: true });
  });
});

describe('a place that the settings change', () => {
  it('fences every write of a lease in the old one, and new locks wait for it', async () => {
    const { remote, one, two } = await laidOut();
    await kgitJson(one, ['lock', 'network']);
    setPlace(two, 'branches');
    const fenced = expectFailure(await json(one, ...PUSH, '--lock', 'network'), 'FENCED', 13);
    expect(fenced.message).toContain('refs/kgit/locks/, where this repository keeps no locks');
    expectFailure(await json(two, 'lock', 'network'), 'LOCK_HELD', 11);
    expect((await kgitJson(two, ['locks'])).broken).toMatchObject([
      { name: 'network', ref: `${REFS}/network` },
    ]);
    await kgitJson(one, ['unlock', 'network']);
    expect(await kgitJson(two, ['lock', 'network'])).toMatchObject({ token: 2 });
    expect(refsOf(remote)).toEqual([`${BRANCHES}/network`, 'refs/heads/main', `${REFS}/network`]);
    expect(await kgitJson(two, [...PUSH, '--lock', 'network'])).toMatchObject({ delivery: 'published' });
  });

  it('that is none is told as a broken file', async () => {
    const { one, two } = await laidOut();
    setPlace(two, 'elsewhere');
    expectFailure(await json(one, 'lock', 'network'), 'INVALID_STATE', 14);
  });
});

describe('a lock that is held twice', () => {
  it('is written under by nobody, is told, and is freed by force', async () => {
    const { one, two } = await heldTwice();
    for (const clone of [one, two]) {
      const failed = expectFailure(await json(clone, ...PUSH, '--lock', 'network'), 'FENCED', 13);
      expect(failed.message).toContain(`${REFS}/`);
      expect(failed.message).toContain(`${BRANCHES}/`);
    }
    const held = expectFailure(
      await json(cloneOf(git(one, 'remote', 'get-url', 'origin')), 'lock', 'network'),
      'LOCK_HELD',
      11,
    );
    expect(held.message).toContain('is held twice');
    expect((await kgitJson(two, ['locks'])).broken).toMatchObject([
      { problem: expect.stringContaining('held twice') },
    ]);
    await kgitJson(two, ['unlock', 'network', '--force', '--reason', 'twice']);
    await kgitJson(two, ['unlock', 'network', '--force', '--reason', 'twice']);
    expect((await kgitJson(two, ['locks'])).broken).toEqual([]);
    await kgitJson(one, ['lock', 'network']);
    expect(await kgitJson(one, [...PUSH, '--lock', 'network'])).toMatchObject({ delivery: 'published' });
  });
});
