import { describe, expect, it } from 'vitest';
import { parseSource, readSources, type SourceFile } from './support/source-files.js';

/** Layer by layer, from the command line down: which others a layer may import. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'cli/start': [
    'commands',
    'cli',
    'process',
    'terminal',
    'setup',
    'gitstore',
    'model',
    'package-root',
    'errors',
  ],
  commands: [
    ...['cli', 'demo', 'app', 'setup', 'sync', 'review', 'k0rdent', 'store'],
    ...['process', 'terminal', 'model', 'errors'],
  ],
  cli: [
    ...['app', 'setup', 'sync', 'review', 'k0rdent', 'store'],
    ...['process', 'terminal', 'model', 'errors'],
  ],
  library: ['app', 'setup', 'store', 'model', 'errors'],
  demo: ['setup', 'gitstore', 'k0rdent', 'store', 'model', 'errors'],
  app: [
    ...['setup', 'forge', 'gitstore', 'review', 'k0rdent', 'store'],
    ...['process', 'terminal', 'model', 'errors'],
  ],
  setup: ['forge', 'gitstore', 'backends', 'store', 'model', 'package-root', 'errors'],
  backends: ['store', 'model', 'errors'],
  gitstore: ['store', 'model', 'errors'],
  sync: ['store', 'model', 'errors'],
  forge: ['store', 'model', 'errors'],
  review: ['store', 'model', 'errors'],
  k0rdent: ['model', 'errors'],
  store: ['model', 'errors'],
  process: ['terminal', 'model', 'errors'],
  terminal: ['model', 'errors'],
  model: ['errors'],
  errors: [],
  'package-root': [],
};
/** These work where there is no store, too, or none yet, or on what only git has, so they talk to it themselves. */
const TALK_TO_GIT = [
  ...['commands/init.ts', 'commands/clone.ts', 'commands/doctor.ts', 'commands/merge-state.ts'],
  ...['commands/backup.ts', 'commands/restore.ts'],
];
/** Who starts other programs: git, kubectl, and the command that the user gives to `kgit run`. */
const RUN_PROGRAMS = ['gitstore', 'k0rdent', 'process'];
/** What a driver may know of the store: the port, and tools that know nothing of the store themselves. */
const PORT = [
  ...['store/port/state-store.ts', 'store/port/lease-store.ts', 'store/port/review-store.ts'],
  ...['store/port/host.ts', 'store/local/durable-files.ts'],
];
/** The layers that get clock, chance, environment and streams handed in. */
const PURE = [
  'sync',
  'k0rdent',
  'review',
  'demo',
  'forge',
  'gitstore',
  'backends',
  'store',
  'model',
  'errors',
];

function layerOf(path: string): string {
  if (path.startsWith('cli/start/')) return 'cli/start';
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : path.replace(/\.ts$/, '');
}

/** The breaches of the layers' direction. */
function layerBreaches(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, imports }) => {
    const layer = layerOf(path);
    const allowed = [
      layer,
      ...(MAY_IMPORT[layer] ?? []),
      ...(TALK_TO_GIT.includes(path) ? ['gitstore'] : []),
    ];
    return imports
      .filter(({ target, isOwn }) => isOwn && !allowed.includes(layerOf(target)))
      .map(({ target }) => `${path} -> ${target}`);
  });
}

/** The breaches of 'drivers know the port alone, and only the composition constructs them'. */
function driverBreaches(files: readonly SourceFile[]): string[] {
  const isDriver = (path: string) => path === 'gitstore/git-store.ts' || layerOf(path) === 'backends';
  return files.flatMap(({ path, imports }) => {
    const own = imports.filter(({ isOwn }) => isOwn).map(({ target }) => target);
    const isDriverCode = ['gitstore', 'backends'].includes(layerOf(path));
    const bad = own.filter((target) =>
      isDriverCode
        ? layerOf(target) === 'store' && !PORT.includes(target)
        : isDriver(target) && path !== 'setup/composition.ts',
    );
    return bad.map((target) => `${path} -> ${target}`);
  });
}

