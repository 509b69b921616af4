/**
 * Runs the built program inside the process of the test, which saves the start of Node. Every run has modules,
 * streams, environment, arguments and exit code of its own. The current folder is that of the test's process, so one run
 * at a time is possible.
 */
import childProcess, { type ChildProcess, type SpawnOptions } from 'node:child_process';
import { Console } from 'node:console';
import { EventEmitter } from 'node:events';
import fs, { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';

/** How a run of the program ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

type Environment = Record<string, string | undefined>;
type Loaded = { exports: object };
type Wrapper = (module: Loaded, require: (id: string) => unknown, folder: string) => void;
type Bound = (process: object, console: Console) => Readonly<Record<string, Wrapper>>;

const START = fileURLToPath(new URL('../../dist/start.cjs', import.meta.url));
const requireThere = createRequire(START);
const PROGRAM_FOLDER = join(dirname(START), 'program');
/** The file of each script, as the first lines of the files tell. */
const fileOf = new Map<string, string>();
const compiled = new Map<string, Bound>();

/** Scripts whose code no test file has kept. */
const unkept = new Map<string, Script>();
const placeOfCode = (file: string) => join(process.env['CACHE_OF_TESTS'] ?? tmpdir(), `${file}.code`);

/** The code that V8 made of a file of the program in an earlier test file. */
function keptCode(file: string): Buffer | undefined {
  const place = placeOfCode(file);
  return existsSync(place) ? readFileSync(place) : undefined;
}

/** Keeps the code of what a run called, so that other test files need not compile it again. */
function keepCode(): void {
  for (const [file, script] of unkept) {
    // Whole at once: other workers read it.
    const begun = `${placeOfCode(file)}.${process.pid}`;
    writeFileSync(begun, script.createCachedData());
    renameSync(begun, placeOfCode(file));
  }
  unkept.clear();
}

/** The scripts of a file as a function of the process that they shall see; compiled once. */
function scriptsOf(name: string): Bound {
  if (fileOf.size === 0)
    for (const file of readdirSync(PROGRAM_FOLDER)) {
      const [firstLine = ''] = readFileSync(join(PROGRAM_FOLDER, file), 'latin1').split('\n', 1);
      for (const word of firstLine.split(' ')) if (/^[^/]+\.cjs$/.test(word)) fileOf.set(word, file);
    }
  const file = fileOf.get(name);
  if (file === undefined) throw new Error(`the program has no script ${name}`);
  const known = compiled.get(file);
  if (known) return known;
  const filename = join(PROGRAM_FOLDER, file);
  const source = `(process, console) => ${readFileSync(filename, 'latin1')}`;
  const cachedData = keptCode(file);
  const script = new Script(source, { filename, cachedData });
  if (cachedData === undefined || script.cachedDataRejected === true) unkept.set(file, script);
  const bound = script.runInThisContext() as Bound;
  compiled.set(file, bound);
  return bound;
}

class Caught extends Writable {
  text = '';
  readonly #decoder = new TextDecoder();

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += this.#decoder.decode(chunk, { stream: true });
    done();
  }
}

/** Ends a run at once, as `process.exit` ends a process. */
class Exit extends Error {}

/** What the program takes its standard streams for, so that it leaves writing to them to Node's streams. */
const DEVICE = { isCharacterDevice: () => true, rdev: -1 };

/** The modules whose answers depend on the process. */
function modulesFor(env: Environment, children: ChildProcess[]): ReadonlyMap<string, object> {
  const spawn = (program: string, args: readonly string[], options: SpawnOptions) => {
    if ([options.stdio].flat().some((one) => one === 'inherit' || typeof one === 'number'))
      throw new Error(`${program} would share the streams of the test: start kgit with kgitProcess()`);
    const child = childProcess.spawn(program, args, { ...options, env: options.env ?? env });
    children.push(child);
    return child;
  };
  return new Map<string, object>([
    ['child_process', { ...childProcess, spawn }],
    ['tty', { isatty: () => false }],
    ['fs', { ...fs, fstatSync: (file: number) => (file < 3 ? DEVICE : fs.fstatSync(file)) }],
  ]);
}

/** Runs the program in a folder to its end. */
export async function runHere(
  cwd: string,
  args: readonly string[],
  env: Environment,
  input: string,
): Promise<Ended> {
  const stdout = new Caught();
  const stderr = new Caught();
  let exit: (code: number) => void = () => undefined;
  const exited = new Promise<number>((resolve) => {
    exit = resolve;
  });
  const own = Object.assign(Object.create(process), new EventEmitter(), EventEmitter.prototype, {
    env,
    argv: [process.execPath, join(dirname(START), '../bin/run.js'), ...args],
    exit(code?: number): never {
      exit(Number(code ?? own.exitCode ?? 0));
      throw new Exit('the program has ended');
    },
    kill(pid: number, signal?: string | number) {
      if (pid === process.pid && signal !== 0)
        throw new Error('a signal to itself: start kgit with kgitProcess()');
      return process.kill(pid, signal);
    },
  });
  // Assigned, `exitCode` would be that of the test's process, and the streams cannot be assigned.
  const stdin = Readable.from(input === '' ? [] : [Buffer.from(input)]);
  for (const [name, value] of Object.entries({ stdout, stderr, stdin, exitCode: undefined }))
    Object.defineProperty(own, name, { value, writable: true });
  const console = new Console({ stdout, stderr });
  const children: ChildProcess[] = [];
  const modules = modulesFor(env, children);
  const scripts = new Map<string, Wrapper>();
  const loaded = new Map<string, Loaded>();
  const load = (name: string): object => {
    const known = loaded.get(name);
    if (known) return known.exports;
    const module = { exports: {} };
    loaded.set(name, module);
    const find = (id: string) =>
      id.startsWith('./') ? load(id.slice(2)) : (modules.get(id.replace(/^node:/, '')) ?? requireThere(id));
    if (!scripts.has(name))
      for (const [each, wrapper] of Object.entries(scriptsOf(name)(own, console))) scripts.set(each, wrapper);
    scripts.get(name)?.(module, find, dirname(START));
    return module.exports;
  };
  const before = process.cwd();
  process.chdir(cwd);
  try {
    const { main } = load('main.cjs') as { main(): Promise<void> };
    const code = await Promise.race([exited, main().then(() => Number(own.exitCode ?? 0))]);
    own.emit('exit', code);
    keepCode();
    // When a process ends, its pipes close, and their readers end.
    for (const { stdin, stdout: out, stderr: err } of children)
      for (const pipe of [stdin, out, err]) pipe?.destroy();
    return { code, stdout: stdout.text, stderr: stderr.text };
  } finally {
    process.chdir(before);
  }
}
