import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { build } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { libraryBuild } from '../../scripts/library-build.mjs';
import { cloneOf, git, temporaryFolder } from '../support/git-fixtures.js';
import { kgitJson } from '../support/kgit.js';
import { sharedState } from '../support/state-repository.js';

const root = join(import.meta.dirname, '../..');
const run = (cwd: string, program: string, args: readonly string[]) =>
  execFileSync(program, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
let project: string;

/** A project that has the packed package, and nothing that it depends on. */
beforeAll(() => {
  project = temporaryFolder('kgit-project-');
  run(root, process.execPath, ['scripts/types.mjs']);
  const pack = ['pack', '--ignore-scripts', '--offline', '--json', '--loglevel=error'];
  const [{ filename }] = JSON.parse(run(root, 'npm', [...pack, `--pack-destination=${project}`]));
  const folder = join(project, 'node_modules/kgit');
  mkdirSync(folder, { recursive: true });
  run(project, 'tar', ['-xzf', filename, '--strip-components=1', '-C', folder]);
  cpSync(join(root, 'examples/library/record-upgrade.mjs'), join(project, 'record-upgrade.mjs'));
});

describe('the packed package', () => {
  it('runs the example of the documentation, which ends by itself', async () => {
    const remote = sharedState({ 'deployments/dep-a/state.yaml': 'kof:\n  version: 1.4.0\n' });
    const path = cloneOf(remote);
    await kgitJson(path, ['push-event', 'cluster_created', '--cluster', 'prod']);
    const said = run(project, process.execPath, ['record-upgrade.mjs', path, '1.5.0']);
    const day = new Date().toISOString().slice(0, 10);
    expect(said.trimEnd().split('\n')).toEqual([
      'kof.version: 1.4.0 -> 1.5.0',
      '1 clusters, published',
      `${day} kof_upgraded cluster/default/kcm-system/prod by upgrade-bot`,
      `${day} kof_upgraded deployment/dep-a by upgrade-bot`,
    ]);
    expect(git(remote, 'log', '-2', '--format=%an', 'main')).toBe('upgrade-bot\nupgrade-bot');
  });

  it('has types: the example passes the compiler, mistakes do not', () => {
    writeFileSync(
      join(project, 'mistakes.mts'),
      `import { openStore } from 'kgit';
const store = await openStore('.', { usr: 'ada' });
await store.pushEvent({ action: 'a' });
await store.pushEvent({ subject: 'cluster/a', action: 'a', outcome: 'maybe' });
await store.set({ a: new Date() });
const phase: string = await store.get('a');
`,
    );
    const strict = [
      '--strict',
      '--noEmit',
      '--module',
      'nodenext',
      '--target',
      'es2023',
      '--skipDefaultLibCheck',
    ];
    const node = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')];
    const files = ['--allowJs', '--checkJs', 'record-upgrade.mjs', 'mistakes.mts'];
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const { stdout } = spawnSync(process.execPath, [tsc, ...strict, ...node, ...files], {
      cwd: project,
      encoding: 'utf8',
    });
    const found = stdout.split('\n').flatMap((line) => /^(\S+\(\d+),\d+\): error/.exec(line)?.[1] ?? []);
    expect(found).toEqual([2, 3, 4, 5, 6].map((line) => `mistakes.mts(${line}`));
  });

  it('holds what it exports, and the schemas', () => {
    const folder = join(project, 'node_modules/kgit');
    const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    for (const file of Object.values<string>(exports['.'])) expect(existsSync(join(folder, file))).toBe(true);
    const asked = `import schema from 'kgit/schemas/results/GetResult.schema.json' with { type: 'json' };
process.stdout.write(schema.title);`;
    expect(run(project, process.execPath, ['--no-warnings', '--input-type=module', '-e', asked])).toBe(
      'GetResult',
    );
  });
});

it('the library has no oclif in it, and loads at once what every call needs', async () => {
  const { metafile } = await build({ ...libraryBuild, write: false, metafile: true });
  const outputs = Object.entries(metafile.outputs);
  const packagesOf = (paths: readonly string[]) =>
    [...new Set(paths.flatMap((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []))].sort();
  expect(packagesOf(Object.keys(metafile.inputs)).filter((name) => /oclif/.test(name))).toEqual([]);
  const outside = outputs
    .flatMap(([, { imports }]) => imports)
    // Newer Nodes have modules that this one does not know.
    .filter(({ path, external }) => external && !isBuiltin(path) && !path.startsWith('node:'));
  expect(outside).toEqual([]);
  const atOnce = new Set<string>();
  const follow = (path: string): void => {
    if (atOnce.has(path)) return;
    atOnce.add(path);
    for (const one of metafile.outputs[path]?.imports ?? [])
      if (one.kind === 'import-statement' && !one.external) follow(one.path);
  };
  follow('dist/library.js');
  const inputs = [...atOnce].flatMap((path) => Object.keys(metafile.outputs[path]?.inputs ?? {}));
  expect(packagesOf(inputs)).toEqual(['yaml']);
});
