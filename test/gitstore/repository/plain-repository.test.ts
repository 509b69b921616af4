/** Repositories that are opened without git: with its answers, or not at all. */
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Git } from '../../../src/gitstore/process/git.js';
import { isSystemGit, plainRepository } from '../../../src/gitstore/repository/plain-repository.js';
import { openRepository } from '../../../src/gitstore/repository/repository.js';
import { thisUser } from '../../../src/setup/this-host.js';
import {
  bareRepository,
  cloneOf,
  emptyRepository,
  git,
  temporaryFolder,
} from '../../support/git-fixtures.js';

const user = thisUser as number;
const home = () => {
  const path = temporaryFolder();
  return { HOME: path, PATH: process.env['PATH'], GIT_CONFIG_NOSYSTEM: '1' };
};
type Environment = Readonly<Record<string, string | undefined>>;

const read = (folder: string, environment: Environment) =>
  plainRepository(folder, new Git(folder, environment).environment, user);

/** What is read without git, after a comparison with git's answers; null if git is left to answer. */
async function plain(folder: string, environment: Environment = home()) {
  const found = read(folder, environment);
  if (found === null) return null;
  const { isShallow: _, ...asked } = await openRepository(new Git(folder, environment), folder);
  expect({ ...found, config: new Map([...found.config].sort()) }).toEqual({
    ...asked,
    config: new Map([...asked.config].sort()),
  });
  return found;
}

const changed = (path: string, ...config: string[]) => {
  git(path, 'config', ...config);
  return path;
};
const prepended = (path: string, text: string) => {
  const file = join(path, '.git/config');
  writeFileSync(file, text + readFileSync(file, 'utf8'));
  return path;
};
const appended = (path: string, text: string) => {
  appendFileSync(join(path, '.git/config'), text);
  return path;
};

