import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import { bareRepository, cloneOf, git } from '../../support/git-fixtures.js';
import { type KgitRun, kgit, kgitJson } from '../../support/kgit.js';
import { pathWithKgit } from '../../support/kgit-on-path.js';
import { commitFiles, expectFailure } from '../../support/state-repository.js';

const BRANCH = 'kgit/propose/ada/dep-a';
const STATE = 'deployments/dep-a/state.yaml';
const dep = ['--deployment', 'dep-a', '--user', 'ada'];
/** Lines between the changes, so that git merges them. */
const FAR_APART = ['kof:={a: 1, b: 2, c: 3, d: 4}', 'other:={a: 1, b: 2, c: 3, d: 4}', '--create-key'];
const PERSON = Object.fromEntries(
  ['AUTHOR', 'COMMITTER'].flatMap((who) => [
    [`GIT_${who}_NAME`, 'eve'],
    [`GIT_${who}_EMAIL`, 'eve@example.com'],
  ]),
);
let remote: string;
let clone: string;

beforeEach(async () => {
  remote = bareRepository();
  clone = cloneOf(remote);
  await kgitJson(clone, ['init', '--deployment', 'dep-a', '--remote', remote]);
  await kgitJson(clone, ['set', 'deployment.size=10', 'deployment.phase=a', ...FAR_APART, ...dep]);
});

/** What the forge's check of a branch finds; `--base` is the state branch unless it is given. */
function checked(branch = BRANCH, base = 'origin/main', env = {}): Promise<KgitRun> {
  const at = cloneOf(remote);
  git(at, 'switch', '--quiet', '--detach', `origin/${branch}`);
  return kgit(at, ['validate', '--base', base, '--json'], { env });
}
const rules = ({ json }: KgitRun) => json.findings.map(({ rule }: { rule: string }) => rule);

describe('a proposal on a condition', () => {
  it('is checked against what the state branch has when it is merged, other paths included', async () => {
    const conditions = ['--if', 'deployment.phase=a', '--if-absent', 'kof.on', '--propose'];
    await kgitJson(clone, ['set', 'deployment.size=12', ...conditions, ...dep]);
    // The next one builds on the first, and on what it set.
    await kgitJson(clone, ['set', 'deployment.size=13', '--if', 'deployment.size=12', '--propose', ...dep]);
    expect(rules(await checked())).toEqual([]);
    await kgitJson(cloneOf(remote), ['set', '--create-key', 'other.d=5', ...dep]);
    expect(rules(await checked())).toEqual([]);
    await kgitJson(cloneOf(remote), ['set', 'deployment.phase=b', 'kof.on=true', ...dep]);
    const run = await checked();
    expect(run.code).toBe(3);
    expect(rules(run)).toEqual(['precondition', 'precondition']);
    expect(run.json.findings[0].message).toContain('deployment.phase is "b", expected "a"');
  });

  it('is checked in a merge queue against what stands before it there, and after a squash not again', async () => {
    const words = ['set', 'kof.on=true', '--if', 'deployment.phase=a', '--propose', ...dep];
    await kgitJson(clone, words);
    await kgitJson(clone, ['set', 'deployment.phase=b', '--propose', '--proposal-branch', 'first', ...dep]);
    const queue = cloneOf(remote);
    git(queue, 'merge', '--quiet', '--squash', 'origin/first');
    git(queue, 'commit', '--quiet', '-m', 'first');
    const base = git(queue, 'rev-parse', 'HEAD');
    git(queue, 'merge', '--quiet', '--squash', `origin/${BRANCH}`);
    git(queue, 'commit', '--quiet', '-m', 'second');
    expect(rules(await kgit(queue, ['validate', '--base', base, '--json']))).toEqual(['precondition']);
    git(queue, 'push', '--quiet', 'origin', 'HEAD:main');
    git(queue, 'commit', '--quiet', '--allow-empty', '-m', 'later');
    expect(rules(await kgit(queue, ['validate', '--base', 'HEAD~1', '--json']))).toEqual([]);
    expect((await kgitJson(cloneOf(remote), ['verify'])).total).toBe(0);
  });

  it('names a revision in full, and nobody else can give the key', async () => {
    const revision = git(remote, 'rev-parse', 'main');
    await kgitJson(clone, ['set', 'kof.on=true', '--if-revision', 'HEAD', '--propose', ...dep]);
    expect(git(remote, 'grep', '-h', 'unchanged_since', BRANCH)).toContain(revision);
    expect(rules(await checked())).toEqual([]);
    await kgitJson(cloneOf(remote), ['set', '--create-key', 'other.d=5', ...dep]);
    expect(rules(await checked())).toEqual(['precondition']);
    const input = `${JSON.stringify({ subject: 'deployment/dep-a', action: 'noted', proposed_if: [] })}\n`;
    const given = await kgit(clone, ['push-event', '--stdin', '--json'], { input });
    expectFailure(given, 'USAGE', 2);
  });
});