/** The breaches of 'only `places` (layers, files) may use the package `name`'; a type alone is no use. */
function packageBreaches(files: readonly SourceFile[], name: RegExp, places: readonly string[]): string[] {
  return files
    .filter(({ path }) => !places.includes(layerOf(path)) && !places.includes(path))
    .flatMap(({ path, imports }) =>
      imports
        .filter(({ target, isTypeOnly }) => name.test(target) && !isTypeOnly)
        .map(({ target }) => `${path} -> ${target}`),
    );
}

/** Of the library the entry alone, which takes its presets from the process. */
const isPure = (path: string) =>
  PURE.includes(layerOf(path)) || (layerOf(path) === 'library' && path !== 'library/library.ts');

function impureFiles(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path }) => isPure(path))
    .flatMap(({ path, imports, impurities }) => [
      ...impurities.map((what) => `${path}: ${what}`),
      ...imports
        .filter(({ target }) => /^(node:)?process$/.test(target))
        .map(({ target }) => `${path}: ${target}`),
    ]);
}

const CLI_LAYERS = ['cli/start', 'cli', 'commands'];
const sources = readSources();
const seeded = (path: string, text: string) => [parseSource(path, text)];

describe('the layers', () => {
  it('names every folder and file at the top of src/', () => {
    expect([...new Set(sources.map(({ path }) => layerOf(path)))].sort()).toEqual(
      Object.keys(MAY_IMPORT).sort(),
    );
  });

  it('import downwards only', () => {
    expect(layerBreaches(sources)).toEqual([]);
    expect(
      layerBreaches(seeded('model/event/event.ts', "import { Outbox } from '../../store/outbox/outbox.js';")),
    ).toHaveLength(1);
    expect(
      layerBreaches(seeded('store/outbox/outbox.ts', "export * from '../../gitstore/process/git.js';")),
    ).toHaveLength(1);
    expect(
      layerBreaches(seeded('commands/set.ts', "await import('../gitstore/process/git.js');")),
    ).toHaveLength(1);
    expect(
      layerBreaches(
        seeded('k0rdent/observe/list.ts', "import type { Settings } from '../../setup/settings.js';"),
      ),
    ).toHaveLength(1);
  });

  it('keep the drivers behind the port, constructed in the composition alone', () => {
    expect(driverBreaches(sources)).toEqual([]);
    const usesStore = seeded(
      'gitstore/git-store.ts',
      "import { Publisher } from '../store/publish/publisher.js';",
    );
    expect(driverBreaches(usesStore)).toHaveLength(1);
    const constructs = seeded('commands/init.ts', "import { GitStore } from '../gitstore/git-store.js';");
    expect(driverBreaches(constructs)).toHaveLength(1);
  });

  it("run other programs in gitstore and k0rdent only, and the user's own command in one file", () => {
    expect(packageBreaches(sources, /^(node:)?child_process$/, RUN_PROGRAMS)).toEqual([]);
    expect(packageBreaches(sources, /^(simple-git|isomorphic-git)/, ['gitstore'])).toEqual([]);
    const spawns = seeded('store/outbox/outbox.ts', "import { spawn } from 'node:child_process';");
    expect(packageBreaches(spawns, /^(node:)?child_process$/, RUN_PROGRAMS)).toHaveLength(1);
  });

  it('know oclif at the command line only', () => {
    expect(packageBreaches(sources, /^@oclif\//, CLI_LAYERS)).toEqual([]);
  });

  it('get clock, chance, environment and streams handed in, below the composition', () => {
    expect(impureFiles(sources)).toEqual([]);
    const impure =
      'process.env["X"]; console.log(1); Date.now(); new Date(); Math.random(); globalThis.process.cwd();';
    expect(impureFiles(seeded('model/event/event.ts', impure))).toHaveLength(6);
    expect(impureFiles(seeded('library/store.ts', impure))).toHaveLength(6);
    expect(impureFiles(seeded('model/event/event.ts', 'new Date(0); const post = { process: 1 };'))).toEqual(
      [],
    );
  });
});
