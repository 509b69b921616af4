import { execFile } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ForgeServer, startForge } from '../../support/forge/forge-server.js';
import { bareRepository, cloneOf, git, temporaryFolder } from '../../support/git-fixtures.js';
import { kgit, kgitJson } from '../../support/kgit.js';
import { pathWithKgit } from '../../support/kgit-on-path.js';
import { commitFiles, expectFailure } from '../../support/state-repository.js';

const BRANCH = 'kgit/propose/ada/dep-a';
let remote: string;
let forge: ForgeServer;
let clone: string;
let env: Record<string, string>;

let model: string;
beforeAll(async () => {
  model = bareRepository();
  const first = cloneOf(model);
  await kgitJson(first, ['init', '--deployment', 'dep-a', '--remote', model]);
  await kgitJson(first, [
    'set',
    'deployment.size=10',
    "deployment.note=it is 'old'",
    'deployment.old:={a: 1}',
  ]);
});
beforeEach(async () => {
  remote = join(temporaryFolder(), 'state.git');
  cpSync(model, remote, { recursive: true });
  forge = await startForge(remote, 'github');
  clone = cloneOf(remote);
  git(clone, 'remote', 'set-url', 'origin', forge.url);
  env = { ...forge.env, PATH: pathWithKgit(), KGIT_USER: 'ada' };
  for (const who of ['AUTHOR', 'COMMITTER'])
    Object.assign(env, { [`GIT_${who}_NAME`]: 'ada', [`GIT_${who}_EMAIL`]: 'ada@example.com' });
});
afterEach(() => forge.stop());

/** What a suggestion tells to type. */
const commandOf = (suggestion: string) => suggestion.slice(suggestion.indexOf(': ') + 2);
const sh = (command: string) =>
  promisify(execFile)('sh', ['-c', command], { cwd: clone, env: { ...process.env, ...env } });

/** The proposal and main both change the same three paths, one of which main takes away. */
async function conflicted(): Promise<string[]> {
  const propose = (...words: string[]) => kgitJson(clone, [...words, '--propose'], { env });
  await propose('set', 'deployment.size=12', "deployment.note=it's mine", 'deployment.old.a=2');
  await propose('set', 'kof.on=true');
  const other = cloneOf(remote);
  await kgitJson(other, ['set', 'deployment.size=14', 'deployment.note=their $HOME']);
  await kgitJson(other, ['unset', 'deployment.old']);
  return expectFailure(await kgit(clone, ['resolve', '--json'], { env }), 'CONFLICT', 12).suggestions;
}

/** Sees that a forge can merge the branch without kgit, and that its check passes; gives the merged state. */
async function mergeable(button: 'merge' | 'squash' | 'rebase') {
  const at = cloneOf(remote);
  git(at, 'switch', '--quiet', '--detach', `origin/${BRANCH}`);
  expect(await kgitJson(at, ['validate', '--base', 'origin/main'])).toMatchObject({ total: 0 });
  const forgeSide = cloneOf(remote);
  if (button === 'rebase') {
    git(forgeSide, 'switch', '--quiet', '-c', 'rebased', `origin/${BRANCH}`);
    git(forgeSide, 'rebase', '--quiet', 'main');
    git(forgeSide, 'push', '--quiet', 'origin', 'HEAD:main');
  } else {
    git(
      forgeSide,
      'merge',
      '--quiet',
      ...(button === 'squash' ? ['--squash'] : ['--no-ff', '-m', 'merged']),
      `origin/${BRANCH}`,
    );
    if (button === 'squash') git(forgeSide, 'commit', '--quiet', '-m', 'squashed');
    git(forgeSide, 'push', '--quiet', 'origin', 'main');
  }
  const reader = cloneOf(remote);
  expect((await kgitJson(reader, ['verify'])).total).toBe(0);
  return (await kgitJson(reader, ['get'])).value;
}

