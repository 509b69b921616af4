import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { parseSources, readSources, type SourceFile } from './support/source-files.js';

/** A row of the tables in `docs/architecture.md`: `place` without `src/` and `.ts`, and what may be imported or used. */
interface Row {
  readonly place: string;
  readonly allowed: readonly string[];
}

const page = readFileSync(join(import.meta.dirname, '../docs/architecture.md'), 'utf8');
const withoutEnding = (path: string) => path.replace(/^src\//, '').replace(/(\/|\.ts)$/, '');

/** The rows of the table that begins with `head`, and what its columns `from` to `to` name in code font. */
function tableRows(head: string, from: number, to = from): Row[] {
  const start = page.indexOf(`| ${head} |`);
  if (start < 0) throw new Error(`docs/architecture.md has no table '${head}'`);
  const lines = page.slice(start, page.indexOf('\n\n', start)).split('\n').slice(2);
  return lines.map((line) => {
    const cells = line.split('|').slice(1, -1);
    const words = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word);
    const allowed = cells.slice(from, to + 1).flatMap(words);
    return { place: withoutEnding(words(cells[0] ?? '')[0] ?? ''), allowed };
  });
}

const LAYERS = tableRows('folder | what it holds | may import', 2);
const OUTSIDE = tableRows('folder | Node modules and packages | process, clock, chance', 1, 2);
const FILES = tableRows('file | also | why', 1);
const LAYER_NAMES = LAYERS.map(({ place }) => place);

const isWithin = (path: string, place: string) =>
  withoutEnding(path) === place || path.startsWith(`${place}/`);

/** The layer of a path, by the longest name that fits; undefined where the table names none. */
function layerOf(path: string): string | undefined {
  return LAYER_NAMES.filter((name) => isWithin(path, name)).sort((a, b) => b.length - a.length)[0];
}

function allowedIn(rows: readonly Row[], place: string | undefined): readonly string[] {
  return rows.find((row) => row.place === place)?.allowed ?? [];
}

/** What `file` imports and uses that no table allows. */
function breachesOf({ path, imports, uses }: SourceFile, own: readonly string[]): string[] {
  const layer = layerOf(path);
  const layers = [...allowedIn(LAYERS, layer), ...own];
  const outside = [...allowedIn(OUTSIDE, layer), ...own];
  const isAllowed = (target: string) =>
    target.endsWith('.ts')
      ? layer !== undefined &&
        (layerOf(target) === layer ||
          layers.some(
            (place) => isWithin(target, place) && !(isWithin(target, 'cli/start') && place === 'cli'),
          ))
      : outside.includes(target);
  return [...imports.filter((target) => !isAllowed(target)), ...uses.filter((use) => !outside.includes(use))];
}

function breaches(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) =>
    breachesOf(file, allowedIn(FILES, withoutEnding(file.path))).map((what) => `${file.path} -> ${what}`),
  );
}

/** Who imports a driver, beside the table of drivers and what opens git repositories. */
function driverUsers(files: readonly SourceFile[]): string[] {
  const isDriver = (path: string) => isWithin(path, 'backends') && !isWithin(path, 'backends/options');
  const isGit = (path: string) => path === 'gitstore/git-program.ts';
  return files
    .filter(
      ({ path, imports }) =>
        (imports.some(isDriver) && !isDriver(path) && path !== 'setup/drivers.ts') ||
        (imports.some(isGit) && path !== 'setup/git-driver.ts'),
    )
    .map(({ path }) => path);
}

/** The folders with too many files. */
function crowded(files: readonly SourceFile[]): string[] {
  const counts = new Map<string, number>();
  for (const { path } of files) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
  return [...counts.keys()].filter((folder) => folder !== 'commands' && (counts.get(folder) ?? 0) > 18);
}

const sources = readSources();
const seeded = (path: string, text: string) => breaches(parseSources(new Map([[path, text]])));

