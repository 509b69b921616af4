import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { git, temporaryFolder } from '../../support/git-fixtures.js';
import { kgit, kgitJson } from '../../support/kgit.js';
import { expectFailure, MARKER, stateRepository } from '../../support/state-repository.js';

interface Row {
  readonly name: string;
  readonly value: unknown;
  readonly origin: { readonly kind: string; readonly place: string | null; readonly line: number | null };
}

const TOKEN = 'ghp_0123456789abcdefghijklmnopqrstuvwxyz';

describe('kgit config', () => {
  it('shows each setting with its value and its origin', async () => {
    const marker = MARKER.replace('settings: {}', 'settings:\n  publish:\n    keep: 2h');
    const path = stateRepository({ 'kgit.yaml': marker });
    git(path, 'config', 'user.name', 'Grace');
    const home = temporaryFolder();
    mkdirSync(join(home, 'kgit'));
    writeFileSync(join(home, 'kgit/config.yaml'), '# mine\nread:\n  maxAge: 5m\n');
    const env = { XDG_CONFIG_HOME: home, KGIT_NAMESPACE: 'team-a', KGIT_TOKEN: TOKEN };
    const { settings, tokens } = await kgitJson(path, ['config', '--timeout', '5s'], { env });
    const row = (name: string) => (settings as Row[]).find((one) => one.name === name);
    expect(row('timeout')).toMatchObject({ value: '5s', origin: { kind: 'flag', place: '--timeout' } });
    expect(row('namespace')).toMatchObject({
      value: 'team-a',
      origin: { kind: 'environment', place: 'KGIT_NAMESPACE' },
    });
    expect(row('read.maxAge')).toMatchObject({
      value: '300s',
      origin: { kind: 'file', place: join(home, 'kgit/config.yaml'), line: 3 },
    });
    expect(row('publish.keep')).toMatchObject({
      value: '2h',
      origin: { kind: 'kgit.yaml', place: 'kgit.yaml', line: 7 },
    });
    expect(row('user')).toMatchObject({ value: 'Grace', origin: { kind: 'git', place: 'user.name' } });
    expect(row('deployment')).toMatchObject({ value: 'dep-a', origin: { kind: 'default' } });
    expect(row('locks')).toMatchObject({ value: 'refs', origin: { kind: 'default', place: null } });
    expect(tokens).toEqual(['KGIT_TOKEN']);
  });

  it.each([[[]], [['--json']], [['-o', 'wide']], [['view']]])('never shows a token: %j', async (words) => {
    const env = { KGIT_TOKEN: TOKEN, GITHUB_TOKEN: TOKEN };
    const { code, stdout, stderr } = await kgit(stateRepository(), ['config', ...words], { env });
    expect(code).toBe(0);
    expect(stdout).toContain('KGIT_TOKEN');
    expect(stdout + stderr).not.toContain(TOKEN.slice(4, 12));
  });

  it('prints one value alone', async () => {
    const path = stateRepository();
    expect((await kgit(path, ['config', 'KGIT_READ_MAX_AGE'])).stdout).toBe('60s\n');
    const error = expectFailure(await kgit(path, ['config', 'nope', '--json']), 'NOT_FOUND', 15);
    expect(error.suggestions[0]).toContain('read.maxAge');
  });

  it('works outside a repository, and says what is not included', async () => {
    const { code, stdout, stderr } = await kgit(temporaryFolder(), ['config', 'locks']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'refs\n' });
    expect(stderr).toContain('no state repository here');
  });
});