describe('an ordinary repository is read as git reads it', () => {
  it('a repository of one’s own, from each folder of it', async () => {
    const path = emptyRepository();
    mkdirSync(join(path, 'a/b'), { recursive: true });
    for (const folder of [path, join(path, 'a/b')])
      expect(await plain(folder)).toMatchObject({ commonDir: join(path, '.git'), workTree: path });
    const link = join(temporaryFolder(), 'link');
    symlinkSync(join(path, 'a'), link);
    expect(await plain(link)).toMatchObject({ workTree: path });
  });

  it('a bare repository, also from within', async () => {
    const path = bareRepository();
    expect(await plain(path)).toMatchObject({ commonDir: path, workTree: null });
    expect(await plain(join(path, 'objects'))).toMatchObject({ commonDir: path });
  });

  it('a clone, a partial one, a shallow one, and a worktree', async () => {
    const remote = bareRepository();
    const first = cloneOf(remote);
    git(first, 'commit', '--quiet', '--allow-empty', '-m', 'one');
    git(first, 'commit', '--quiet', '--allow-empty', '-m', 'two');
    git(first, 'push', '--quiet', 'origin', 'HEAD:main');
    const [partial, shallow] = [join(temporaryFolder(), 'p'), join(temporaryFolder(), 's')];
    git('/', 'clone', '--quiet', '--no-checkout', '--filter=blob:none', `file://${remote}`, partial);
    git('/', 'clone', '--quiet', '--depth=1', `file://${remote}`, shallow);
    const worktree = join(temporaryFolder(), 'w');
    git(first, 'worktree', 'add', '--quiet', '--detach', worktree);
    expect((await plain(first))?.config.get('remote.origin.url')).toBe(remote);
    expect(await plain(partial)).not.toBeNull();
    expect(await plain(shallow)).not.toBeNull();
    expect(await plain(worktree)).toMatchObject({ commonDir: join(first, '.git'), workTree: worktree });
    git(first, 'pack-refs', '--all');
    git(first, 'checkout', '--quiet', '--detach');
    expect(await plain(first)).not.toBeNull();
  });

  it('with the settings of the user and the system, the later ones first', async () => {
    const environment = home();
    mkdirSync(join(environment.HOME, '.config/git'), { recursive: true });
    writeFileSync(join(environment.HOME, '.config/git/config'), '[user]\n\tname = "One; two"\n\temail=a@b\n');
    writeFileSync(
      join(environment.HOME, '.gitconfig'),
      '# mine\n[user]\n\tname = Grace Hopper\n[Alias]\n  ST = status -s\n[url "https://x/"]\n\tinsteadOf = x:\n[core]\n\tQuotePath\n\n',
    );
    const path = emptyRepository();
    const found = await plain(path, environment);
    expect(found?.config.get('user.name')).toBe('Grace Hopper');
    expect(found?.config.get('core.quotepath')).toBe('true');
    // What every git process is given wins.
    expect(
      (await plain(changed(path, 'core.hooksPath', '/tmp/x'), environment))?.config.get('core.hookspath'),
    ).toBe('/dev/null');
    const system = join(environment.HOME, 'system');
    writeFileSync(system, '[user]\n\tsigningKey = k\n');
    const named = { ...environment, GIT_CONFIG_NOSYSTEM: '0', GIT_CONFIG_SYSTEM: system };
    expect((await plain(path, named))?.config.get('user.signingkey')).toBe('k');
    const global = { ...environment, GIT_CONFIG_GLOBAL: system };
    expect((await plain(path, global))?.config.get('user.name')).toBeUndefined();
  });

  it('whatever a configuration file holds', async () => {
    const path = emptyRepository();
    const word = fc.constantFrom(
      'a',
      'B',
      '1',
      '-',
      '.',
      '"',
      '\\',
      '#',
      ';',
      ' ',
      '\t',
      '=',
      '[',
      ']',
      'é',
      '\n',
      '\r',
    );
    const text = fc.string({ unit: word, maxLength: 12 });
    const line = fc.oneof(
      fc
        .tuple(fc.constantFrom('name', 'x-1', ' Key', '\tk'), fc.constantFrom('=', ' = ', '  =', ''), text)
        .map((parts) => parts.join('')),
      fc.tuple(text, text).map(([a, b]) => `[s${a} "${b}"]`),
      fc.constantFrom('[user]', '[a.b]', '[A "b.C"]', '# c', '; c', '', '[x]y = z'),
      text,
    );
    const environment = home();
    const file = join(environment.HOME, '.gitconfig');
    let read_ = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 4 }), async (lines) => {
        const written = `[u]\n${lines.join('\n')}\n`;
        writeFileSync(file, written);
        const found = read(path, environment);
        if (found === null) return;
        read_ += 1;
        const output = execFileSync('git', ['config', '--file', file, '--list', '-z'], { encoding: 'utf8' });
        for (const item of output.split('\0').filter(Boolean)) {
          const [key = '', ...value] = item.split('\n');
          const all = output.split('\0').filter((each) => each.split('\n')[0] === key);
          if (all.at(-1) !== item || found.config.get(key) === undefined)
            expect(found.config.has(key)).toBe(true);
          else if (!key.startsWith('core.'))
            expect(found.config.get(key)).toBe(value.length === 0 ? 'true' : value.join('\n'));
        }
      }),
      { numRuns: 150, seed: 7 },
    );
    expect(read_).toBeGreaterThan(20);
  });
});

