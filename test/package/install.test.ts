import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { requireKubectl } from '../k0rdent/support.js';
import { temporaryFolder } from '../support/git-fixtures.js';
import { filesBelow } from '../support/source-files.js';
import {
  documented,
  type Environment,
  expectKeptCode,
  files,
  NPM,
  newUser,
  packedTarball,
  QUIET,
  removal,
  root,
  run,
  version,
} from './packed.js';

/** A port at which nothing listens: a registry that cannot be reached. */
const NO_REGISTRY = 'http://127.0.0.1:9/';
/** The most that the package may take, in bytes: packed, and on the disk. */
const MOST_PACKED = 3_200_000;
const MOST_UNPACKED = 11_500_000;

/** What a user tries first, by both names of the program, in a folder that has nothing to do with it. */
function expectItRuns(env: Environment, from: string): void {
  requireKubectl();
  const cwd = temporaryFolder();
  expect(run('kgit', ['--version'], cwd, env)).toContain(`kgit/${version} `);
  expect(run('kubectl', ['kgit', '--version'], cwd, env)).toContain(`kgit/${version} `);
  expect(run('kgit', ['init', 'state'], cwd, env)).toContain('state repository');
  expect(realpathSync(run('sh', ['-c', 'command -v kgit'], cwd, env).trim())).toBe(join(from, 'bin/run.js'));
}

/** The files and links below a folder. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => !entry.isDirectory())
    .map(({ name }) => name);
}

describe('npm install --global', () => {
  it('of the packed tarball, as docs/install.md has it, needs neither network nor checkout, and runs no script', () => {
    const { home, prefix, env: own } = newUser();
    packedTarball(home);
    // With the last, npm shows the name of each script that it runs.
    const npm = { prefix, registry: NO_REGISTRY, audit: 'false', fund: 'false', foreground_scripts: 'true' };
    const settings = Object.entries(npm).map(([name, value]) => [`npm_config_${name}`, value] as const);
    const env = { ...own, ...Object.fromEntries(settings) };
    const shown = run('sh', ['-ec', documented('npm').replace(' --ignore-scripts', '')], home, env);
    expect(shown).not.toContain('> kgit@');
    expect(shown.match(new RegExp(`^kgit/${version} `, 'gm'))).toHaveLength(2);
    expectItRuns(env, join(realpathSync(prefix), 'lib/node_modules/kgit'));
    const pages = readdirSync(join(prefix, 'share/man/man1'));
    expect(pages.sort()).toEqual(readdirSync(join(root, 'dist/man')).sort());
    expect(run('sh', ['-ec', documented('manual')], home, env)).toContain('KGIT(1)');

    for (const shell of ['bash', 'zsh', 'fish'])
      run('sh', ['-ec', documented(`completion ${shell}`)], home, env);
    const bash = '. ~/.local/share/bash-completion/completions/kgit && complete -p kgit';
    expect(run('bash', ['-c', bash], home, env)).toContain('kgit');
    expect(run('zsh', ['-ic', 'echo $_comps[kgit]'], home, env)).toBe('_kgit\n');
    const fish = { ...env, XDG_CONFIG_HOME: undefined };
    expect(run('fish', ['-c', "complete -C 'kgit push-e'"], home, fish)).toContain('push-event');

    const program = join(prefix, 'lib/node_modules/kgit');
    // Nothing runs at installation, but whoever installs for others may keep code for them.
    expect(existsSync(join(program, 'dist/code'))).toBe(false);
    run('sh', ['-ec', documented('all users')], home, env);
    expectKeptCode(program);

    run('sh', ['-ec', removal('npm, from source')], home, env);
    expect(filesIn(prefix)).toEqual([]);

    // Into a folder of the user's own, beside what completion left there.
    const before = filesIn(join(home, '.local'));
    const local = `${documented('npm prefix')}\ncommand -v kgit`;
    expect(run('sh', ['-ec', local], home, env)).toContain(join(home, '.local/bin/kgit'));
    run('sh', ['-ec', removal('npm, into a folder of your own')], home, env);
    expect(filesIn(join(home, '.local'))).toEqual(before);
  });

  it('of a fresh clone installs what the build needs, builds, and links the clone', () => {
    const { home, prefix, env } = newUser();
    const clone = join(home, 'kgit');
    const tracked = ['src', 'scripts', 'package.json', 'package-lock.json', 'tsconfig.json', ...files];
    for (const path of tracked.filter(
      (path) => !['dist', '!dist/code', 'oclif.manifest.json'].includes(path),
    ))
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
  const [{ files: entries, size, unpackedSize }] = JSON.parse(listed) as [
    { files: { path: string }[]; size: number; unpackedSize: number },
  ];
  const { scripts, dependencies, optionalDependencies } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  );
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

  it('is small, and has neither sources nor tests', () => {
    console.info(`the package has ${size} bytes, unpacked ${unpackedSize} in ${entries.length} files`);
    expect(size).toBeLessThan(MOST_PACKED);
    expect(unpackedSize).toBeLessThan(MOST_UNPACKED);
    expect([...packed].filter((path) => /^(src|test|scripts|bench|packaging)\/|\.map$/.test(path))).toEqual(
      [],
    );
    expect([...packed].filter((path) => /(?<!\.d)\.[cm]?ts$/.test(path))).toEqual([]);
    // A script that npm would run at the user's has nothing to run.
    for (const name of ['preinstall', 'install', 'postinstall']) expect(scripts).not.toHaveProperty(name);
  });

  it('names the packages of which it has code, each with its licence', () => {
    const folder = join(root, 'dist/program');
    // The first line of each script names its sources.
    const heads = readdirSync(folder).map(
      (name) => readFileSync(join(folder, name), 'utf8').split('\n', 1)[0],
    );
    const sources = heads.flatMap((head) => head?.split(' ') ?? []);
    const bundled = sources.flatMap(
      (path) => /^(?![\w-]+:).*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? [],
    );
    const bill = JSON.parse(readFileSync(join(root, 'dist/sbom.cdx.json'), 'utf8')) as {
      components: { group?: string; name: string; version: string; 'bom-ref': string; licenses: object[] }[];
    };
    const named = bill.components.map(({ group, name }) => (group ? `${group}/${name}` : name));
    expect([...new Set(bundled)].filter((name) => !named.includes(name))).toEqual([]);
    // The page and the library have some of their own; what only tests and tools use is not there.
    expect(named).toEqual(expect.arrayContaining(['preact', 'uplot', 'zod', 'yaml']));
    expect(named.filter((name) => /vitest|biome|esbuild|typescript|ajv/.test(name))).toEqual([]);
    const references = bill.components.map((one) => one['bom-ref']);
    expect(new Set(references).size).toBe(references.length);
    for (const { licenses } of bill.components) expect(licenses).toHaveLength(1);
    const [, ...parts] = readFileSync(join(root, 'dist/THIRD-PARTY-LICENSES'), 'utf8').split(/^={80}\n/m);
    const texts = new Map<string, string>();
    for (let at = 0; at < parts.length; at += 2)
      for (const name of parts[at]?.match(/^\S+ \S+(?= \()/gm) ?? []) texts.set(name, parts[at + 1] ?? '');
    expect([...texts.keys()].sort()).toEqual(
      bill.components.map(({ version }, i) => `${named[i]} ${version}`).sort(),
    );
    for (const [name, text] of texts) expect(text.length, name).toBeGreaterThan(500);
  });

  it('depends on no other package: what the program uses is part of it', () => {
    expect([dependencies, optionalDependencies]).toEqual([undefined, undefined]);
  });
});
