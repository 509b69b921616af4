/**
 * Loads the built program quickly, with the code that V8 compiled in an earlier run or at installation. Imports little,
 * since it is itself compiled on every run.
 */
import { readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Script } from 'node:vm';
import {
  type CompiledCode,
  codeCacheFolder,
  type KeptCode,
  NOTHING,
  readCode,
  readInstalledCode,
} from './code-cache.js';

/** Set by the build: an id unique to this program, the names of its commands, and its name and version. */
declare const PROGRAM_ID: string;
/** The line of `kgit --version`, without the version of Node. */
declare const VERSION: string;
declare const COMMANDS: readonly string[];
/** The file of each script that is not alone in one of its own name. */
declare const FILE_OF: Readonly<Record<string, string>>;

/** Amount of newly compiled code, in bytes, from which the cache is renewed. */
const RENEW_BYTES = 32 * 1024;
/** Time until a run checks again whether it compiled much beyond the cache, in ms: the check takes time. */
const CHECK_AFTER_MS = 10 * 60 * 1000;

/** What the program exports. */
type Program = typeof import('./main.js');
type KeepCode = typeof import('./keep-code.js');
type VersionLine = typeof import('./version-line.js');
type ShellCode = typeof import('../../sync/script-api/shell-code.js');
type Wrapper = (module: { exports: object }, require: (id: string) => unknown, folder: string) => void;

/**
 * Returns the name of the cache. Commands run different code, so each has its own, and so do help and unknown commands.
 */
function cacheName([word = '', ...words]: readonly string[]): string {
  const isHelp = [word, ...words].some((text) => text === '--help' || text === '-h' || text === 'help');
  const part = isHelp ? 'help' : COMMANDS.includes(word) ? word : 'other';
  return `${PROGRAM_ID}-node${process.versions.node}-${process.arch}-${part}`;
}

/** The scripts of the program: CommonJS modules, each run when another one requires it. */
class Scripts {
  readonly #kept: CompiledCode;
  readonly #files = new Map<string, Script>();
  readonly #scripts = new Map<string, Wrapper>();
  readonly #modules = new Map<string, { exports: object }>();
  readonly #others = new Map<string, unknown>();

  constructor(kept: CompiledCode) {
    this.#kept = kept;
  }

  load(name: string): object {
    const known = this.#modules.get(name);
    if (known) return known.exports;
    const module = { exports: {} };
    this.#modules.set(name, module);
    if (!this.#scripts.has(name)) this.#open(FILE_OF[name] ?? name);
    this.#scripts.get(name)?.(module, this.#require, __dirname);
    return module.exports;
  }

  /** Keeps Node's modules: Node looks for changed exports on each `require`, and many scripts require the same. */
  readonly #require = (id: string): unknown => {
    if (id.startsWith('./')) return this.load(id.slice(2));
    const known = this.#others.get(id);
    if (known !== undefined) return known;
    const loaded: unknown = require(id);
    this.#others.set(id, loaded);
    return loaded;
  };

  /** Reads the scripts of a file. */
  #open(file: string): void {
    const filename = join(__dirname, 'program', file);
    const cachedData = this.#kept.get(file);
    // The scripts are ASCII, and V8 takes one-byte text as it is.
    const script = new Script(readFileSync(filename, 'latin1'), {
      filename,
      ...(cachedData ? { cachedData } : {}),
    });
    this.#files.set(file, script);
    const scripts: Record<string, Wrapper> = script.runInThisContext();
    for (const name in scripts) this.#scripts.set(name, scripts[name] as Wrapper);
  }

  /** Returns the code compiled so far, and the cached code of files that this run did not load. */
  compiled(): CompiledCode {
    const codes = [...this.#files].map(([name, script]) => [name, script.createCachedData()] as const);
    return new Map([...this.#kept, ...codes]);
  }

  /** Whether a file was loaded without cached code that this V8 accepts. */
  get hasNew(): boolean {
    return [...this.#files.values()].some(({ cachedDataRejected }) => cachedDataRejected !== false);
  }
}

/** Loads the program without a cache, for the build. */
export function program(): Program {
  return new Scripts(new Map()).load('main.cjs') as Program;
}

/** Runs the program on the arguments of this process. */
export function start(): Promise<void> {
  const line = process.argv.slice(2).join(' ');
  if (/^(--version|-v|-V)$/.test(line)) {
    const { versionLine } = new Scripts(new Map()).load('version-line.cjs') as VersionLine;
    const version = versionLine(VERSION);
    if (version !== null && isPrinted(version)) return Promise.resolve();
  }
  if (line === 'shell-init bash') {
    const { shellCode } = new Scripts(new Map()).load('shell-code.cjs') as ShellCode;
    if (isPrinted(shellCode(join(__dirname, '..'), process.execPath, []))) return Promise.resolve();
  }
  const folder = codeCacheFolder(process.env);
  const name = cacheName(process.argv.slice(2));
  const own = folder === null ? NOTHING : readCode(folder, name);
  const found = own.codes.size > 0 ? own : readInstalledCode(join(__dirname, 'code'), name);
  const kept = found.codes.size > 0 ? found : own;
  const scripts = new Scripts(kept.codes);
  const { main } = scripts.load('main.cjs') as Program;
  if (folder === null) return main();
  process.once('exit', () => keep(scripts, kept, folder, name));
  return main();
}

/**
 * Keeps what was compiled for the next run, if it is much. A first run is only noted: it is often the last one there, in a
 * container, and keeping its code would take a seventh of its time.
 */
function keep(scripts: Scripts, { codes, checkedAt }: KeptCode, folder: string, name: string): void {
  const { hasNew } = scripts;
  if (!hasNew && Date.now() - checkedAt < CHECK_AFTER_MS) return;
  try {
    const { keepCode, noteChecked, noteFirstRun } = scripts.load('keep-code.cjs') as KeepCode;
    if (codes.size === 0 && checkedAt === 0) {
      noteFirstRun(folder, name);
      return;
    }
    const compiled = scripts.compiled();
    if (hasNew || bytesOf(compiled) - bytesOf(codes) > RENEW_BYTES) keepCode(folder, name, compiled);
    else noteChecked(folder, name);
  } catch {
    // An upgrade has removed the script since this run began: what it compiled is of no use any more.
  }
}

/** Prints a text; false if nothing could be printed, which the program itself then reports. */
function isPrinted(text: string): boolean {
  const bytes = Buffer.from(text);
  let at = 0;
  try {
    while (at < bytes.length) at += writeSync(1, bytes, at);
    return true;
  } catch {
    // A pipe that is full right now takes the rest later.
    if (at > 0) process.stdout.write(bytes.subarray(at));
    return at > 0;
  }
}

function bytesOf(codes: CompiledCode): number {
  return [...codes.values()].reduce((sum, { length }) => sum + length, 0);
}
