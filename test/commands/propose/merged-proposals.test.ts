import { describe, expect, it } from 'vitest';
import { bareRepository, cloneOf, git } from '../../support/git-fixtures.js';
import { kgit, kgitJson } from '../../support/kgit.js';
import { expectFailure } from '../../support/state-repository.js';

/** What a forge's merge button does, in a clone of its own. */
const BUTTONS: Readonly<Record<string, (clone: string) => void>> = {
  merge: (clone) =>
    git(clone, 'merge', '--quiet', '--no-ff', '-m', 'Merge pull request #1', 'origin/proposal'),
  squash: (clone) => {
    git(clone, 'merge', '--quiet', '--squash', 'origin/proposal');
    git(clone, 'commit', '--quiet', '-m', 'Proposal (#1)');
  },
  rebase: (clone) => {
    git(clone, 'switch', '--quiet', '-c', 'rebased', 'origin/proposal');
    git(clone, 'rebase', '--quiet', '--force-rebase', 'main');
    git(clone, 'switch', '--quiet', 'main');
    git(clone, 'merge', '--quiet', '--ff-only', 'rebased');
  },
};

const dep = ['--deployment', 'dep-a'];

async function begun(): Promise<string> {
  const remote = bareRepository();
  const path = cloneOf(remote);
  await kgitJson(path, ['init', '--deployment', 'dep-a', '--remote', remote]);
  await kgitJson(path, ['set', 'deployment.phase=a', ...dep]);
  return remote;
}

describe.each(Object.keys(BUTTONS))('a proposal that a forge took in by %s', (button) => {
  it('keeps log, history, get --at, validate, verify and a retry with the same id working', async () => {
    const remote = await begun();
    const [author, other, forge] = [cloneOf(remote), cloneOf(remote), cloneOf(remote)];
    await kgitJson(other, ['verify']);
    git(author, 'push', '--quiet', 'origin', 'HEAD:refs/heads/proposal');
    const place = ['--repo', `${remote}#proposal`.replace(/^/, 'file://')];
    await kgitJson(author, [
      'set',
      'deployment.phase=b',
      '--user',
      'eve',
      '--reason',
      'why',
      ...dep,
      ...place,
    ]);
    const id = (
      await kgitJson(author, ['push-event', 'touched', '--deployment', 'dep-a', '--notes', 'n', ...place])
    ).id;
    await kgitJson(author, ['set', 'deployment.phase=c', ...dep, ...place]);
    await kgitJson(other, ['set', 'kof.on=true', '--create', '--deployment', 'dep-b']);
    await kgitJson(other, ['push-event', 'touched', '--cluster', 'c1']);
    git(forge, 'pull', '--quiet');
    git(forge, 'fetch', '--quiet');
    (BUTTONS[button] as (clone: string) => void)(forge);
    git(forge, 'push', '--quiet', 'origin', 'main');

    const { events } = await kgitJson(other, ['log', '--fetch']);
    expect(events.map(({ action }: { action: string }) => action)).toHaveLength(7);
    expect(events.map((event: { id: string }) => event.id)).toContain(id);
    const { changes } = await kgitJson(other, ['history', 'deployment.phase', ...dep]);
    expect(changes).toMatchObject([
      { after: 'a' },
      { before: 'a', after: 'b', user: 'eve', reason: 'why', action: 'state_changed' },
      { before: 'b', after: 'c' },
    ]);
    const at = await kgitJson(other, ['get', 'deployment.phase', '--at', changes[1].timestamp, ...dep]);
    expect(at.value).toBe('b');
    const proof = await kgitJson(other, ['verify']);
    expect(proof).toMatchObject({ total: 0, deployments: 2, events: 7 });
    expect(proof.trusted).toMatch(/^[0-9a-f]{40}$/);
    expect((await kgitJson(forge, ['validate', '--base', 'HEAD~1'])).total).toBe(0);
    const again = ['push-event', 'touched', '--deployment', 'dep-a', '--notes', 'n', '--id', id];
    expect((await kgitJson(other, again)).id).toBe(id);
    expectFailure(await kgit(other, [...again, '--reason', 'x', '--json']), 'CONFLICT', 12);
    expect((await kgitJson(other, ['log'])).events).toHaveLength(7);
  });

  it('and kgit resolve brings one to it that was in conflict then', async () => {
    const remote = await begun();
    const clone = cloneOf(remote);
    const propose = (user: string, ...words: string[]) => [
      ...['set', ...words, ...dep, '--user', user, '--propose', '--proposal-branch'],
      user,
    ];
    await kgitJson(clone, propose('ada', 'deployment.phase=b'));
    await kgitJson(clone, propose('eve', 'deployment.created_by=eve', 'kof.on=true'));
    const press = (branch: string) => {
      const forge = cloneOf(remote);
      git(forge, 'update-ref', 'refs/remotes/origin/proposal', `origin/${branch}`);
      (BUTTONS[button] as (clone: string) => void)(forge);
      git(forge, 'push', '--quiet', 'origin', 'main');
    };
    press('ada');
    expect(() => press('eve')).toThrow(/git .*(merge|rebase)/);
    const resolve = ['resolve', 'eve', ...(button === 'rebase' ? ['--rebase'] : [])];
    expect(await kgitJson(clone, resolve)).toMatchObject({ delivery: 'proposed' });
    expect(await kgitJson(clone, resolve)).toMatchObject({ delivery: 'unchanged' });
    press('eve');
    const { value } = await kgitJson(clone, ['get', '--fetch', ...dep]);
    expect(value).toMatchObject({ deployment: { phase: 'b', created_by: 'eve' }, kof: { on: true } });
    const { changes } = await kgitJson(clone, ['history', 'kof.on']);
    expect(changes).toMatchObject([{ after: true, user: 'eve' }]);
    expect((await kgitJson(clone, ['verify'])).total).toBe(0);
    expect((await kgitJson(clone, ['log'])).events).toHaveLength(4);
  });
});