describe('git is asked', () => {
  const ordinary = emptyRepository;
  it.each<[string, () => string]>([
    ['outside of a repository', temporaryFolder],
    ['where files are included', () => changed(ordinary(), 'include.path', '/x')],
    ['where files may be included', () => changed(ordinary(), 'includeIf.gitdir:/x.path', '/y')],
    ['where the work tree is elsewhere', () => changed(ordinary(), 'core.worktree', '/')],
    [
      'where an extension is on',
      () =>
        changed(
          changed(ordinary(), 'core.repositoryformatversion', '1'),
          'extensions.worktreeConfig',
          'true',
        ),
    ],
    ['in a format that is not known', () => changed(ordinary(), 'core.repositoryformatversion', '7')],
    [
      'where a repository with a checkout says that it is bare',
      () => changed(ordinary(), 'core.bare', 'true'),
    ],
    ['in the folder .git', () => join(ordinary(), '.git')],
    [
      'for SHA-256',
      () => {
        const path = temporaryFolder();
        git(path, 'init', '--quiet', '--object-format=sha256');
        return path;
      },
    ],
    [
      'where .git is a link',
      () => {
        const path = ordinary();
        renameSync(join(path, '.git'), join(path, 'there'));
        symlinkSync('there', join(path, '.git'));
        return path;
      },
    ],
    [
      'in a submodule',
      () => {
        const [outer, inner] = [ordinary(), ordinary()];
        git(inner, 'commit', '--quiet', '--allow-empty', '-m', 'one');
        git(outer, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', inner, 'sub');
        return join(outer, 'sub');
      },
    ],
    [
      'where HEAD is odd',
      () => {
        const path = ordinary();
        writeFileSync(join(path, '.git/HEAD'), 'ref: refs/heads/main');
        return path;
      },
    ],
    ['where a value is escaped', () => appended(ordinary(), '[a]\n\tb = x\\ty\n')],
    ['where a value has a comment', () => appended(ordinary(), '[a]\n\tb = x # y\n')],
    ['where a line goes on', () => appended(ordinary(), '[a]\n\tb = x\\\ny\n')],
    ['where a line is none', () => appended(ordinary(), '[a]\n\tb = "x\n')],
    ['where a key has no section', () => prepended(ordinary(), 'a = b\n')],
    ['where a file begins with a byte order mark', () => prepended(ordinary(), '\ufeff# a\n')],
    ['where a line begins with another space', () => appended(ordinary(), '[a]\n\u00a0b = c\n')],
    ['where a line begins with a form feed', () => appended(ordinary(), '[a]\n\fb = c\n')],
    ['where a value has a lone carriage return', () => appended(ordinary(), '[a]\n\tb = x\ry\n')],
    ['where a value has a vertical tab', () => appended(ordinary(), '[a]\n\tb = x\vy\n')],
    ['where a value has a zero byte', () => appended(ordinary(), '[a]\n\tb = x\0y\n')],
    ['where lines end as on Windows', () => appended(ordinary(), '[a]\r\n\tb = c\r\n')],
  ])('%s', (_what, make) => {
    expect(read(make(), home())).toBeNull();
  });

  it('for folders of another user, and for what may not be read', async () => {
    const path = emptyRepository();
    const environment = new Git(path, home()).environment;
    expect(plainRepository(path, environment, user)).not.toBeNull();
    expect(plainRepository(path, environment, user + 1)).toBeNull();
  });

  it.each([
    { GIT_CONFIG_COUNT: '0' },
    { GIT_CONFIG_PARAMETERS: "'a.b'='c'" },
    { GIT_CEILING_DIRECTORIES: '/' },
    { GIT_CONFIG_NOSYSTEM: 'maybe' },
    { GIT_CONFIG_GLOBAL: '' },
    { HOME: undefined },
    { HOME: 'home' },
    { XDG_CONFIG_HOME: 'config' },
    { GIT_CONFIG_GLOBAL: 'global' },
    { GIT_CONFIG_NOSYSTEM: '0', GIT_CONFIG_SYSTEM: 'system' },
    { GIT_CONFIG_NOSYSTEM: '0', PATH: 'bin:/usr/bin' },
  ])('with %j', (more) => {
    expect(read(emptyRepository(), { ...home(), ...more })).toBeNull();
  });

  it('if the git in PATH is a link', () => {
    const [bin, links] = [temporaryFolder(), temporaryFolder()];
    writeFileSync(join(bin, 'git'), '');
    symlinkSync(join(bin, 'git'), join(links, 'git'));
    expect(isSystemGit(`/nowhere:${bin}`, [bin, links])).toBe(true);
    expect(isSystemGit(`/nowhere:${links}`, [bin, links])).toBe(false);
  });

  it('if the git in PATH is not the system’s, unless its system configuration is known', () => {
    const path = emptyRepository();
    const bin = temporaryFolder();
    writeFileSync(join(bin, 'git'), '');
    chmodSync(join(bin, 'git'), 0o755);
    const other = { ...home(), PATH: `${bin}:/usr/bin` };
    expect(read(path, { ...other, GIT_CONFIG_NOSYSTEM: '0' })).toBeNull();
    expect(read(path, other)).not.toBeNull();
    // The system passes over what it cannot look into.
    const loop = join(temporaryFolder(), 'loop');
    symlinkSync('loop', loop);
    const passed = {
      ...home(),
      PATH: `${loop}:${join(bin, 'git')}:/nowhere:/usr/bin`,
      GIT_CONFIG_NOSYSTEM: '0',
    };
    expect(read(path, passed)).not.toBeNull();
  });
});
