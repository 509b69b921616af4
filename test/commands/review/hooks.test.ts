import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { bareRepository, emptyRepository, git, temporaryFolder } from '../../support/git-fixtures.js';
import { kgit, kgitJson } from '../../support/kgit.js';
import { pathWithKgit } from '../../support/kgit-on-path.js';
import { expectFailure, stateRepository } from '../../support/state-repository.js';

const STATE = 'deployments/dep-a/state.yaml';
const COMMAND = 'kgit validate --staged --repo .';
const PERSON = Object.fromEntries(
  ['AUTHOR', 'COMMITTER'].flatMap((who) => [
    [`GIT_${who}_NAME`, 'Ada'],
    [`GIT_${who}_EMAIL`, 'ada@example.com'],
  ]),
);
const hookOf = (path: string) => join(path, '.git/hooks/pre-commit');
const hooks = (path: string, verb: string, env: Readonly<Record<string, string>> = {}) =>
  kgit(path, ['hooks', verb, '--json'], { env });

/** Commits as a user does; how it ended. */
function commit(path: string, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
  const run = spawnSync('git', ['commit', '--quiet', '-m', 'by hand', ...args], {
    cwd: path,
    encoding: 'utf8',
    env: { ...process.env, ...PERSON, PATH: pathWithKgit(), ...env },
  });
  return { code: run.status, output: run.stdout + run.stderr };
}

/** A PATH with what a hook needs, and without kgit. */
const withoutKgit = () => {
  const bin = temporaryFolder();
  for (const program of ['git', 'sh']) symlinkSync(`/usr/bin/${program}`, join(bin, program));
  return { PATH: bin };
};

function edit(path: string, from: string, to: string): void {
  writeFileSync(join(path, STATE), readFileSync(join(path, STATE), 'utf8').replace(from, to));
}

it('refuses commits that reviews would refuse, and says what to do, in every worktree', async () => {
  const path = stateRepository();
  const installed = await hooks(path, 'install');
  expect(installed.json).toMatchObject({ hook: hookOf(path), installed: true, changed: true });
  expect(statSync(hookOf(path)).mode & 0o777).toBe(0o755);
  const linked = join(temporaryFolder(), 'linked');
  git(path, 'worktree', 'add', '--quiet', '-b', 'other', linked);
  for (const folder of [path, linked]) {
    edit(folder, 'count: 3', 'count: 4');
    git(folder, 'add', '--all');
    // A variable that names another repository changes nothing.
    const refused = commit(folder, [], { KGIT_REPO: stateRepository() });
    expect(refused.code).toBe(1);
    expect(refused.output).toMatch(/state-without-event[\s\S]*kgit set/);
    expect(commit(folder, ['--no-verify']).code).toBe(0);
  }
});

it('checks of a commit that names its files those alone, and lets pass what is in order', async () => {
  const path = stateRepository();
  await hooks(path, 'install');
  edit(path, 'count: 3', 'count: 4');
  git(path, 'add', '--all');
  writeFileSync(join(path, 'notes.md'), 'of the team\n');
  git(path, 'add', '--intent-to-add', 'notes.md');
  expect(commit(path, ['notes.md'])).toEqual({ code: 0, output: 'all is well (1 file, 0 events)\n' });
  expect(commit(path).code).toBe(1);
  git(path, 'checkout', '--quiet', 'HEAD', '--', STATE);
  // kgit's own writes run no hook, and what they leave is in order.
  await kgitJson(path, ['set', 'deployment.count=4']);
  expect(commit(path, ['--allow-empty']).code).toBe(0);
});

it('harms nobody whose machine has no kgit', async () => {
  const path = stateRepository();
  await hooks(path, 'install');
  const { code, output } = commit(path, ['--allow-empty'], withoutKgit());
  expect([code, output]).toEqual([0, 'kgit is not installed here: what is staged is committed unchecked\n']);
});

