import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { KeyedStore } from '../../../src/backends/keyed/keyed-store.js';
import { RedisKeySpace } from '../../../src/backends/redis/redis-key-space.js';
import { systemClock } from '../../../src/setup/this-host.js';
import type { Revision, StateStore } from '../../../src/store/port/state-store.js';
import { redisPlace } from '../../backends/redis/redis-place.js';
import { cloneOf, git, realClock, temporaryFolder } from '../../support/git-fixtures.js';
import { kgit, kgitJson, kgitProcess, startKgit } from '../../support/kgit.js';
import { openGitStore } from '../../support/open-git-store.js';
import { until } from '../../support/patience.js';
import { checkResult } from '../../support/schemas.js';
import { type RedisServer, startRedis } from '../../support/servers/redis-server.js';
import { sharedState } from '../../support/state-repository.js';
import { commit } from '../../support/store-contract.js';

const watches = new Set<ChildProcessWithoutNullStreams>();
afterEach(() => {
  for (const child of watches) child.kill('SIGKILL');
  watches.clear();
});

/** A running `kgit watch`, and the whole lines that it printed. */
function watching(cwd: string, args: readonly string[], env: Record<string, string> = {}) {
  const child = startKgit(cwd, ['watch', ...args], { env });
  watches.add(child);
  let [said, notes] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => {
    said += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    notes += text;
  });
  const ended = new Promise<number | string | null>((resolve) =>
    child.on('close', (code, signal) => resolve(code ?? signal)),
  );
  const lines = () => said.split('\n').slice(0, -1);
  const printed = (count: number) =>
    until(
      () => lines().length >= count,
      () => said + notes,
    );
  return {
    child,
    lines,
    printed,
    ended,
    notes: () => notes,
    noted: (word: string) =>
      until(
        () => notes.includes(word),
        () => notes,
      ),
  };
}

/** Writes a few commits, again and again where others were faster. */
async function writes(store: StateStore, name: string, count: number): Promise<void> {
  for (let n = 0; n < count; ) {
    const { revision } = await store.refresh(20_000);
    const outcome = await store.swap(
      revision,
      [commit({ [`notes/${name}`]: `${n}` }, `${name} ${n}`)],
      20_000,
    );
    if (outcome.kind === 'swapped') n += 1;
    else if (!['moved', 'busy'].includes(outcome.kind)) throw new Error(outcome.kind);
  }
  await store.close();
}

interface Place {
  readonly cwd: string;
  readonly env: Record<string, string>;
  /** A new client of the store. */
  readonly writer: () => Promise<StateStore>;
  /** All revisions, oldest first. */
  readonly revisions: () => Promise<Revision[]>;
}

/** Four writers, and a watch that is killed while they write: the next one goes on behind the last line. */
async function tellsAllOnce({ cwd, env, writer, revisions }: Place): Promise<void> {
  const [before] = (await revisions()).slice(-1);
  const first = watching(cwd, ['--after', before ?? '', '-o', 'name'], env);
  const writers = ['a', 'b', 'c', 'd'].map(async (name) => writes(await writer(), name, 5));
  await first.printed(3);
  first.child.kill('SIGKILL');
  await first.ended;
  const second = watching(cwd, ['--after', first.lines().at(-1) ?? '', '-o', 'name'], env);
  await Promise.all(writers);
  await second.printed(20 - first.lines().length);
  await writes(await writer(), 'e', 1);
  await second.printed(21 - first.lines().length);
  const all = await revisions();
  expect([...first.lines(), ...second.lines()]).toEqual(all.slice(all.indexOf(before ?? '') + 1));
  second.child.kill('SIGINT');
  expect(await second.ended).toBe(130);
  expect(second.notes()).toContain(`to go on: kgit watch --after ${all.at(-1)}`);
}

