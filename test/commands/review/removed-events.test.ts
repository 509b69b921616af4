import { execFileSync } from 'node:child_process';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  bareRepository,
  cloneOf,
  copyOf,
  git,
  type RemoteAndClone,
  temporaryFolder,
} from '../../support/git-fixtures.js';
import { type KgitRun, kgit, kgitJson } from '../../support/kgit.js';
import { commitFiles } from '../../support/state-repository.js';

interface Finding {
  readonly rule: string;
  readonly severity: string;
  readonly path: string | null;
  readonly message: string;
  readonly fix: string | null;
}

const MONTH = 'clusters/default/kcm-system/prod/events/2025-07';
const TIMES = ['2025-07-01T00:00:00Z', '2025-07-02T00:00:00Z', '2025-07-03T00:00:00Z'];

type Published = RemoteAndClone & { readonly files: readonly string[] };
let model: Published | undefined;

/** A remote that two writers publish to, with three events of one month; the paths of the events' files. */
async function published(): Promise<Published> {
  model ??= await publish();
  return { ...copyOf(model), files: model.files };
}

async function publish(): Promise<Published> {
  const remote = bareRepository();
  const path = cloneOf(remote);
  await kgitJson(path, ['init', '--remote', remote, '--deployment', 'dep-a']);
  const files: string[] = [];
  for (const time of TIMES) files.push((await push(path, time)).path);
  return { remote, path, files };
}

const push = (path: string, time: string) =>
  kgitJson(path, ['push-event', 'noted', '--cluster', 'prod', '--timestamp', time]);

function commit(path: string, message: string): string {
  git(path, 'commit', '--quiet', '--all', '--allow-empty', '-m', message);
  git(path, 'push', '--quiet', 'origin', 'HEAD:main');
  return git(path, 'rev-parse', 'HEAD');
}

/** What both checks find in a clone that never saw the repository before. */
async function foundIn(remote: string): Promise<{ findings: Finding[]; code: number | null }> {
  const runs: KgitRun[] = [];
  for (const command of ['validate', 'verify']) runs.push(await kgit(cloneOf(remote), [command, '--json']));
  const [validated, verified] = runs as [KgitRun, KgitRun];
  expect(verified.json.findings).toEqual(validated.json.findings);
  expect(verified.code).toBe(validated.code);
  return { findings: verified.json.findings, code: verified.code };
}

/** Runs the git command that a fix begins with, as its reader would. */
function follow(path: string, { fix }: Finding): void {
  const command = /git checkout [^;]*/.exec(fix ?? '')?.[0];
  expect(command).toBeDefined();
  execFileSync('sh', ['-c', command as string], { cwd: path });
}

