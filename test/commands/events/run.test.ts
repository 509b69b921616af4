import { execFileSync } from 'node:child_process';
import { existsSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cloneOf, git, temporaryFolder } from '../../support/git-fixtures.js';
import { kgit, kgitJson } from '../../support/kgit.js';
import {
  commits,
  expectFailure,
  expectPublished,
  expectResult,
  sharedState,
  stateRepository,
} from '../../support/state-repository.js';

const RUN = ['run', 'deploy', '--cluster', 'prod'];
const sh = (script: string) => ['--', 'sh', '-c', script];
const eventsOf = async (path: string) => (await kgitJson(path, ['log', 'prod', '--no-fetch'])).events;

/** Everything that any object of a repository holds, commit messages included. */
function allObjects(path: string): string {
  const oids = git(path, 'cat-file', '--batch-all-objects', '--batch-check=%(objectname)');
  return execFileSync('git', ['cat-file', '--batch'], { cwd: path, input: oids, encoding: 'latin1' });
}

describe('kgit run', () => {
  it('records start and end of a command, which has the streams to itself', async () => {
    const remote = sharedState();
    const path = cloneOf(remote);
    const run = await kgit(
      path,
      [...RUN, '--param', 'size=4', '--phase', 'create_vms', '--reason', 'new', ...sh('cat; echo err >&2')],
      { input: 'given\n' },
    );
    expect(run.code).toBe(0);
    expect(run.stdout).toBe('given\n');
    expect(run.stderr).toMatch(
      /^err\n✓ deploy cluster\/default\/kcm-system\/prod \w{26} {2}exit code 0 after/,
    );
    const [started, ended, ...more] = await eventsOf(path);
    expect(more).toEqual([]);
    const both = { action: 'deploy', phase: 'create_vms', reason: 'new', run_id: started.run_id };
    const command = "sh -c 'cat; echo err >&2'";
    expect(started).toMatchObject({ ...both, command, outcome: 'started', parameters: { size: 4 } });
    expect(ended).toMatchObject({ ...both, command, outcome: 'succeeded' });
    expect(ended.parameters).toEqual({ size: 4, exit_code: 0 });
    expect(ended.duration_seconds).toBeGreaterThan(0);
    expect(started).not.toHaveProperty('duration_seconds');
    expect(commits(remote, 'main')).toBe(3);
  });

  it('as JSON: one result as of two writes, the output of the command on stderr', async () => {
    const path = cloneOf(sharedState());
    const run = await kgit(path, [...RUN, '--json', ...sh('echo out; exit 7')]);
    expect(run.code).toBe(7);
    expect(run.stderr).toBe('out\n');
    expectResult(run.json, 'Run');
    const { started, ended, exitCode, repository } = run.json;
    expect({ exitCode, pending: repository.pending }).toEqual({ exitCode: 7, pending: 0 });
    for (const write of [started, ended]) {
      expectPublished(write);
      expect(write).toMatchObject({ subject: 'cluster/default/kcm-system/prod', action: 'deploy' });
      expect(git(path, 'show', `${write.revision}:${write.path}`)).toContain(`id: ${write.id}`);
    }
    expect([started.outcome, ended.outcome]).toEqual(['started', 'failed']);
    expect((await eventsOf(path)).at(-1).parameters).toEqual({ exit_code: 7 });
    const names = await kgit(path, [...RUN, '-o', 'name', '--', 'true']);
    expect(names.stdout).toMatch(/^\w{26}\n\w{26}\n$/);
  });

  it('gives both events, and what the command records, one run id', async () => {
    const path = stateRepository();
    const ids = async (args: string[], env = {}) => {
      const run = await kgit(path, [...RUN, ...args, ...sh('echo $KGIT_RUN_ID')], { env });
      const [started, ended] = (await eventsOf(path)).slice(-2);
      expect(started.run_id).toBe(ended.run_id);
      expect(run.stdout.trim()).toBe(ended.run_id);
      return ended.run_id;
    };
    expect(await ids([])).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/);
    expect(await ids([], { CI_PIPELINE_ID: '4711' })).toBe('4711');
    expect(await ids([], { CI_PIPELINE_ID: '4711', KGIT_RUN_ID: 'outer' })).toBe('outer');
    expect(await ids(['--run-id', 'mine'], { KGIT_RUN_ID: 'outer' })).toBe('mine');
    expect(git(path, 'log', '-1', '--format=%(trailers:key=Kgit-Run)')).toContain('Kgit-Run: mine');
  });

  it('has no shell between, and takes the words behind -- as they are', async () => {
    const path = stateRepository();
    const words = ['--json', '-h', '--help', '--', '$HOME', 'a b', '*', ''];
    const program = ['--', process.execPath, '-p', 'JSON.stringify(process.argv.slice(1))', 'x'];
    const run = await kgit(path, [...RUN, ...program, ...words]);
    expect(JSON.parse(run.stdout)).toEqual(['x', ...words]);
  });

  it.each([
    [['run'], 'ACTION is missing'],
    [['run', 'deploy', '--cluster', 'prod'], "comes after '--'"],
    [['run', 'deploy', 'ls', '--cluster', 'prod'], "comes after '--'"],
    [['run', 'deploy', 'x', '--cluster', 'prod', '--', 'ls'], 'SUBJECT and --cluster both name'],
    [['run', 'deploy', '--cluster', 'prod', '--'], "no command after '--'"],
    [['run', 'deploy', '--', 'ls'], 'Neither --cluster nor --deployment'],
    [['run', 'Bad Word', '--cluster', 'prod', '--', 'ls'], 'action'],
    [
      ['run', 'deploy', '--cluster', 'prod', '--param', 'exit_code=1', '--', 'ls'],
      'kgit run records it itself',
    ],
  ])('%j is a usage error and runs nothing', async (args, message) => {
    const run = await kgit(stateRepository(), [args[0] as string, '--json', ...args.slice(1)]);
    expect(expectFailure(run, 'USAGE', 2).message).toContain(message);
  });

  it('runs nothing where nothing could be recorded', async () => {
    const path = stateRepository();
    const touch = ['--', 'touch', 'was-run'];
    const outside = temporaryFolder();
    expect((await kgit(outside, [...RUN, ...touch])).code).toBe(10);
    expect((await kgit(path, ['run', 'x', '--deployment', 'nope', ...touch])).code).toBe(15);
    expect((await kgit(path, [...RUN, '--param', 'password=Xk29fjQ81mz', ...touch])).code).toBe(19);
    // A way that leads nowhere stops even root from writing.
    rmSync(join(path, '.git/kgit'), { recursive: true, force: true });
    symlinkSync('/proc/no-such/kgit', join(path, '.git/kgit'));
    expect((await kgit(path, [...RUN, ...touch])).code).toBe(18);
    for (const folder of [path, outside]) expect(existsSync(join(folder, 'was-run'))).toBe(false);
  });

  it('masks the secrets of the command, and no object of the repository holds one', async () => {
    const remote = sharedState();
    const path = cloneOf(remote);
    const secrets = ['Xk29fjQ81mz', 'ghp_16C7e42F292c6912E7710c838347Ae178B4a', "va'ul t9Tq", 'pw8Zq1LmN4'];
    const [password, token, quoted, inUrl] = secrets;
    const line = [
      '--password',
      password,
      `TOKEN=${token}`,
      '--client-secret',
      quoted,
      `https://a:${inUrl}@h/`,
    ];
    const run = await kgit(path, [...RUN, '--', 'echo', ...(line as string[])]);
    expect(run).toMatchObject({ code: 0, stdout: `${line.join(' ')}\n` });
    const [started] = await eventsOf(path);
    expect(started.command).toBe('echo --password *** TOKEN=*** --client-secret *** https://a:***@h/');
    for (const repository of [remote, path]) {
      const objects = allObjects(repository);
      expect(objects).toContain('--client-secret');
      for (const part of [password, token, 't9Tq', inUrl]) expect(objects).not.toContain(part);
    }
  });
});