it('can be installed again, is brought up to date, and is removed; doctor tells of an old one', async () => {
  const path = stateRepository();
  const doctor = async () =>
    (await kgit(path, ['doctor', '--json'])).json.checks.find(
      ({ name }: { name: string }) => name === 'hook',
    );
  expect(await doctor()).toBeUndefined();
  await hooks(path, 'install');
  const text = readFileSync(hookOf(path), 'utf8');
  expect(await doctor()).toMatchObject({ ok: true });
  expect((await hooks(path, 'install')).json).toMatchObject({ changed: false });
  for (const spoil of [
    () => writeFileSync(hookOf(path), text.replace('--staged', '--old')),
    () => chmodSync(hookOf(path), 0o644),
  ]) {
    spoil();
    expect(await doctor()).toMatchObject({ ok: false, fix: expect.stringContaining('kgit hooks install') });
    expect((await hooks(path, 'install')).json).toMatchObject({ changed: true });
    expect([readFileSync(hookOf(path), 'utf8'), statSync(hookOf(path)).mode & 0o777]).toEqual([text, 0o755]);
  }
  expect((await hooks(path, 'uninstall')).json).toMatchObject({ installed: false, changed: true });
  expect(existsSync(hookOf(path))).toBe(false);
  expect((await hooks(path, 'uninstall')).json).toMatchObject({ installed: false, changed: false });
});