describe('an event that a commit took away', () => {
  it('is found in a clone that never saw it, with who did it, and comes back by the command that is named', async () => {
    const { remote, path, files } = await published();
    git(path, 'rm', '--quiet', files[1] as string);
    const revision = commit(path, 'tidy up');
    await push(path, '2025-07-04T00:00:00Z');
    const { findings, code } = await foundIn(remote);
    expect(code).toBe(3);
    expect(findings).toMatchObject([{ rule: 'event-removed', severity: 'error', path: files[1] }]);
    const author = git(path, 'log', '-1', '--format=%an', revision);
    const date = git(path, 'log', '-1', '--format=%cI', revision);
    expect(findings[0]?.message).toBe(
      `a published event is missing since commit ${revision.slice(0, 12)} of ${author}, ${date}`,
    );
    const other = cloneOf(remote);
    follow(other, findings[0] as Finding);
    commit(other, 'put it back');
    expect(await foundIn(remote)).toMatchObject({ findings: [], code: 0 });
  });

  it('is named so that its path is one word of a shell, whatever it is called', async () => {
    const { remote, path, files } = await published();
    const name = `${files[0]?.slice(MONTH.length + 1).slice(0, 26)}-a; touch pwned; .yaml`;
    commitFiles(path, { [`${MONTH}/${name}`]: 'id: x\n' });
    git(path, 'rm', '--quiet', `${MONTH}/${name}`);
    commit(path, 'gone');
    const { findings } = await foundIn(remote);
    expect(findings).toMatchObject([{ rule: 'event-removed' }]);
    expect(findings[0]?.fix).toContain(` -- '${MONTH}/${name}'; then`);
  });

  it('is found where a merge took it away, or the branch that it brought', async () => {
    const { remote, path, files } = await published();
    git(path, 'switch', '--quiet', '-c', 'side', 'HEAD~1');
    git(path, 'rm', '--quiet', files[0] as string);
    git(path, 'commit', '--quiet', '-m', 'on a side');
    git(path, 'switch', '--quiet', 'main');
    git(path, 'merge', '--quiet', '--no-ff', '--no-commit', 'side');
    git(path, 'rm', '--quiet', '--force', files[2] as string);
    const revision = commit(path, 'merge');
    const { findings } = await foundIn(remote);
    expect(findings.map(({ path: file }) => file)).toEqual([files[0], files[2]]);
    for (const { message } of findings) expect(message).toContain(revision.slice(0, 12));
  });

  it('is found where it lay in a sealed month, and the month comes back', async () => {
    const { remote, path, files } = await published();
    await kgitJson(path, ['compact', '--before', '2025-08-01']);
    expect(await foundIn(remote)).toMatchObject({ findings: [], code: 0 });
    const sealed = join(path, `${MONTH}.yaml`);
    const [head, first, , third] = readFileSync(sealed, 'utf8').split(/(?=^ {2}- id: )/m);
    writeFileSync(sealed, `${head}${first}${third}`);
    commit(path, 'shorten');
    const { findings } = await foundIn(remote);
    expect(findings).toMatchObject([{ rule: 'event-removed', path: files[1] }]);
    follow(path, findings[0] as Finding);
    commit(path, 'put it back');
    expect(await foundIn(remote)).toMatchObject({ findings: [], code: 0 });
  });

  it('says so where the month was sealed again meanwhile, so that the file of then has not all', async () => {
    const { remote, path, files } = await published();
    await kgitJson(path, ['compact', '--before', '2025-08-01']);
    const sealed = join(path, `${MONTH}.yaml`);
    const [head, first, , third] = readFileSync(sealed, 'utf8').split(/(?=^ {2}- id: )/m);
    writeFileSync(sealed, `${head}${first}${third}`);
    commit(path, 'shorten');
    await push(path, '2025-07-09T00:00:00Z');
    await kgitJson(path, ['compact', '--before', '2025-08-01']);
    const { findings } = await foundIn(remote);
    expect(findings).toMatchObject([{ path: files[1], fix: expect.stringMatching(/by hand: git diff/) }]);
  });

  it('is accepted by a later commit that says so: a warning, which names both', async () => {
    const { remote, path, files } = await published();
    git(path, 'rm', '--quiet', files[1] as string);
    const revision = commit(path, 'a leaked value');
    expect((await foundIn(remote)).findings[0]?.fix).toContain(`Kgit-Accepts-Removal: ${revision}`);
    const accepting = commit(path, `Meant\n\nKgit-Accepts-Removal: ${revision}`);
    const { findings, code } = await foundIn(remote);
    expect(code).toBe(0);
    expect(findings).toMatchObject([{ severity: 'warning', path: files[1], fix: null }]);
    expect(findings[0]?.message).toContain(revision.slice(0, 12));
    expect(findings[0]?.message).toContain(accepting.slice(0, 12));
  });
});

describe('an event that a commit edited', () => {
  it.each([false, true])('is found, be it sealed since: %s', async (isSealed) => {
    const { remote, path, files } = await published();
    const file = join(path, files[1] as string);
    writeFileSync(file, `${readFileSync(file, 'utf8')}notes: forged\n`);
    const revision = commit(path, 'a better story');
    if (isSealed) await kgitJson(path, ['compact', '--before', '2025-08-01']);
    const { findings, code } = await foundIn(remote);
    expect(code).toBe(3);
    expect(findings).toMatchObject([{ rule: 'event-changed', path: files[1] }]);
    expect(findings[0]?.message).toContain(`has changed since commit ${revision.slice(0, 12)}`);
    if (isSealed) return;
    follow(path, findings[0] as Finding);
    commit(path, 'as it was');
    expect(await foundIn(remote)).toMatchObject({ findings: [], code: 0 });
  });
});

