import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cloneOf, git, temporaryFolder } from '../../support/git-fixtures.js';
import { kgit, kgitJson, PROGRAM } from '../../support/kgit.js';
import {
  commits,
  expectFailure,
  expectPublished,
  STATE,
  sharedState,
  stateRepository,
} from '../../support/state-repository.js';

/** An editor that runs these lines of shell on the file, `$1`. */
function editor(lines: string): { EDITOR: string; TERM: string } {
  const path = join(temporaryFolder(), 'my editor');
  writeFileSync(path, `#!/bin/sh\n${lines}\n`);
  chmodSync(path, 0o755);
  return { EDITOR: `'${path}' --wait`, TERM: 'xterm' };
}
const SECOND = (lines: string) => editor(lines.replaceAll('$FILE', '"$2"'));

describe('kgit edit', () => {
  it('sets and removes each path that differs, as one operation, and leaves the file alone otherwise', async () => {
    const path = stateRepository();
    const env = SECOND("sed -i 's/setup_network/create_vms/; /count/d' $FILE; echo 'kof: {a: 1}' >> $FILE");
    const json = await kgitJson(path, ['edit', '--reason', 'why not'], { env });
    expectPublished(json);
    expect(json.changed).toEqual([
      { path: 'deployment.phase', before: 'setup_network', after: 'create_vms' },
      { path: 'deployment.count', before: 3 },
      { path: 'kof', after: { a: 1 } },
    ]);
    const text = readFileSync(join(path, 'deployments/dep-a/state.yaml'), 'utf8');
    expect(text).toBe(
      `${STATE.replace('setup_network', 'create_vms').replace('  count: 3\n', '')}kof:\n  a: 1\n`,
    );
    expect(commits(path)).toBe(2);
  });

  it('writes nothing where nothing differs, or the editor fails', async () => {
    const path = stateRepository();
    expect(await kgitJson(path, ['edit'], { env: SECOND('echo "# a comment" >> $FILE') })).toMatchObject({
      delivery: 'unchanged',
      changed: [],
    });
    expectFailure(await kgit(path, ['edit', '--json'], { env: editor('exit 3') }), 'ENVIRONMENT', 18);
    expect(commits(path)).toBe(1);
  });

  it('refuses what an editor saved in another encoding, and keeps it', async () => {
    const path = stateRepository();
    const env = editor(`printf 'kof: {a: caf\\351}\\n' >> "$2"`);
    const error = expectFailure(await kgit(path, ['edit', '--json'], { env }), 'INVALID_STATE', 14);
    expect(error.message).toMatch(/state\.yaml:\d+:13: your text is not valid UTF-8: save it as UTF-8/);
    const { file } = error.data as { file: string };
    expect(readFileSync(file).includes(Buffer.from('kof: {a: caf\xe9}', 'latin1'))).toBe(true);
    expect(commits(path)).toBe(1);
  });

  it.each([
    [': > "$2"', 'USAGE', 2, /left empty/],
    ['echo "# nothing but this" > "$2"', 'USAGE', 2, /left empty/],
    ['rm "$2"', 'ENVIRONMENT', 18, /left no file/],
  ])('never takes the state away because an editor did: %s', async (lines, code, exit, message) => {
    const path = stateRepository();
    const error = expectFailure(await kgit(path, ['edit', '--json'], { env: editor(lines) }), code, exit);
    expect(error.message).toMatch(message);
    if (exit === 2) expect(error.suggestions[0]).toBe('To take all of it away: kgit unset deployment');
    expect(commits(path)).toBe(1);
  });

  it('follows the rule of git: GIT_EDITOR, core.editor, VISUAL on a terminal that can, EDITOR', async () => {
    const path = stateRepository();
    const { EDITOR: good } = SECOND("sed -i 's/count: 3/count: 4/' $FILE");
    const { EDITOR: bad } = editor('exit 9');
    const changes = async (env: Record<string, string>) =>
      (await kgitJson(path, ['edit', '--dry-run'], { env: { TERM: 'xterm', ...env } })).changed.length;
    expect(await changes({ VISUAL: good, EDITOR: bad })).toBe(1);
    expect(await changes({ TERM: 'dumb', VISUAL: bad, EDITOR: good })).toBe(1);
    git(path, 'config', 'core.editor', good);
    expect(await changes({ VISUAL: bad, EDITOR: bad })).toBe(1);
    git(path, 'config', 'core.editor', bad);
    expect(await changes({ GIT_EDITOR: good, VISUAL: bad, EDITOR: bad })).toBe(1);
  });

  it('on a terminal opens what is no document again, with the text as it was left', async () => {
    const path = stateRepository();
    const seen = join(temporaryFolder(), 'seen');
    // First broken, then mended: the second time it must find what the first one left.
    const lines = `grep -c 'broken: \\[' $FILE >> '${seen}'; if grep -q 'broken: \\[' $FILE; then sed -i 's/broken: \\[/mended: [1]/' $FILE; else echo 'broken: [' >> $FILE; fi`;
    const command = [process.execPath, PROGRAM, 'edit'].map((word) => `'${word}'`).join(' ');
    execFileSync('script', ['-qec', command, '/dev/null'], {
      cwd: path,
      env: { ...process.env, ...SECOND(lines) },
    });
    expect(readFileSync(seen, 'utf8')).toBe('0\n1\n');
    expect((await kgitJson(path, ['get', 'mended'])).value).toEqual([1]);
  });

  it('proposes with --propose: one operation on the branch of the proposal, and main stays', async () => {
    const remote = sharedState();
    const path = cloneOf(remote);
    const main = git(remote, 'rev-parse', 'main');
    const env = SECOND("sed -i 's/count: 3/count: 4/; s/setup_network/create_vms/' $FILE");
    const json = await kgitJson(path, ['edit', '--propose', '--user', 'ada', '--reason', 'why'], { env });
    expect(json).toMatchObject({ delivery: 'proposed', proposal: { branch: 'kgit/propose/ada/dep-a' } });
    expect(json.changed).toHaveLength(2);
    expect(git(remote, 'rev-list', '--count', 'main..kgit/propose/ada/dep-a')).toBe('1');
    expect(git(remote, 'rev-parse', 'main')).toBe(main);
  });

  it('keeps a text that is no document, or holds a secret, and says where', async () => {
    const path = stateRepository();
    for (const [lines, code, exit] of [
      ['echo "a: [" >> $FILE', 'INVALID_STATE', 14],
      ['echo "token: ghp_0123456789abcdefghijABCDEFGHIJ012345" >> $FILE', 'SECRET', 19],
    ] as const) {
      const run = await kgit(path, ['edit', '--json'], { env: SECOND(lines) });
      const error = expectFailure(run, code, exit);
      expect(readFileSync(error.data.file, 'utf8')).toMatch(/^# kept by the team[\s\S]*(a: \[|token: )/);
      expect(error.suggestions.at(-1)).toContain(error.data.file);
    }
    expect(commits(path)).toBe(1);
  });

  it('refuses (12) where somebody changed one of these paths meanwhile, and only then', async () => {
    const path = stateRepository();
    const other = (word: string) => `'${process.execPath}' '${PROGRAM}' set ${word} >&2`;
    const beside = SECOND(`${other('deployment.phase=x')}\nsed -i 's/count: 3/count: 4/' $FILE`);
    expectPublished(await kgitJson(path, ['edit'], { env: beside }));
    const same = SECOND(`${other('deployment.count=9')}\nsed -i 's/count: 4/count: 5/' $FILE`);
    const error = expectFailure(await kgit(path, ['edit', '--json'], { env: same }), 'CONFLICT', 12);
    expect(error.data).toMatchObject({ path: 'deployment.count', expected: 4, actual: 9 });
    expect(existsSync(error.data.file)).toBe(true);
  });
});