/** Adds a line after the first one of a hook, as the advice says. */
const withLine = (hook: string, line = '') => hook.replace('\n', `\n${line}\n`);
const lineIn = (advice: string) => /: ((?:\[|!) .*)$/.exec(advice)?.[1];

it('leaves the hook of somebody else as it is, and a link; the line that it names works before an exec', async () => {
  const path = stateRepository();
  const own = '#!/bin/sh\n# Not written by kgit hooks install\nexec sh -c "echo passed >&2"\n';
  mkdirSync(join(path, '.git/hooks'), { recursive: true });
  writeFileSync(hookOf(path), own, { mode: 0o755 });
  const { suggestions } = expectFailure(await hooks(path, 'install'), 'CONFLICT', 12);
  expectFailure(await hooks(path, 'uninstall'), 'CONFLICT', 12);
  expect(readFileSync(hookOf(path), 'utf8')).toBe(own);
  expect(suggestions[0]).toContain(`directly after the first line of ${hookOf(path)}: `);
  writeFileSync(hookOf(path), withLine(own, lineIn(suggestions[0])));
  expect(commit(path, ['--allow-empty'])).toEqual({
    code: 0,
    output: 'all is well (0 files, 0 events)\npassed\n',
  });
  edit(path, 'count: 3', 'count: 4');
  expect(commit(path, ['--all']).code).toBe(1);
  expect(commit(path, ['--all'], withoutKgit())).toEqual({ code: 0, output: 'passed\n' });

  const linked = stateRepository();
  mkdirSync(join(linked, '.git/hooks'), { recursive: true });
  symlinkSync(join(temporaryFolder(), 'nowhere'), hookOf(linked));
  expectFailure(await hooks(linked, 'install'), 'CONFLICT', 12);
});

it('names the file from which a hook is generated, and the command for a hook in another language', async () => {
  const advice = async (hook: string, files: Readonly<Record<string, string>>, folder = '.git/hooks') => {
    const path = stateRepository();
    mkdirSync(join(path, folder), { recursive: true });
    if (folder !== '.git/hooks') git(path, 'config', 'core.hooksPath', folder);
    for (const [name, text] of Object.entries({ ...files, [`${folder}/pre-commit`]: hook }))
      writeFileSync(join(path, name), text, { mode: 0o755 });
    return { path, told: expectFailure(await hooks(path, 'install'), 'CONFLICT', 12).suggestions[0] };
  };
  const husky = await advice('#!/usr/bin/env sh\n. "$(dirname "$0")/h"\n', {}, '.husky/_');
  expect(husky.told).toMatch(/^husky generates this hook: add to \.husky\/pre-commit the line: ! command/);
  // As husky does: what the team writes, with sh -e.
  writeFileSync(join(husky.path, '.husky/pre-commit'), `${lineIn(husky.told)}\n`);
  writeFileSync(join(husky.path, '.husky/_/pre-commit'), '#!/bin/sh\nsh -e .husky/pre-commit\nexit $?\n');
  edit(husky.path, 'count: 3', 'count: 4');
  expect(commit(husky.path, ['--all']).code).toBe(1);
  expect(commit(husky.path, ['--all'], withoutKgit()).code).toBe(0);

  const generated = '#!/bin/sh\ncall_lefthook run "pre-commit" "$@"\n';
  expect((await advice(generated, { 'lefthook.yaml': '' })).told).toContain('add to lefthook.yaml below');
  const { told } = await advice(generated, {});
  expect(told).toContain('add to lefthook.yml below "commands" of "pre-commit": kgit: {');
  expect(parse(told.slice(told.indexOf(': kgit: ') + 2))).toEqual({
    kgit: { run: `! command -v kgit >/dev/null || ${COMMAND}` },
  });
  const precommit = '#!/usr/bin/env bash\n# File generated by pre-commit: https://pre-commit.com\nexec x\n';
  expect((await advice(precommit, {})).told).toMatch(/add to \.pre-commit-config\.yaml .*kgit-validate/);
  expect((await advice('#!/usr/bin/env python3\n', {})).told).toBe(
    `Have it run this command, and fail if the command fails: ${COMMAND}`,
  );
});

it('writes into the folder of hooks that the clone has, and into none that others share', async () => {
  const path = stateRepository();
  git(path, 'config', 'core.hooksPath', '.git/own');
  expect((await hooks(path, 'install')).json.hook).toBe(join(path, '.git/own/pre-commit'));
  expect(readFileSync(join(path, '.git/own/pre-commit'), 'utf8')).toContain(COMMAND);

  const home = temporaryFolder();
  const shared = join(home, 'shared/pre-commit');
  const other = stateRepository();
  writeFileSync(join(home, '.gitconfig'), `[core]\n\thooksPath = ~/shared\n`);
  const absent = expectFailure(await hooks(other, 'install', { HOME: home }), 'USAGE', 2);
  expect(absent.data.path).toBe(shared);
  expect(existsSync(join(home, 'shared'))).toBe(false);
  mkdirSync(join(home, 'shared'));
  const own = '#!/bin/sh\nexec sh -c :\n';
  writeFileSync(shared, own, { mode: 0o755 });
  const { suggestions } = expectFailure(await hooks(other, 'install', { HOME: home }), 'USAGE', 2);
  expect(suggestions).toEqual(absent.suggestions);
  writeFileSync(shared, withLine(own, lineIn(suggestions[0])));
  edit(other, 'count: 3', 'count: 4');
  expect(commit(other, ['--all'], { HOME: home }).code).toBe(1);
  expect(commit(other, ['--all'], { HOME: home, ...withoutKgit() }).code).toBe(0);
  // A repository of something else commits as before.
  const code = emptyRepository();
  expect(commit(code, ['--allow-empty'], { HOME: home })).toEqual({ code: 0, output: '' });

  // The other advice works in a linked worktree, too.
  const linked = join(temporaryFolder(), 'linked');
  git(other, 'worktree', 'add', '--quiet', '-b', 'other', linked);
  execFileSync('sh', ['-c', suggestions[1].replace(/^[^:]*: /, '')], { cwd: linked });
  expect((await hooks(linked, 'install', { HOME: home })).json.hook).toBe(hookOf(other));
  edit(linked, 'count: 4', 'count: 5');
  expect(commit(linked, ['--all'], { HOME: home }).code).toBe(1);

  expectFailure(await hooks(bareRepository(), 'install'), 'USAGE', 2);
});

it.each(['/dev/null', '/dev/null/hooks'])(
  'says that core.hooksPath %s switches hooks off',
  async (folder) => {
    const path = stateRepository();
    git(path, 'config', 'core.hooksPath', folder);
    const { message, suggestions } = expectFailure(await hooks(path, 'install'), 'USAGE', 2);
    expect(message).toContain(`hooks are switched off here: core.hooksPath is ${folder}`);
    expect((await hooks(path, 'uninstall')).json).toMatchObject({ installed: false, changed: false });
    const { checks } = (await kgit(path, ['doctor', '--json'])).json;
    expect(checks.filter(({ name }: { name: string }) => name === 'hook')).toEqual([]);
    execFileSync('sh', ['-c', suggestions[0].replace(/^[^:]*: /, '')], { cwd: path });
    expect((await hooks(path, 'install')).json).toMatchObject({ hook: hookOf(path), changed: true });
  },
);