describe('what is well', () => {
  it('is a month that was sealed, and sealed again with late events', async () => {
    const { remote, path } = await published();
    await kgitJson(path, ['compact', '--before', '2025-08-01']);
    await push(path, '2025-07-09T00:00:00Z');
    await kgitJson(path, ['compact', '--before', '2025-08-01']);
    expect(await foundIn(remote)).toMatchObject({ findings: [], code: 0 });
  });
});

describe('kgit verify', () => {
  it('looks behind the revision that it verified before, and finds what came and went since', async () => {
    const { path, files } = await published();
    const first = (await kgit(path, ['verify', '--json'])).json;
    expect(first).toMatchObject({ total: 0, history: { from: null, isComplete: true } });
    expect(first.history.commits).toBe(Number(git(path, 'rev-list', '--count', 'HEAD')));
    const again = (await kgit(path, ['verify', '--json'])).json;
    expect(again.history).toEqual({ from: again.trusted, commits: 0, isComplete: true });
    const { path: late } = await push(path, '2025-07-09T00:00:00Z');
    git(path, 'rm', '--quiet', late, files[0] as string);
    commit(path, 'gone again');
    const run = await kgit(path, ['verify', '--json']);
    expect(run.code).toBe(3);
    expect(run.json.history).toMatchObject({ from: again.trusted, commits: 2 });
    expect(run.json.findings.map(({ path: file }: Finding) => file).sort()).toEqual([files[0], late].sort());
    expect((await kgit(path, ['validate', '--json'])).json).toMatchObject({
      total: 2,
      history: { from: again.trusted },
    });
  });

  it('says what a shallow clone does not have, trusts nothing then, and finds it once the history is there', async () => {
    const { remote, path, files } = await published();
    git(path, 'rm', '--quiet', files[1] as string);
    commit(path, 'tidy up');
    await push(path, '2025-07-09T00:00:00Z');
    const shallow = temporaryFolder();
    git('.', 'clone', '--quiet', '--depth=1', `file://${remote}`, shallow);
    for (const command of ['verify', 'validate', 'verify']) {
      const run = await kgit(shallow, [command, '--json']);
      expect(run.code).toBe(0);
      expect(run.json.findings).toMatchObject([{ rule: 'history-incomplete', severity: 'warning' }]);
      expect(run.json.history).toEqual({ from: null, commits: 1, isComplete: false });
    }
    expect((await kgit(shallow, ['verify'])).stdout).not.toContain('all is well');
    git(shallow, 'fetch', '--quiet', '--unshallow');
    expect((await kgit(shallow, ['verify', '--json'])).json.findings).toMatchObject([{ path: files[1] }]);
  });

  it('says what a partial clone cannot fetch', async () => {
    const { remote, path, files } = await published();
    git(remote, 'config', 'uploadpack.allowFilter', 'true');
    await kgitJson(path, ['compact', '--before', '2025-08-01']);
    const partial = temporaryFolder();
    git('.', 'clone', '--quiet', '--filter=blob:none', `file://${remote}`, partial);
    renameSync(remote, `${remote}-away`);
    const run = await kgit(partial, ['validate', '--json']);
    renameSync(`${remote}-away`, remote);
    expect(run.json.findings).toMatchObject([{ rule: 'history-incomplete', severity: 'warning' }]);
    expect(run.json.history.isComplete).toBe(false);
    git(path, 'rm', '--quiet', `${MONTH}.yaml`);
    commit(path, 'all of it');
    git(partial, 'pull', '--quiet');
    const { findings } = (await kgit(partial, ['validate', '--json'])).json;
    expect(findings.map(({ path: file }: Finding) => file)).toEqual(files);
  });

  it('begins at the last rewrite that was trusted, with all of the history', async () => {
    const { path, files } = await published();
    await kgit(path, ['verify']);
    commitFiles(path, {});
    git(path, 'rm', '--quiet', files[0] as string);
    commit(path, 'tidy up');
    const run = await kgit(path, ['verify', '--trust', '--json']);
    expect(run.json).toMatchObject({ trusted: null, total: 1, history: { from: null } });
  });
});