describe('the advice of validate on a proposal', () => {
  it('for a state that was edited by hand ends on the branch of the proposal, followed word for word', async () => {
    git(clone, 'switch', '--quiet', '-c', 'topic');
    const text = git(clone, 'show', `HEAD:${STATE}`);
    commitFiles(clone, { [STATE]: `${text.replace('size: 10', 'size: 12')}\n` });
    git(clone, 'push', '--quiet', 'origin', 'topic');
    const run = await checked('topic', 'origin/main', { GITHUB_HEAD_REF: 'topic' });
    expect(rules(run)).toEqual(['state-without-event']);
    const [, restore = '', again = ''] =
      /^(.*), then make the change with its event: (.*)$/.exec(run.json.findings[0].fix) ?? [];
    expect(again).toBe('kgit set deployment.size:=12 --deployment dep-a --propose --proposal-branch topic');
    const main = git(remote, 'rev-parse', 'main');
    const env = { ...process.env, ...PERSON, PATH: pathWithKgit() };
    for (const command of [restore, again])
      await promisify(execFile)('sh', ['-c', command], { cwd: clone, env });
    expect(git(remote, 'rev-parse', 'main')).toBe(main);
    expect(rules(await checked('topic'))).toEqual([]);
    expect(git(remote, 'show', `topic:${STATE}`)).toContain('size: 12');
  });

  it("for a forge's own Revert is the rollback that takes the change back, followed word for word", async () => {
    await kgitJson(clone, ['set', 'deployment.size=12', 'kof.on=true', '--propose', ...dep]);
    await kgitJson(clone, ['set', 'deployment.size=13', '--propose', ...dep]);
    const forge = cloneOf(remote);
    git(forge, 'merge', '--quiet', '--squash', `origin/${BRANCH}`);
    git(forge, 'commit', '--quiet', '-m', 'Proposal (#1)');
    git(forge, 'push', '--quiet', 'origin', 'HEAD:main');
    await kgitJson(cloneOf(remote), ['set', '--create-key', 'other.d=5', ...dep]);
    git(forge, 'pull', '--quiet');
    git(forge, 'switch', '--quiet', '-c', 'revert-1');
    git(forge, 'revert', '--no-edit', 'HEAD~1');
    git(forge, 'push', '--quiet', 'origin', 'revert-1');
    const run = await checked('revert-1');
    expect(new Set(rules(run))).toEqual(new Set(['event-removed', 'state-without-event']));
    const fixes = new Set<string>(run.json.findings.map(({ fix }: { fix: string }) => fix));
    expect(fixes.size).toBe(1);
    const [fix = ''] = fixes;
    const command = fix.slice(fix.indexOf('kgit rollback'));
    const before = git(remote, 'rev-parse', 'main~2');
    expect(command).toBe(`kgit rollback --to ${before} deployment.size kof.on --deployment dep-a --propose`);
    const env = { ...process.env, ...PERSON, PATH: pathWithKgit(), KGIT_USER: 'eve' };
    await promisify(execFile)('sh', ['-c', command], { cwd: clone, env });
    const branch = 'kgit/propose/eve/dep-a';
    expect(rules(await checked(branch))).toEqual([]);
    const state = git(remote, 'show', `${branch}:${STATE}`);
    expect(state).toContain('size: 10');
    expect(state).toContain('d: 5');
    expect(state).not.toContain('on: true');
  });
});