describe('kgit watch on git', () => {
  it('tells each change of four writers once and in order, across a kill', async () => {
    const remote = sharedState();
    const cwd = cloneOf(remote);
    await tellsAllOnce({
      cwd,
      env: {},
      writer: () => openGitStore(cloneOf(remote), 'origin', realClock),
      revisions: async () => git(remote, 'rev-list', '--first-parent', '--reverse', 'main').split('\n'),
    });
  });

  it('prints lines for people, documents for programs, and ends when its reader is gone', async () => {
    const cwd = cloneOf(sharedState());
    await kgitJson(cwd, ['set', 'deployment.phase=two', '--reason', 'it works', '--user', 'ada']);
    await kgitJson(cwd, ['push-event', 'cluster_created', '--cluster', 'prod', '--user', 'ada']);
    const text = await kgit(cwd, ['watch', '--after', 'HEAD~2', '-n', '2']);
    const [state, event] = text.stdout.split('\n');
    expect(state).toMatch(
      /^\S+ \S+ [+~] \S+: deployment\.phase = "two" {2}(was .*)?ada {2}it works {2}[0-9a-f]{10}$/,
    );
    expect(event).toMatch(
      /^\S+ \S+ • cluster_created cluster\/default\/kcm-system\/prod ada {2}[0-9a-f]{10}$/,
    );
    expect([text.code, text.stderr]).toEqual([0, expect.stringContaining('to go on: kgit watch --after ')]);
    const paths = ['deployment.phase', 'cluster/prod'];
    const json = await kgit(cwd, ['watch', ...paths, '--after', 'HEAD~2', '-n', '2', '-o', 'jsonl']);
    const documents = json.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    for (const document of documents) checkResult(document);
    expect(documents.map(({ changes, events }) => [changes.length, events.length])).toEqual([
      [1, 0],
      [0, 1],
    ]);
    const piped = watching(cwd, ['--after', 'HEAD~2']);
    piped.child.stdout.destroy();
    await kgitJson(cwd, ['push-event', 'noted', '--cluster', 'prod']);
    expect(await piped.ended).toBe(0);
  });

  it('runs a command for each change in order, without a shell, and stops where it fails', async () => {
    const cwd = cloneOf(sharedState());
    const folder = temporaryFolder();
    const hook = join(folder, 'hook');
    writeFileSync(
      hook,
      `#!/bin/sh\nread -r line\nprintf '%s|%s|%s|%s\\n' "$1" "$KGIT_CHANGE_SUBJECT" "$KGIT_CHANGE_ACTION" "$KGIT_CHANGE_USER" >> ${folder}/log\n` +
        `printf '%s\\n' "$line" >> ${folder}/json\n[ "$KGIT_CHANGE_ACTION" != stop ] || exit 7\n`,
    );
    chmodSync(hook, 0o755);
    for (const action of ['one', 'stop', 'two'])
      await kgitJson(cwd, ['push-event', action, '--cluster', 'prod', '--user', '$(touch x)']);
    const args = ['watch', '--after', 'HEAD~3', '--exec', hook, '-o', 'name'];
    const stopped = await kgitProcess(cwd, [...args, '--', '$(touch y)']);
    const first = git(cwd, 'rev-parse', 'HEAD~2');
    expect(stopped).toMatchObject({ code: 7, stdout: `${first}\n` });
    expect(stopped.stderr).toContain(`to go on: kgit watch --after ${first}`);
    const line = (action: string) => `$(touch y)|cluster/default/kcm-system/prod|${action}|$(touch x)`;
    expect(readFileSync(join(folder, 'log'), 'utf8').trim().split('\n')).toEqual([line('one'), line('stop')]);
    const [document = ''] = readFileSync(join(folder, 'json'), 'utf8').split('\n');
    checkResult(JSON.parse(document));
    expect(JSON.parse(document).revision).toBe(first);
    expect(readdirSync(cwd)).not.toContain('y');
    expect(
      await kgitProcess(cwd, ['watch', '--after', 'HEAD~1', '--exec', join(folder, 'none')]),
    ).toMatchObject({ code: 127 });
    expect(await kgit(cwd, ['watch', '--', 'x'])).toMatchObject({ code: 2 });
  });
});

describe('kgit watch on Redis', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.kill());

  it('tells each change of four writers once and in order, across kills of the watch and of the server', async () => {
    const cwd = temporaryFolder();
    const env = { KGIT_REPO: `redis://127.0.0.1:${server.port}/0#team`, XDG_STATE_HOME: temporaryFolder() };
    const space = () => new RedisKeySpace(redisPlace(server.port, { store: 'team' }));
    const open = () => new KeyedStore(space(), { clock: systemClock, timeoutMs: 20_000, isRemote: true });
    const revisions = async () => {
      const store = open();
      const { revision } = await store.refresh(20_000);
      const line: Revision[] = [];
      for await (const entry of store.history.timeline(revision ?? '')) line.unshift(entry.revision);
      await store.close();
      return line;
    };
    await kgitJson(cwd, ['init', '--deployment', 'dep-a', '--user', 'ada'], { env });
    await tellsAllOnce({ cwd, env, writer: async () => open(), revisions });
    const [last = ''] = (await revisions()).slice(-1);
    const watch = watching(cwd, ['-o', 'name'], env);
    await watch.noted('watching');
    await writes(open(), 'before', 1);
    await watch.printed(1);
    await server.kill();
    await watch.noted('trying again');
    await server.start();
    await writes(open(), 'after', 2);
    await watch.printed(3);
    const all = await revisions();
    expect(watch.lines()).toEqual(all.slice(all.indexOf(last) + 1));
    await server.ask('FLUSHALL');
    await watch.noted('error REMOTE');
    expect(await watch.ended).toBe(16);
  });
});
