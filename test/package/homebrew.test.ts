import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { complaints, expectKeptCode, newUser, packedTarball, root, run, version } from './packed.js';

const { home, env: own } = newUser();
const env = { ...own, npm_config_offline: 'true', npm_config_update_notifier: 'false' };
let tarball: string;

function formula(...args: string[]): string {
  return run(process.execPath, [join(root, 'packaging/homebrew/formula.mjs'), ...args], home, env);
}

beforeAll(() => {
  tarball = packedTarball();
});

describe('the formula of Homebrew', () => {
  it('installs the program, its manual and its completions, and passes its own test', () => {
    const file = join(home, 'kgit.rb');
    writeFileSync(file, formula(tarball));
    expect(complaints('ruby', ['-wc', file])).toBe('');
    const prefix = join(home, 'Cellar');
    const runner = join(root, 'test/package/formula-runner.rb');
    const fields = run('ruby', [runner, file, prefix, tarball], home, env);
    expect(fields).toContain(pathToFileURL(tarball).href);
    expect(fields).toContain(createHash('sha256').update(readFileSync(tarball)).digest('hex'));
    for (const name of ['kubectl-kgit', 'kubectl_complete-kgit'])
      expect(existsSync(join(prefix, 'bin', name))).toBe(true);
    expect(readFileSync(join(prefix, 'share/man/man1/kgit-push-event.1'), 'utf8')).toContain('.TH');
    expectKeptCode(join(prefix, 'libexec/lib/node_modules/kgit'));
    expect(readFileSync(join(prefix, 'share/zsh/site-functions/_kgit'), 'utf8')).toContain('#compdef kgit');
  });

  it('of a release has its address, and the page of the repository', () => {
    const page = 'https://git.example.com/team/kgit';
    const url = `${page}/releases/download/v${version}/kgit-${version}.tgz`;
    const text = formula(tarball, url);
    expect(text).toContain(`  homepage "${page}"\n  url "${url}"\n`);
    expect(text).not.toContain('@');
    expect(() => formula(tarball, 'https://git.example.com/#{system("id")}')).toThrow('cannot have the URL');
  });
});
