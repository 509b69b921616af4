import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InvalidStateError } from '../../../src/errors.js';
import { MAX_CHAIN } from '../../../src/gitstore/lock/lease-message.js';
import { versionParts } from '../../../src/gitstore/lock/lock-commits.js';
import { renewed } from '../../../src/model/lease/lease.js';
import type { LockTip } from '../../../src/store/port/lease-store.js';
import { count } from '../../support/campaign/size.js';
import { bareRepository, cloneOf, emptyRepository, fsck, git } from '../../support/git-fixtures.js';
import { acquisition, leaseContract } from '../../support/lease-contract.js';
import { openGitStore } from '../../support/open-git-store.js';
import { commit } from '../../support/store-contract.js';

const author = { name: 'Ada', email: 'ada@example.com' };
const MS = 20_000;
/** Enough to come to a chain's 64th commit twice, which a test says it has come to. */
const RENEWALS = count('CAMPAIGN_RENEWALS', 6, 200);
const REF = 'refs/kgit/locks/network';
const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';
const addressOf = (target: string) => target.slice(0, target.lastIndexOf('#'));

leaseContract('GitStore with a remote', {
  open: () => openGitStore(cloneOf(bareRepository()), 'origin'),
  another: (store) => openGitStore(cloneOf(addressOf(store.target)), 'origin'),
});
leaseContract('GitStore without a remote', {
  open: () => openGitStore(emptyRepository()),
  another: (store) => openGitStore(addressOf(store.target).replace(/\/\.git$/, '')),
});

