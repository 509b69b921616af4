import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type KgitRun, kgitProcess } from './kgit.js';

interface CoveredScript {
  readonly url: string;
  readonly functions: readonly {
    readonly functionName: string;
    readonly ranges: readonly { count: number; startOffset: number }[];
  }[];
}

/** A module of a package that runs on demand is a function, whose first statement is the name of its file. */
const ON_DEMAND = /function\s*\((?:exports\d*(?:,\s*module\d*)?)?\)\s*\{\s*"([^"]+)";/;
/** Characters in which that name is found. */
const BEGIN = 500;

const FILE = /^(?:src|node_modules)\/.+\.\w+$/;

/** The name of a script, which is that of the function around it. */
const SCRIPT = /^[^/]+\.cjs$/;

/** What a run of the built program loaded. */
export interface Loaded {
  readonly run: KgitRun;
  /** Number of the program's files that were opened. */
  readonly files: number;
  /** Source files and files of packages whose code ran. */
  readonly modules: readonly string[];
  /** The packages among them. */
  readonly packages: readonly string[];
}

/** The executed modules of a file: of its scripts that ran, on-demand modules if V8 counted them, and all others. */
function modulesOf({ url, functions }: CoveredScript): string[] {
  const whole = readFileSync(fileURLToPath(url), 'utf8');
  // The build breaks long lines, also inside strings.
  const unbroken = (text: string) => text.replaceAll('\\\n', '');
  const ran = new Set(
    functions.flatMap(({ functionName, ranges: [range] }) => {
      if (!range?.count) return [];
      const begin = unbroken(whole.slice(range.startOffset, range.startOffset + BEGIN));
      return [functionName, new RegExp(`^${ON_DEMAND.source}`).exec(begin)?.[1] ?? ''];
    }),
  );
  const text = unbroken(whole);
  const onDemand = new Set([...text.matchAll(new RegExp(ON_DEMAND, 'g'))].map(([, path]) => path));
  const [firstLine = ''] = text.split('\n', 1);
  const modules: string[] = [];
  let script = '';
  for (const word of firstLine.split(' ')) {
    if (SCRIPT.test(word)) script = word;
    const isMade = FILE.test(word) && ran.has(script);
    const isWrapped = onDemand.has(word) || text.includes(`"${word}"(`) || text.includes(`"${word}"\n(`);
    if (isMade && (!isWrapped || ran.has(word))) modules.push(word);
  }
  return modules;
}

/** Runs the built program and reads from V8 which code ran. */
export async function loadedModules(cwd: string, args: readonly string[]): Promise<Loaded> {
  const folder = mkdtempSync(join(tmpdir(), 'kgit-coverage-'));
  const run = await kgitProcess(cwd, args, { env: { NODE_V8_COVERAGE: folder } });
  const scripts = readdirSync(folder).flatMap(
    (file) => (JSON.parse(readFileSync(join(folder, file), 'utf8')) as { result: CoveredScript[] }).result,
  );
  const program = scripts.filter(({ url }) => url.includes('/dist/program/'));
  const modules = [...new Set(program.flatMap(modulesOf))].sort();
  const names = modules.flatMap((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []);
  return { run, files: program.length, modules, packages: [...new Set(names)].sort() };
}