describe('the advice of kgit resolve, followed word for word', () => {
  const theirs = { size: 14, note: 'their $HOME' };
  const ours = { size: 12, note: "it's mine", old: { a: 2 } };

  it.each([
    { winner: 'main', button: 'merge' },
    { winner: 'the proposal', button: 'squash' },
  ] as const)('ends at a proposal that $button merges where $winner wins', async ({ winner, button }) => {
    const advice = await conflicted();
    const steps = advice.filter((text) => !text.startsWith('Or '));
    const chosen = winner === 'main' ? steps.filter((text) => !text.includes('is to win')) : steps;
    for (const step of chosen) await sh(commandOf(step));
    const { deployment, kof } = await mergeable(button);
    expect(kof).toEqual({ on: true });
    expect(deployment).toMatchObject(winner === 'main' ? theirs : ours);
    expect(Object.hasOwn(deployment, 'old')).toBe(winner !== 'main');
  });

  it('ends at one that is merged by rebase, where each wins in part', async () => {
    await conflicted();
    const run = await kgit(clone, ['resolve', '--rebase', '--json'], { env });
    const { suggestions } = expectFailure(run, 'CONFLICT', 12);
    for (const step of suggestions.filter((text: string) => !/^Or |is to win/.test(text))) {
      await sh(commandOf(step));
    }
    await kgitJson(clone, ['set', 'deployment.size=12', '--propose', '--proposal-branch', BRANCH], { env });
    const { deployment } = await mergeable('rebase');
    expect(deployment).toMatchObject({ ...theirs, size: 12 });
  });

  it('ends at one that is merged where a whole file is in conflict', async () => {
    await conflicted();
    const hand = cloneOf(remote);
    git(hand, 'switch', '--quiet', BRANCH);
    commitFiles(hand, { 'TEAM.md': 'ours\n' });
    git(hand, 'push', '--quiet', 'origin', BRANCH);
    const main = cloneOf(remote);
    commitFiles(main, { 'TEAM.md': 'theirs\n' });
    git(main, 'push', '--quiet', 'origin', 'main');
    const advice = async () =>
      expectFailure(await kgit(clone, ['resolve', '--json'], { env }), 'CONFLICT', 12)
        .suggestions as string[];
    // git has access of its own.
    git(clone, 'remote', 'set-url', 'origin', forge.url.replace('://', '://ada:right-token@'));
    const [take = ''] = await advice();
    for (const step of (await advice()).filter((text) => text.startsWith('Take '))) await sh(commandOf(step));
    expect(take).toContain('kgit set');
    for (const step of (await advice()).filter((text) => !text.startsWith('Or '))) {
      const done = sh(commandOf(step).replace(/ takes that of .*/, ''));
      // A merge in conflict exits with 1.
      await (step.startsWith('Begin ') ? done.catch(() => undefined) : done);
    }
    expect(await mergeable('merge')).toMatchObject({ deployment: theirs, kof: { on: true } });
    expect(git(remote, 'show', 'main:TEAM.md')).toBe('theirs');
  });
});

describe('the request to merge of a resolved proposal', () => {
  it('says what is left of it, from what main has now; a title that somebody gave it stays', async () => {
    const advice = await conflicted();
    const [made] = forge.proposals;
    expect(made?.title).toBe('deployment.size = 12, +3 more (dep-a)');
    const steps = advice.filter((text) => !/^Or |is to win/.test(text));
    for (const step of steps) await sh(commandOf(step));
    expect(made?.title).toBe('kof.on = true (dep-a)');
    expect(made?.body).toContain('| `kof.on` | – | `true` |');
    expect(made?.body).not.toContain('| `deployment.size` |');
    Object.assign(made ?? {}, { title: 'Ours' });
    await kgitJson(clone, ['set', 'deployment.size=12', '--propose'], { env });
    expect(made?.title).toBe('Ours');
    expect(made?.body).toContain('| `deployment.size` | `14` | `12` |');
    await kgitJson(cloneOf(remote), ['set', 'deployment.other=1']);
    const resolved = await kgitJson(clone, ['resolve'], { env });
    expect(resolved).toMatchObject({ delivery: 'proposed', number: 1 });
    expect(made?.title).toBe('Ours');
  });

  it('is printed where there is no token', async () => {
    await kgitJson(clone, ['set', 'kof.on=true', '--propose'], { env });
    await kgitJson(cloneOf(remote), ['set', 'deployment.other=1']);
    git(clone, 'remote', 'set-url', 'origin', forge.url.replace('://', '://ada:right-token@'));
    const run = await kgit(clone, ['resolve'], { env: { ...env, KGIT_TOKEN: '' } });
    expect(run.code).toBe(0);
    expect(run.stdout).toContain('kof.on = true (dep-a)');
    expect(run.stdout).toContain('| `kof.on` | – | `true` |');
    expect(run.stdout).toContain(`${forge.url.replace(/\.git$/, '')}/compare/main...${BRANCH}?expand=1`);
  });
});