/** An executable hook of a bare repository. */
function hook(remote: string, name: string, script: string): void {
  writeFileSync(join(remote, 'hooks', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

/** The tip of a chain that has come to its 64th commit. */
const atItsLongest = (tip: LockTip): LockTip => ({
  ...tip,
  version: tip.version.replace(/#\d+$/, `#${MAX_CHAIN}`),
});

async function takenLock(remote: string, name = 'network') {
  const path = cloneOf(remote);
  const store = await openGitStore(path, 'origin');
  const records = [acquisition(null, name)];
  const outcome = await store.leases.move({ name, from: null, records, author }, MS);
  if (outcome.kind !== 'swapped') throw new Error(outcome.kind);
  return { path, store, tip: outcome.tip };
}

describe('trap A: a push of the same commit to a ref that is there is no success', () => {
  it('git says so with exit code 0; kgit does not', async () => {
    const remote = bareRepository();
    const [one, two] = [cloneOf(remote), cloneOf(remote)];
    // The naive locker: two machines make the same commit, and each believes exit code 0.
    process.env['GIT_AUTHOR_DATE'] = process.env['GIT_COMMITTER_DATE'] = '2025-07-11T14:30:00Z';
    const oids = [one, two].map((path) => git(path, 'commit-tree', '-m', 'lock', EMPTY_TREE));
    delete process.env['GIT_AUTHOR_DATE'];
    delete process.env['GIT_COMMITTER_DATE'];
    const naive = [one, two].map((path, i) =>
      git(
        path,
        'push',
        '--porcelain',
        '--force-with-lease=refs/kgit/naive:',
        'origin',
        `${oids[i]}:refs/kgit/naive`,
      ),
    );
    expect(naive[0]).toContain('*\t');
    expect(naive[1]).toContain('=\t');
    // kgit, even with the very same record: both would have won by exit code.
    const [a, b] = [await openGitStore(one, 'origin'), await openGitStore(two, 'origin')];
    const move = { name: 'network', from: null, records: [acquisition(null)], author };
    expect((await a.leases.move(move, MS)).kind).toBe('swapped');
    expect(git(remote, 'rev-parse', REF)).toMatch(/^[0-9a-f]{40}$/);
    expect((await b.leases.move(move, MS)).kind).toBe('moved');
    await Promise.all([a.close(), b.close()]);
  });
});

describe('trap B: a lock that does not change is not sent, so the server does not check it', () => {
  it('a naive atomic push lands after the lock was taken over; that of kgit does not', async () => {
    const remote = bareRepository();
    const { path, store, tip } = await takenLock(remote);
    await store.swap(null, [commit({ a: '1' })], MS);
    const base = (await store.head()).revision as string;
    const { oid } = versionParts(tip);
    // Between the advertisement of refs and the push, somebody else takes the lock: the hook is that moment.
    const taken = git(path, 'commit-tree', '-m', 'taken over', EMPTY_TREE);
    git(path, 'push', '--quiet', 'origin', `${taken}:refs/heads/parked`);
    hook(remote, 'pre-receive', `unset GIT_QUARANTINE_PATH\ngit update-ref ${REF} ${taken}`);
    const next = git(path, 'commit-tree', '-p', base, '-m', 'stale', `${base}^{tree}`);
    const refspecs = [`${next}:refs/heads/main`, `${oid}:${REF}`];
    const leases = [`--force-with-lease=${REF}:${oid}`];
    git(path, 'push', '--atomic', ...leases, 'origin', ...refspecs);
    expect(git(remote, 'rev-parse', 'main')).toBe(next);
    expect(git(remote, 'rev-parse', REF)).toBe(taken);
    // The same moment for kgit.
    git(remote, 'update-ref', 'refs/heads/main', base);
    git(remote, 'update-ref', REF, oid);
    const renewal = {
      ...{ name: 'network', from: tip, author },
      records: [renewed(tip.record, tip.record.at + 1)],
    };
    const outcome = await store.swap(base, [commit({ a: '2' })], MS, [renewal]);
    expect(outcome).toEqual({ kind: 'fenced', names: ['network'] });
    expect(git(remote, 'rev-parse', 'main')).toBe(base);
    expect(git(remote, 'rev-parse', REF)).toBe(taken);
    await store.close();
  });
});

describe('lock refs', () => {
  it('are a chain of commits that git finds nothing wrong with, trimmed to a new root', async () => {
    const remote = bareRepository();
    const { path, store, tip } = await takenLock(remote);
    const next = tip.record.at + 1;
    const one = await store.leases.move(
      { name: 'network', from: tip, records: [renewed(tip.record, next)], author },
      MS,
    );
    expect(one.kind).toBe('swapped');
    expect(git(remote, 'rev-list', '--count', REF)).toBe('2');
    const from = atItsLongest(one.kind === 'swapped' ? one.tip : tip);
    await store.leases.move({ name: 'network', from, records: [renewed(tip.record, next)], author }, MS);
    expect(git(remote, 'rev-list', '--count', REF)).toBe('1');
    expect(git(remote, 'log', '-1', '--format=%an %s', REF)).toMatch(
      /^Ada lock network: renewed by ada@here, token 1$/,
    );
    await store.swap(null, [commit({ a: '1' })], MS);
    for (const repository of [remote, path]) fsck(repository);
    await store.close();
  });

  it.each([
    // git itself holds branches alone to it.
    [
      'receive.denyNonFastForwards',
      (remote: string) => git(remote, 'config', 'receive.denyNonFastForwards', 'true'),
      false,
    ],
    [
      'an update hook',
      (remote: string) =>
        hook(remote, 'update', 'case "$2" in *[!0]*) git merge-base --is-ancestor "$2" "$3";; esac'),
      true,
    ],
  ])(
    'go on beyond their 64th commit where %s lets no ref go back, and keep the chain there',
    async (_name, refuse, isKept) => {
      const remote = bareRepository();
      refuse(remote);
      const { path, store, tip: first } = await takenLock(remote);
      await store.swap(null, [commit({ a: '1' })], MS);
      let base = (await store.head()).revision as string;
      // As a chain is that has come to its 64th commit.
      let tip = atItsLongest(first);
      let at = tip.record.at;
      for (let i = 0; i < RENEWALS; i++) {
        const records = [renewed(tip.record, ++at)];
        const move = { name: 'network', from: tip, records, author };
        if (i % 2 === 0) {
          const outcome = await store.leases.move(move, MS);
          if (outcome.kind !== 'swapped') throw new Error(`${i}: ${outcome.kind}`);
          tip = outcome.tip;
        } else {
          const outcome = await store.swap(base, [commit({ a: `${i}` })], MS, [move]);
          if (outcome.kind !== 'swapped') throw new Error(`${i}: ${outcome.kind}`);
          tip = outcome.locks?.get('network') as LockTip;
          base = outcome.revisions[0] as string;
        }
        if (i === 1) tip = atItsLongest(tip);
      }
      const note = join(path, '.git/kgit/locks-not-rewound');
      expect(existsSync(note)).toBe(isKept);
      const length = Number(git(remote, 'rev-list', '--count', REF));
      if (isKept) expect(length).toBe(RENEWALS + 1);
      else expect(length).toBeLessThanOrEqual(MAX_CHAIN);
      expect(await store.leases.read('network', MS)).toMatchObject({ version: tip.version });
      await store.close();
    },
  );

  it.each([
    [
      'an update hook',
      (remote: string) => hook(remote, 'update', 'case "$1" in refs/heads/*) ;; *) exit 1;; esac'),
    ],
    ['receive.hideRefs', (remote: string) => git(remote, 'config', 'receive.hideRefs', 'refs/kgit')],
    ['transfer.hideRefs', (remote: string) => git(remote, 'config', 'transfer.hideRefs', 'refs/kgit')],
  ])(
    'that %s refuses are created nowhere else, unless the branch says so to everybody',
    async (_name, refuse) => {
      const remote = bareRepository();
      refuse(remote);
      await expect(takenLock(remote)).rejects.toThrow('refused');
      expect(git(remote, 'for-each-ref')).toBe('');
      const store = await openGitStore(cloneOf(remote), 'origin');
      await store.swap(null, [commit({ 'kgit.yaml': 'settings:\n  locks: branches\n' })], MS);
      expect(await store.leases.read('network', MS)).toBeNull();
      const records = [acquisition(null)];
      const outcome = await store.leases.move({ name: 'network', from: null, records, author }, MS);
      if (outcome.kind !== 'swapped') throw new Error(outcome.kind);
      const { tip } = outcome;
      expect(tip.version).toMatch(/^refs\/heads\/kgit\/locks\/network@/);
      const other = await openGitStore(cloneOf(remote), 'origin');
      expect(await other.leases.read('network', MS)).toEqual(tip);
      const renewal = [renewed(tip.record, tip.record.at + 1)];
      const move = { name: 'network', from: tip, records: renewal, author };
      expect((await other.leases.move(move, MS)).kind).toBe('swapped');
      expect((await store.leases.move(move, MS)).kind).toBe('moved');
      await Promise.all([store.close(), other.close()]);
    },
  );

  it('let no write land from a tip that keeps locks elsewhere, nor from one before it', async () => {
    const remote = bareRepository();
    const { store, tip } = await takenLock(remote);
    await store.swap(null, [commit({ a: '1' })], MS);
    const before = (await store.head()).revision as string;
    const renewal = [renewed(tip.record, tip.record.at + 1)];
    const move = { name: 'network', from: tip, records: renewal, author };
    const other = await openGitStore(cloneOf(remote), 'origin');
    await other.swap(before, [commit({ 'kgit.yaml': 'settings:\n  locks: branches\n' })], MS);
    expect((await store.swap(before, [commit({ a: '2' })], MS, [move])).kind).toBe('moved');
    const after = (await store.refresh(MS)).revision as string;
    const outcome = await store.swap(after, [commit({ a: '2' })], MS, [move]);
    expect(outcome).toEqual({ kind: 'fenced', names: ['network'] });
    expect(git(remote, 'rev-parse', 'main')).toBe(after);
    expect(await store.leases.read('network', MS)).toMatchObject({ stray: { isMisplaced: true } });
    await Promise.all([store.close(), other.close()]);
  });

  it('are refused where nothing is let in, and where a server moves no refs together', async () => {
    const closed = bareRepository();
    hook(closed, 'pre-receive', 'exit 1');
    await expect(takenLock(closed)).rejects.toThrow('refused');
    const single = bareRepository();
    git(single, 'config', 'receive.advertiseAtomic', 'false');
    await expect(takenLock(single)).rejects.toThrow('refused');
    expect(git(single, 'for-each-ref')).toBe('');
  });

  it('hold no commit of others: what stands there instead is told, and no lock', async () => {
    const remote = bareRepository();
    const path = cloneOf(remote);
    const store = await openGitStore(path, 'origin');
    const oid = git(path, 'commit-tree', '-m', 'mine\n\n{"action":"acquire"}', EMPTY_TREE);
    git(path, 'push', '--quiet', 'origin', `${oid}:${REF}`);
    await expect(store.leases.read('network', MS)).rejects.toThrow(InvalidStateError);
    git(path, 'push', '--quiet', 'origin', `${oid}:refs/kgit/locks/Not-A-Name`);
    expect(await store.leases.read('other', MS)).toBeNull();
    await store.close();
  });
});
