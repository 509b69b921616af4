import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { requireKubectl } from '../k0rdent/support.js';
import { temporaryFolder } from '../support/git-fixtures.js';
import { filesBelow } from '../support/source-files.js';

const root = join(import.meta.dirname, '../..');
const { version, files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  version: string;
  files: string[];
};
/** The real npm, by its path: what comes before it on the PATH is for scripts that npm runs. */
const NPM = execFileSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).trim();
const QUIET = ['--offline', '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];

type Environment = Readonly<Record<string, string | undefined>>;

/** A user with an empty home, and a folder of its own for what npm installs globally. */
function newUser(): { home: string; prefix: string; env: Environment } {
  const home = temporaryFolder('kgit-home-');
  const prefix = join(home, 'npm');
  const kept = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name));
  const env = {
    ...Object.fromEntries(kept),
    HOME: home,
    PATH: `${join(prefix, 'bin')}:${process.env['PATH']}`,
  };
  return { home, prefix, env };
}

function run(program: string, args: readonly string[], cwd: string, env: Environment): string {
  return execFileSync(program, args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** What a user tries first, by both names of the program, in a folder that has nothing to do with it. */
function expectItRuns(env: Environment, from: string): void {
  requireKubectl();
  const cwd = temporaryFolder();
  expect(run('kgit', ['--version'], cwd, env)).toContain(`kgit/${version} `);
  expect(run('kubectl', ['kgit', '--version'], cwd, env)).toContain(`kgit/${version} `);
  expect(run('kgit', ['init', 'state'], cwd, env)).toContain('state repository');
  expect(realpathSync(run('sh', ['-c', 'command -v kgit'], cwd, env).trim())).toBe(join(from, 'bin/run.js'));
}

describe('npm install --global', () => {
  it('of the packed tarball needs neither network nor checkout', () => {
    const { home, prefix, env } = newUser();
    run(NPM, ['pack', '--ignore-scripts', `--pack-destination=${home}`, ...QUIET], root, env);
    run(NPM, ['install', '--global', '--prefix', prefix, `./kgit-${version}.tgz`, ...QUIET], home, env);
    expectItRuns(env, join(realpathSync(prefix), 'lib/node_modules/kgit'));
  });

  it('of a fresh clone installs what the build needs, builds, and links the clone', () => {
    const { home, prefix, env } = newUser();
    const clone = join(home, 'kgit');
    const tracked = ['src', 'scripts', 'package.json', 'package-lock.json', 'tsconfig.json', ...files];
    for (const path of tracked.filter((path) => !['dist', 'oclif.manifest.json'].includes(path)))
      cpSync(join(root, path), join(clone, path), { recursive: true });
    // In place of the registry: it gives the packages of this checkout, and notes how it was asked.
    const bin = join(home, 'bin');
    mkdirSync(bin);
    const registry = `#!/bin/sh\necho "$@" > ${home}/asked\nln -s ${root}/node_modules node_modules\n`;
    writeFileSync(join(bin, 'npm'), registry);
    chmodSync(join(bin, 'npm'), 0o755);
    const inner = { ...env, PATH: [bin, env['PATH']].join(delimiter) };
    run(NPM, ['install', '--global', '--prefix', prefix, '.', ...QUIET], clone, inner);
    const asked = readFileSync(join(home, 'asked'), 'utf8').split(/\s/);
    // npm hands --global down, by which the inner npm would refuse; with the scripts it would call this one again.
    expect(asked).toEqual(expect.arrayContaining(['ci', '--no-global', '--include=dev', '--ignore-scripts']));
    expectItRuns(env, clone);
  });
});

describe('the package', () => {
  const { env, home } = newUser();
  const listed = run(NPM, ['pack', '--dry-run', '--json', '--ignore-scripts', ...QUIET], root, {
    ...env,
    HOME: home,
  });
  const [{ files: entries }] = JSON.parse(listed) as [{ files: { path: string }[] }];
  const packed = new Set(entries.map(({ path }) => path));

  it('has every page that help, messages and pages point at', () => {
    const pages = [...packed].filter((path) => /\.(md|ya?ml|bash)$/.test(path));
    const texts = [...pages, 'oclif.manifest.json', ...filesBelow('src', '.ts')];
    const named = texts.flatMap((path) => {
      const text = readFileSync(join(root, path), 'utf8');
      return [...text.matchAll(/\bdocs\/[\w./-]+\.(?:md|ya?ml)/g)].map(([page]) => page);
    });
    expect(new Set(named).size).toBeGreaterThan(10);
    expect([...new Set(named)].filter((page) => !packed.has(page))).toEqual([]);
  });

  it('has what its pages link to', () => {
    const pages = [...packed].filter((path) => path.endsWith('.md') && !path.startsWith('templates/'));
    const missing = pages.flatMap((page) => {
      const links = readFileSync(join(root, page), 'utf8').matchAll(/\]\((?!https?:|#)([^)#\s]+)/g);
      return [...links]
        .map(([, link = '']) => join(page, '..', link))
        .filter((target) => !packed.has(target) && ![...packed].some((path) => path.startsWith(`${target}/`)))
        .map((target) => `${page}: ${target}`);
    });
    expect(missing).toEqual([]);
  });

  it('depends on no other package: what the program uses is part of it', () => {
    const { dependencies, optionalDependencies } = JSON.parse(
      readFileSync(join(root, 'package.json'), 'utf8'),
    );
    expect([dependencies, optionalDependencies]).toEqual([undefined, undefined]);
  });
});