describe('the tables of docs/architecture.md', () => {
  it('have a row for each folder and file at the top of src/', () => {
    const layers = new Set(sources.map(({ path }) => layerOf(path) ?? path));
    // Drivers beside git's come there, and touch no table when they do.
    layers.add('backends');
    expect([...layers].sort()).toEqual([...LAYER_NAMES].sort());
  });

  it('let each layer import only from rows below its own, so that no two import each other', () => {
    const rank = (place: string | undefined) => LAYER_NAMES.indexOf(place ?? '');
    const upward = ({ place, allowed }: Row) =>
      allowed
        .filter((target) => rank(layerOf(target)) <= rank(layerOf(place)))
        .map((target) => `${place} -> ${target}`);
    expect(LAYERS.flatMap(upward)).toEqual([]);
    const imports = FILES.map(({ place, allowed }) => ({ place, allowed: allowed.filter(layerOf) }));
    expect(imports.flatMap(upward)).toEqual([]);
    expect(upward({ place: 'model', allowed: ['store/port', 'errors'] })).toEqual(['model -> store/port']);
  });

  it('name only layers, and files that need what they get', () => {
    expect(LAYERS.flatMap(({ allowed }) => allowed.filter((target) => !layerOf(target)))).toEqual([]);
    expect(OUTSIDE.filter(({ place }) => !LAYER_NAMES.includes(place))).toEqual([]);
    const idle = FILES.filter(({ place, allowed }) => {
      const file = sources.find(({ path }) => withoutEnding(path) === place);
      return allowed.some(
        (what) =>
          !file ||
          breachesOf(
            file,
            allowed.filter((one) => one !== what),
          ).length === 0,
      );
    });
    expect(idle.map(({ place }) => place)).toEqual([]);
  });
});

describe('the sources', () => {
  it('import and use what the tables allow', () => {
    expect(breaches(sources)).toEqual([]);
  });

  it('name a driver in the table of drivers alone', () => {
    expect(driverUsers(sources)).toEqual([]);
    const seeds = new Map([
      ['commands/init.ts', "import { gitStore } from '../gitstore/git-program.js';"],
      ['setup/composition.ts', "import { RedisStore } from '../backends/redis/redis-store.js';"],
      ['setup/drivers.ts', "await import('../backends/redis/redis-store.js');"],
    ]);
    expect(driverUsers(parseSources(seeds))).toEqual(['commands/init.ts', 'setup/composition.ts']);
  });

  it('lie in folders of at most 18 files, but for commands/', () => {
    expect(crowded(sources)).toEqual([]);
    const many = Array.from({ length: 19 }, (_, n) => [`model/x/${n}.ts`, ''] as const);
    expect(crowded(parseSources(new Map(many)))).toEqual(['model/x']);
  });
});

describe('the files of test/support/ that most test files import', () => {
  it('load no module of src/: each test file evaluates its modules anew', async () => {
    const names = ['git-fixtures', 'kgit', 'state-repository', 'fresh-process', 'hermetic-env'];
    const { metafile } = await build({
      entryPoints: names.map((name) => `test/support/${name}.ts`),
      ...{ bundle: true, packages: 'external', platform: 'node', format: 'esm' },
      ...{ write: false, outdir: 'dist', metafile: true },
    });
    expect(Object.keys(metafile.inputs)).toContain('test/support/git-fixtures.ts');
    expect(Object.keys(metafile.inputs).filter((file) => file.startsWith('src/'))).toEqual([]);
  });
});

