import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { inTurn, kgit, kgitJson, PROGRAM } from '../../support/kgit.js';
import { expectFailure, expectResult, stateRepository } from '../../support/state-repository.js';

describe('kgit: what every command has in common', () => {
  it('tells a wrong command line as JSON, however JSON is asked for', async () => {
    const path = temporaryFolder();
    const lines = [
      ['set', '--create-key', 'a=1', '--bogus', '--json'],
      ['clone', '-o', 'json'],
      ['list', 'nonsense', '-ojson'],
      ['log', '--limit', 'many', '--output=json'],
      ['phase', 'begin', '--output', 'json'],
      ['push-event', 'x', '--cluster', 'a', '--deployment', 'b', '--json'],
      ['nonsense', '--json'],
    ];
    const runs = await inTurn(lines.map((args) => () => kgit(path, args)));
    for (const run of runs) {
      expectFailure(run, 'USAGE', 2);
      expect(run.stderr).toBe('');
    }
  });

  it('tells the same on stderr without JSON, and names the command that was meant', async () => {
    const path = temporaryFolder();
    const [flag, command, after] = await inTurn([
      () => kgit(path, ['set', '--create-key', 'a=1', '--bogus']),
      () => kgit(path, ['lst']),
      () => kgit(path, ['set', '--create-key', 'a=1', '--message', '--', '--json']),
    ]);
    expect(flag).toMatchObject({ code: 2, stdout: '' });
    expect(flag.stderr).toMatch(/^error USAGE: .*--bogus/);
    expect(command).toMatchObject({ code: 2, stdout: '' });
    expect(command.stderr).toContain('Did you mean list?');
    expect(command.stderr).not.toContain('    at ');
    expect(after.stdout).toBe('');
  });

  it('finds no state repository: 10, in an empty folder, a git repository without kgit.yaml and a missing folder', async () => {
    const path = stateRepository();
    execFileSync('git', ['-C', path, 'branch', 'bare-of-state', 'HEAD']);
    const other = temporaryFolder();
    execFileSync('git', ['-C', other, 'init', '--quiet']);
    const runs = await inTurn([
      () => kgit(temporaryFolder(), ['list', '--json']),
      () => kgit(other, ['list', '--json']),
      () => kgit(path, ['list', '--json', '--repo', `${path}/missing`]),
      () => kgit(path, ['list', '--json', '--repo', `${path}#no-such-branch`]),
    ]);
    for (const run of runs) expectFailure(run, 'NO_REPO', 10);
    expect((await kgit('/', ['list', '-o', 'name', '--repo', `${path}#bare-of-state`])).stdout).toBe(
      'deployment/dep-a\n',
    );
  });

  it('names file, line and column of a broken file: 14', async () => {
    const state = stateRepository({ 'deployments/dep-a/state.yaml': 'a: 1\nb: [1\n' });
    const marker = stateRepository({ 'kgit.yaml': 'apiVersion: other/v1\n' });
    const [broken, foreign, set] = await inTurn([
      () => kgit(state, ['get', '--json']),
      () => kgit(marker, ['list', '--json']),
      () => kgit(state, ['set', '--create-key', 'a=2', '--json']),
    ]);
    for (const run of [broken, set]) {
      const { data } = expectFailure(run, 'INVALID_STATE', 14);
      expect(data).toMatchObject({ path: 'deployments/dep-a/state.yaml', line: 3, column: 1 });
    }
    expectFailure(foreign, 'INVALID_STATE', 14);
  });

  it('gives the result in every format', async () => {
    const path = stateRepository();
    const formats = ['text', 'wide', 'json', 'yaml', 'jsonl', 'name'];
    const [text, wide, json, yaml, jsonl, name] = await inTurn(
      formats.map((format) => () => kgit(path, ['list', '-o', format])),
    );
    expectResult(json?.json, 'List');
    expect(yaml?.stdout).toMatch(/^apiVersion: kgit\/v1\nkind: ListResult\nrepository:\n/);
    expect(jsonl?.json).toEqual({ subject: 'deployment/dep-a', events: 0, lastEvent: null });
    expect(name?.stdout).toBe('deployment/dep-a\n');
    expect(text?.stdout).toMatch(/^SUBJECT +EVENTS/);
    expect(wide?.stdout).toMatch(/^SUBJECT +EVENTS/);
    for (const run of [text, wide, json, yaml, jsonl, name])
      expect(run).toMatchObject({ code: 0, stderr: '' });
  });

  it('gives no escape codes where there is no terminal, with or without NO_COLOR; FORCE_COLOR asks for them', async () => {
    const path = stateRepository();
    const [plain, off, forced, failed] = await inTurn([
      () => kgit(path, ['list'], { env: { NO_COLOR: undefined } }),
      () => kgit(path, ['list'], { env: { NO_COLOR: '1', FORCE_COLOR: '1' } }),
      () => kgit(path, ['list'], { env: { NO_COLOR: undefined, FORCE_COLOR: '1' } }),
      () => kgit(path, ['get', 'nothing'], { env: { NO_COLOR: undefined } }),
    ]);
    const sequence = '\u001b[';
    expect(plain.stdout + off.stdout + failed.stderr).not.toContain(sequence);
    expect(forced.stdout).toContain(sequence);
  });

  it('keeps hints from stderr with --quiet, and never the result or an error', async () => {
    const path = stateRepository();
    const noisy = ['set', 'deployment.version=1.10'];
    const [loud, quiet, failed] = await inTurn([
      () => kgit(path, [...noisy, '--dry-run']),
      () => kgit(path, [...noisy, '--dry-run', '--quiet']),
      () => kgit(path, ['get', 'nothing', '--quiet']),
    ]);
    expect(loud.stderr).toContain('is kept as text, as you typed it');
    expect(quiet).toMatchObject({ code: 0, stderr: '', stdout: loud.stdout });
    expect(failed.stderr).toContain('NOT_FOUND');
  });

  it('takes control characters out of what reaches people', async () => {
    const path = stateRepository();
    const text = 'red \u001b[31malert\u0007 \u202eevil';
    await kgit(path, ['push-event', 'noted', '--deployment', 'dep-a', '--message', text, '--notes', text]);
    const runs = await inTurn([() => kgit(path, ['log', '-o', 'wide']), () => kgit(path, ['log'])]);
    for (const { stdout } of runs) {
      expect(stdout).toContain('alert');
      expect(stdout).not.toMatch(/[\u001b\u0007\u202e]/);
    }
  });

  it('ends quietly when the reader of its output has gone', () => {
    const path = stateRepository();
    const script = `"${process.execPath}" "${PROGRAM}" get | true; echo "\${PIPESTATUS[0]}"`;
    const said = execFileSync('bash', ['-c', `(${script}) 2>&1`], { cwd: path, encoding: 'utf8' });
    expect(said).toBe('0\n');
  });

  it('leaves standard input alone where it is not asked to read it', async () => {
    const path = stateRepository();
    const input = 'deployment.count\n';
    const [get, list, log, phase] = await inTurn([
      () => kgitJson(path, ['get'], { input }),
      () => kgitJson(path, ['list'], { input: 'clusters\n' }),
      () => kgitJson(path, ['log'], { input: 'prod\n' }),
      () => kgitJson(path, ['phase'], { input: 'start\n' }),
    ]);
    expect(get.path).toBe('');
    expect(list.items).toHaveLength(1);
    expect(log.events).toEqual([]);
    expect(phase.phases.length).toBeGreaterThan(5);
  });

  it('shows examples and exit codes in the help of every command', async () => {
    const path = temporaryFolder();
    const commands = 'init clone list push-event log get set unset phase sync outbox completion'.split(' ');
    const runs = await inTurn(commands.map((command) => () => kgit(path, [command, '--help'])));
    for (const { code, stdout } of runs) {
      expect(code).toBe(0);
      expect(stdout).toContain('EXAMPLES');
      expect(stdout).toMatch(/Exit codes: 0/);
    }
  });
});
