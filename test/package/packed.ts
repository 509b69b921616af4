import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { temporaryFolder } from '../support/git-fixtures.js';

export const root = join(import.meta.dirname, '../..');
export const { version, files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  version: string;
  files: string[];
};
/** The real npm, by its path: what comes before it on the PATH is for scripts that npm runs. */
export const NPM = execFileSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).trim();
export const QUIET = ['--offline', '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];

export type Environment = Readonly<Record<string, string | undefined>>;

/** A user with an empty home, and a folder of its own for what npm installs globally. */
export function newUser(): { home: string; prefix: string; env: Environment } {
  const home = temporaryFolder('kgit-home-');
  const prefix = join(home, 'npm');
  const kept = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name));
  const env = {
    ...Object.fromEntries(kept),
    HOME: home,
    XDG_CACHE_HOME: undefined,
    PATH: `${join(prefix, 'bin')}:${process.env['PATH']}`,
  };
  return { home, prefix, env };
}

export function run(program: string, args: readonly string[], cwd: string, env: Environment): string {
  return execFileSync(program, args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

const page = () => readFileSync(join(root, 'docs/install.md'), 'utf8');

/** The commands of a part of docs/install.md. */
export function documented(part: string): string {
  const [, after = ''] = page().split(`<!-- install: ${part} -->\n\`\`\`sh\n`);
  const [commands = ''] = after.split('```');
  if (commands === '') throw new Error(`docs/install.md has no commands for ${part}`);
  return commands;
}

/** The command that docs/install.md removes kgit with, where it was installed in this way. */
export function removal(way: string): string {
  const [, command] =
    page()
      .split(`\n| ${way} | \``)[1]
      ?.match(/^([^`]+)`/) ?? [];
  if (command === undefined) throw new Error(`docs/install.md does not say how to remove kgit of ${way}`);
  return command;
}

/** Packs the built program as `npm pack` does, without building it again, into a folder; returns the path of the tarball. */
function pack(folder: string): string {
  run(NPM, ['pack', '--ignore-scripts', `--pack-destination=${folder}`, ...QUIET], root, newUser().env);
  return join(folder, `kgit-${version}.tgz`);
}

/** The built program as `npm pack` packs it, in a folder; the first file of a run that asks for it packs it for all. */
export function packedTarball(folder = temporaryFolder('kgit-pack-')): string {
  const kept = join(process.env['CACHE_OF_TESTS'] ?? temporaryFolder(), `kgit-${version}.tgz`);
  // Whole at once: other workers copy it.
  if (!existsSync(kept)) renameSync(pack(temporaryFolder('kgit-pack-')), kept);
  const tarball = join(folder, `kgit-${version}.tgz`);
  copyFileSync(kept, tarball);
  return tarball;
}

/** Runs a checker; what it says if it does not end with 0, else nothing. Throws Error if it is not there. */
export function complaints(program: string, args: readonly string[], env: Environment = process.env): string {
  try {
    execFileSync(program, args, { env, encoding: 'utf8', stdio: 'pipe' });
    return '';
  } catch (thrown) {
    const { code, stdout, stderr } = thrown as NodeJS.ErrnoException & { stdout: string; stderr: string };
    if (code !== undefined) throw new Error(`${program}: ${code} (.ci/run installs it)`, { cause: thrown });
    return `${stdout}${stderr}`;
  }
}

/** The code that bin/keep-code.sh keeps beside an installed program is there, and only its owner can write it. */
export function expectKeptCode(program: string): void {
  const folder = join(program, 'dist/code');
  const commands = [
    'get',
    'help',
    'list',
    'log',
    'push-event',
    'set',
    'status',
    'sync',
    'validate',
    'version',
  ];
  const [id] = readdirSync(folder)[0]?.split('-') ?? [];
  const here = `${id}-node${process.versions.node}-${process.arch}`;
  const expected = [...commands.map((command) => `${here}-${command}`), 'git-checked'];
  expect(readdirSync(folder).sort()).toEqual(expected);
  // Without code there would be the notes of first runs.
  expect(expected.filter((name) => statSync(join(folder, name)).size === 0)).toEqual([]);
  const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);
  expect(modeOf(folder)).toBe('755');
  expect(new Set(readdirSync(folder).map((name) => modeOf(join(folder, name))))).toEqual(new Set(['644']));
  expect(readdirSync(join(program, 'dist'))).not.toContain('code.new');
}