describe('a breach is found', () => {
  it.each([
    ['an import', "import { Outbox } from '../../store/outbox/outbox.js';"],
    ['an import for its effect', "import '../../store/outbox/outbox.js';"],
    ['an import of a type', "import type { Outbox } from '../../store/outbox/outbox.js';"],
    ['an import of a type among others', "import { type Outbox } from '../../store/outbox/outbox.js';"],
    ['a type that is imported in place', "let x: import('../../store/outbox/outbox.js').Outbox;"],
    ['the type of a module', "let x: typeof import('../../store/outbox/outbox.js');"],
    ['an export of everything', "export * from '../../store/outbox/outbox.js';"],
    ['an export of everything by a name', "export * as box from '../../store/outbox/outbox.js';"],
    ['an export of a name', "export { Outbox } from '../../store/outbox/outbox.js';"],
    ['an export of a type', "export type { Outbox } from '../../store/outbox/outbox.js';"],
    ['import()', "await import('../../store/outbox/outbox.js');"],
    ['import() of a template literal', 'await import(`../../store/outbox/outbox.js`);'],
    ['import() of an escaped text', "await import('../../st\\u006fre/outbox/outbox.js');"],
    ['import = require()', "import box = require('../../store/outbox/outbox.js');"],
    ['a reference', '/// <reference path="../../store/outbox/outbox.ts" />\nexport {};'],
    ['the ending .ts', "import { Outbox } from '../../store/outbox/outbox.ts';"],
    ['no ending', "import { Outbox } from '../../store/outbox/outbox';"],
    ['a folder', "import { Outbox } from '../../store';"],
    ['a way around', "import { Outbox } from '../event/../../store/outbox/outbox.js';"],
    ['a path that is encoded', "import { Outbox } from '../../%73tore/outbox/outbox.js';"],
    ['a layer that no table names', "import { x } from '../../new/x.js';"],
    ['a file outside of src/', "import { x } from '../../../test/support/kgit.js';"],
    ['the package itself', "import { openStore } from 'kgit';"],
    ['an absolute path', "import { x } from '/src/store/outbox/outbox.js';"],
  ])('%s of another layer', (_what, text) => {
    expect(seeded('model/event/event.ts', text)).toHaveLength(1);
  });

  it.each([
    ['a computed import', 'const name = "x"; await import(name);', 'computed import'],
    [
      'a template with a part',
      'await import(`../../$' + '{layer()}/x.js`); function layer() {}',
      'computed import',
    ],
    ['a text in two parts', "await import('../../store/' + 'outbox/outbox.js');", 'computed import'],
    [
      'a computed type',
      "let x: import('../../store/outbox/outbox.js', {}).Outbox;",
      'store/outbox/outbox.ts',
    ],
    ['require', "require('../../store/outbox/outbox.js');", 'require'],
    ['require by another name', "const load = require; load('fs');", 'require'],
    ['module.require', "module.require('fs');", 'require'],
    ['a declared require', "declare const require: any; require('fs');", 'declare'],
    ['a Node module', "import { readFileSync } from 'node:fs';", 'fs'],
    ['a Node module without its prefix', "import { spawn } from 'child_process';", 'child_process'],
    ['a type of a Node module', "import type { Readable } from 'node:stream';", 'stream'],
    ['import() of a Node module', "await import('node:fs');", 'fs'],
    ['a package', "import { Command } from '@oclif/core';", '@oclif/core'],
    ['a part of a package', "import { z } from 'zod';", 'zod'],
    ['a process that is imported', "import me from 'node:process'; me.env;", 'process'],
    ['a part of process that is imported', "import { env } from 'process'; env;", 'process'],
    ['node:console', "import { log } from 'node:console'; log(1);", 'console'],
    ['process', "process.env['X'];", 'process'],
    ['process by a text', "process['env'];", 'process'],
    ['process in parts', 'const { env, ...rest } = process;', 'process'],
    ['process by another name', 'const me = process; me.env;', 'process'],
    ['process as a default', 'export function f(env = process.env) {}', 'process'],
    ['process in an object', 'export const all = { process };', 'process'],
    ['process that is exported', 'export { process as me };', 'process'],
    ['process as a base class', 'export class X extends process.X {}', 'process'],
    ['process beside a type of its name', 'interface process {} process.env;', 'process'],
    ['process beside a variable elsewhere', 'function f(process: object) {} process.env;', 'process'],
    ['typeof process', "typeof process !== 'undefined';", 'process'],
    ['process in a template', '`$' + '{process.pid}`;', 'process'],
    ['globalThis', 'globalThis.process.cwd();', 'globalThis'],
    ['globalThis by a text', "globalThis['process'];", 'globalThis'],
    ['globalThis by parts of a text', "globalThis['pro' + 'cess'];", 'globalThis'],
    ['globalThis by another name', 'const here = globalThis; here.process;', 'globalThis'],
    ['globalThis in parts', 'const { process: me } = globalThis;', 'globalThis'],
    ['globalThis with a type', '(globalThis as any).process;', 'globalThis'],
    ['globalThis through Reflect', "Reflect.get(globalThis, 'process');", 'globalThis'],
    ['global', 'global.process;', 'globalThis'],
    ['console', 'console.log(1);', 'console'],
    ['console in parts', 'const { log } = console;', 'console'],
    ['eval', "eval('process');", 'eval'],
    ['eval by the way', "(0, eval)('process');", 'eval'],
    ['Function', "new Function('return process')();", 'eval'],
    ['the constructor of a function', "(() => {}).constructor('return process')();", 'eval'],
    ['the constructor by a text', "(() => {})['constructor']('return process')();", 'eval'],
    ['fetch', "await fetch('https://x');", 'fetch'],
    ['a global that nobody knows', 'navigator.userAgent;', 'navigator'],
    ['the time', 'Date.now();', 'clock'],
    ['the time by a text', "Date['now']();", 'clock'],
    ['the time as a date', 'new Date();', 'clock'],
    ['the time without brackets', 'new Date;', 'clock'],
    ['the time as a text', 'Date();', 'clock'],
    ['the time through a spread', 'new Date(...[]);', 'clock'],
    ['the time in parts', 'const { now } = Date;', 'clock'],
    ['the time by another name', 'const D = Date; new D();', 'clock'],
    ['the time through Intl', 'new Intl.DateTimeFormat().format();', 'Intl'],
    ['performance', 'performance.now();', 'clock'],
    ['chance', 'Math.random();', 'chance'],
    ['chance by a text', "Math['random']();", 'chance'],
    ['chance in parts', 'const { random } = Math;', 'chance'],
  ])('%s', (_what, text, found) => {
    expect(seeded('model/event/event.ts', text)).toEqual([`model/event/event.ts -> ${found}`]);
  });

  it('createRequire and its like, also where process and modules are allowed', () => {
    const text = "import { createRequire } from 'node:module'; createRequire('x')('fs');";
    expect(seeded('cli/start/main.ts', text)).toContain('cli/start/main.ts -> module');
    expect(seeded('cli/start/main.ts', text)).toContain('cli/start/main.ts -> require');
    const loads = "process.getBuiltinModule('fs'); process['getBuiltinModule']('fs');";
    expect(seeded('cli/start/main.ts', loads)).toEqual(Array(2).fill('cli/start/main.ts -> require'));
  });

  it('in a driver that knows more of the store than its ports', () => {
    const publisher = "import { Publisher } from '../store/publish/publisher.js';";
    expect(seeded('gitstore/git-store.ts', publisher)).toHaveLength(1);
    expect(seeded('backends/file/file-store.ts', `${publisher.replace('../', '../../')}`)).toHaveLength(1);
    expect(seeded('gitstore/git-store.ts', "import '../store/local/durable-files.js';")).toEqual([]);
  });

  it('in a file of a folder that no table names', () => {
    expect(seeded('new/x.ts', "import '../errors.js';")).toEqual(['new/x.ts -> errors.ts']);
    expect(seeded('cli/base/x.ts', "import '../start/main.js';")).toEqual([
      'cli/base/x.ts -> cli/start/main.ts',
    ]);
  });

  it('and what only looks like one is none', () => {
    const texts = [
      "import { KgitError } from '../../errors.js'; import './event-file.js'; export * from './action';",
      'new Date(0); Date.parse("x"); Date.UTC(0); export const is = (x: unknown) => x instanceof Date;',
      'Math.max(1, 2); const post = { process: 1, fetch() {} }; post.process; const { process: one } = post; one;',
      'export function f(process: { env: object }) { return process.env; } export type P<T> = NodeJS.Process & T;',
      'new Map([[1, 2]]); JSON.parse("{}"); Object.keys({}); f(); function f() { arguments; }',
      'for (const [require] of []) require; class X { static y = X; } const z = class A { b = A; }; X; z;',
      'label: for (;;) break label; try { } catch (module) { module; } export const name = f.constructor.name; declared(); import { f, declared } from "./x.js";',
    ];
    for (const text of texts) expect(seeded('model/event/event.ts', text)).toEqual([]);
  });
});
