import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cloneOf, git } from '../../support/git-fixtures.js';
import { kgit, kgitJson, startKgit } from '../../support/kgit.js';
import { HANG_S, PATIENCE_MS } from '../../support/patience.js';
import {
  commits,
  expectFailure,
  expectPublished,
  offlineClone,
  sharedState,
  stateRepository,
} from '../../support/state-repository.js';

const RUN = ['run', 'deploy', '--cluster', 'prod'];
const sh = (script: string) => ['--', 'sh', '-c', script];
const eventsOf = async (path: string) => (await kgitJson(path, ['log', 'prod', '--no-fetch'])).events;
const waiting = async (path: string) => (await kgitJson(path, ['outbox'])).operations;

describe('kgit run and signals', () => {
  /** Starts kgit, waits until the command runs, sends it a signal, and gives back how it ended. */
  async function signalled(path: string, signal: NodeJS.Signals, script: string) {
    const child = startKgit(path, [...RUN, ...sh(`${script.replace('READY', 'echo ready')}`)]);
    let stderr = '';
    child.stderr.on('data', (text) => {
      stderr += text;
    });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const ended = new Promise<number | null>((resolve) => child.on('exit', (code) => resolve(code)));
    child.kill(signal);
    return { code: await ended, stderr };
  }

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s is passed on, and the end is recorded: %i', async (signal, exitCode) => {
    const remote = sharedState();
    const path = cloneOf(remote);
    const { code, stderr } = await signalled(path, signal, 'READY; exec sleep 600');
    expect(code).toBe(exitCode);
    expect(stderr).toContain(`ended by ${signal}`);
    const ended = (await eventsOf(path)).at(-1);
    expect(ended).toMatchObject({ outcome: 'failed', parameters: { exit_code: exitCode, signal } });
    expect(await waiting(path)).toEqual([]);
    expect(commits(remote, 'main')).toBe(3);
  });

  it('a command that ends in order on a signal decides on its own exit code', async () => {
    const path = stateRepository();
    const { code } = await signalled(
      path,
      'SIGTERM',
      'trap "exit 0" TERM; READY; while :; do sleep 0.05; done',
    );
    expect(code).toBe(0);
    expect((await eventsOf(path)).at(-1)).toMatchObject({
      outcome: 'succeeded',
      parameters: { exit_code: 0 },
    });
  });

  it('a signal while it publishes: kept, and out at once with the exit code of the command', async () => {
    const path = offlineClone('ssh://host.invalid/x.git');
    git(path, 'config', 'core.sshCommand', `echo x > '${path}/talking'; sleep ${HANG_S};`);
    const child = startKgit(path, [...RUN, '--json', ...sh('exit 4')]);
    let stdout = '';
    child.stdout.on('data', (text) => {
      stdout += text;
    });
    while (!existsSync(join(path, 'talking'))) await new Promise((resolve) => setTimeout(resolve, 20));
    const began = Date.now();
    const ended = new Promise((resolve) => child.on('exit', resolve));
    child.kill('SIGINT');
    expect(await ended).toBe(4);
    expect(Date.now() - began).toBeLessThan(PATIENCE_MS);
    expect(JSON.parse(stdout)).toMatchObject({ ended: { delivery: 'queued', revision: null }, exitCode: 4 });
    expect(await waiting(path)).toHaveLength(2);
  });
});

describe('kgit run when the record cannot be published', () => {
  it('no network: the command starts at once, both events wait, its exit code counts', async () => {
    const path = offlineClone();
    const run = await kgit(path, [...RUN, '--json', ...sh('ls .git/kgit/outbox | wc -l; exit 5')]);
    expect(run.code).toBe(5);
    expect(run.stderr).toMatch(/^\s*1\n/);
    expect(run.stderr).toContain('not published yet');
    expect(run.json.started).toMatchObject({ delivery: 'queued', revision: null });
    expect(run.json.ended).toMatchObject({ delivery: 'queued', revision: null });
    expect((await waiting(path)).map(({ id }: { id: string }) => id)).toEqual([
      run.json.started.operation,
      run.json.ended.operation,
    ]);
    expect((await kgit(path, [...RUN, '--', 'true'])).code).toBe(0);
  });

  it('where publishing is required: 16 for a command that succeeded, else its own code', async () => {
    const path = offlineClone();
    const failed = await kgit(path, [...RUN, '--require-publish', '--json', ...sh('exit 5')]);
    expect(failed).toMatchObject({ code: 5, json: { ended: { delivery: 'queued' } } });
    expect(failed.stderr).toContain('127.0.0.1');
    const succeeded = await kgit(path, [...RUN, '--json', '--', 'true'], { env: { CI: '1' } });
    const { message, data } = expectFailure(succeeded, 'REMOTE', 16);
    expect(message).toContain('the command succeeded, but');
    expect(data).toMatchObject({
      kept: true,
      run: { started: { delivery: 'queued' }, ended: { outcome: 'succeeded' }, exitCode: 0 },
    });
    expect(await waiting(path)).toHaveLength(4);
  });

  it('takes what the command itself recorded along, and knows when that published the start', async () => {
    const remote = sharedState();
    const path = cloneOf(remote);
    const inner = `"${process.execPath}" "${join(import.meta.dirname, '../../../bin/run.js')}" push-event step --cluster prod`;
    const { json, code } = await kgit(path, [...RUN, '--json', ...sh(inner)]);
    expect(code).toBe(0);
    for (const write of [json.started, json.ended]) expectPublished(write);
    const events = await eventsOf(path);
    expect(events.map(({ outcome = 'step' }) => outcome)).toEqual(['started', 'step', 'succeeded']);
    expect(new Set(events.map(({ run_id }: { run_id: string }) => run_id)).size).toBe(1);
  });

  it("the end cannot be kept: the command's exit code, or 18 where it succeeded", async () => {
    const path = cloneOf(sharedState());
    mkdirSync(join(path, '.git/kgit'), { recursive: true });
    const spoil = (code: number) => sh(`rm -r .git/kgit && touch .git/kgit; exit ${code}`);
    const failed = await kgit(path, [...RUN, '--json', ...spoil(6)]);
    expect(failed).toMatchObject({ code: 6, json: { ended: null, exitCode: 6 } });
    expect(failed.stderr).toContain('.git/kgit');
    rmSync(join(path, '.git/kgit'));
    expectFailure(await kgit(path, [...RUN, '--json', ...spoil(0)]), 'ENVIRONMENT', 18);
  });
});
