import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type KgitRun, kgit } from './kgit.js';

interface CoveredScript {
  readonly url: string;
  readonly functions: readonly {
    readonly functionName: string;
    readonly ranges: readonly { count: number }[];
  }[];
}

/** A module that runs on demand is wrapped in a function named after its file. */
const FILE = /^(?:src|node_modules)\/.+\.\w+$/;

/** What a run of the built program loaded. */
export interface Loaded {
  readonly run: KgitRun;
  /** Source files and files of packages whose code ran. */
  readonly modules: readonly string[];
  /** The packages among them. */
  readonly packages: readonly string[];
}

/** The executed modules of a loaded script: on-demand modules if V8 counted them, and all others. */
function modulesOf({ url, functions }: CoveredScript): string[] {
  const ran = functions.filter(({ ranges }) => ranges[0]?.count).map(({ functionName }) => functionName);
  const text = readFileSync(fileURLToPath(url), 'utf8');
  const [firstLine = ''] = text.split('\n', 1);
  const made = firstLine.split(' ').filter((path) => FILE.test(path));
  return made.filter((path) => !text.includes(`"${path}"(`) || ran.includes(path));
}

/** Runs the built program and reads from V8 which code ran. */
export async function loadedModules(cwd: string, args: readonly string[]): Promise<Loaded> {
  const folder = mkdtempSync(join(tmpdir(), 'kgit-coverage-'));
  const run = await kgit(cwd, args, { env: { NODE_V8_COVERAGE: folder } });
  const scripts = readdirSync(folder).flatMap(
    (file) => (JSON.parse(readFileSync(join(folder, file), 'utf8')) as { result: CoveredScript[] }).result,
  );
  const program = scripts.filter(({ url }) => url.includes('/dist/program/'));
  const modules = [...new Set(program.flatMap(modulesOf))].sort();
  const names = modules.flatMap((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []);
  return { run, modules, packages: [...new Set(names)].sort() };
}
