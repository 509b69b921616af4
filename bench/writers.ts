import { spawn } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { nextEvent } from './event-files.js';
import { madeRepository, type Surroundings, serverOf } from './surroundings.js';

/** One write that was made and answered. */
export interface Write {
  /** From start to answer, in ms. */
  readonly ms: number;
  /** Number of its pushes, according to its own answer. */
  readonly pushes: number;
}

/** The outcome of several writers at once. */
export interface Fare {
  /** From the first start until the last event was on the branch, in ms. */
  readonly ms: number;
  readonly writes: readonly Write[];
  /** Pushes that moved the branch. */
  readonly landed: number;
  /** All pushes, including lost races. */
  readonly pushes: number;
  /** Events that were acknowledged but are not exactly once on the branch. */
  readonly lost: number;
}

/** A server of this machine and clones of it. */
export interface Fleet {
  readonly server: string;
  readonly clones: readonly string[];
}

const EVENTS = 100;
const CLUSTERS = 100;
let fleets = 0;

/** Makes a server with some events, and clones of it. @param delay extra seconds per push, as at a forge */
export function makeFleet(surroundings: Surroundings, clones: number, delay = 0): Fleet {
  const name = `fleet${fleets++}`;
  const server = serverOf(
    surroundings,
    madeRepository(surroundings.project, EVENTS, CLUSTERS),
    `${name}.git`,
  );
  // Each move of the branch adds a line there.
  surroundings.git(server, 'config', 'core.logAllRefUpdates', 'true');
  if (delay > 0) {
    const hook = join(server, 'hooks/pre-receive');
    surroundings.folder(`${name}.git/hooks`);
    writeFileSync(hook, `#!/bin/sh\nsleep ${delay}\n`);
    chmodSync(hook, 0o755);
  }
  const paths = Array.from({ length: clones }, (_, i) => join(surroundings.root, `${name}-${i}`));
  for (const path of paths) surroundings.git(surroundings.root, 'clone', '--quiet', server, path);
  return { server, clones: paths };
}

/** A write of one of the writers: the command, and what its answer says. */
export interface Writer {
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly read: (stdout: string) => { id: string; pushes: number };
}

function run({ argv, env, cwd, read }: Writer): Promise<Write & { id: string }> {
  const [file, ...args] = argv;
  const began = performance.now();
  const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((done, failed) => {
    child.on('error', failed);
    child.on('close', (code) => {
      if (code === 0) done({ ms: performance.now() - began, ...read(stdout) });
      else failed(new Error(`${argv.join(' ')} ended with ${code}: ${stderr}`));
    });
  });
}

/** A write by kgit: one event. */
export function kgitWriter(
  surroundings: Surroundings,
  env: Writer['env'],
): (clone: string, i: number) => Writer {
  return (clone, i) => ({
    argv: surroundings.kgit(
      process.execPath,
      ...['push-event', 'touched', '--cluster', `c${i % CLUSTERS}`, '--message', 'an event', '--json'],
      ...['--timeout', '10m'],
    ),
    env,
    cwd: clone,
    read: (stdout) => {
      const { id, attempts } = JSON.parse(stdout);
      return { id, pushes: attempts };
    },
  });
}

/** A write by the script that commits and pushes in a loop. */
export function naiveWriter(surroundings: Surroundings): (clone: string) => Writer {
  return (clone) => {
    const event = nextEvent(CLUSTERS);
    const file = join(surroundings.folder('naive'), event.id);
    writeFileSync(file, event.text);
    return {
      argv: [surroundings.baseline('commit-push-loop.sh'), clone, file, event.path],
      env: surroundings.env(),
      cwd: clone,
      read: (stdout) => ({ id: event.id, pushes: Number(stdout) }),
    };
  };
}

const waits = (clone: string) => {
  const outbox = join(clone, '.git/kgit/outbox');
  return existsSync(outbox) && readdirSync(outbox).length > 0;
};

/** Pushes in the clones' own records; null if they keep none. */
function recordedPushes(clones: readonly string[]): number | null {
  const files = clones.map((clone) => join(clone, '.git/kgit/pushes')).filter((file) => existsSync(file));
  if (files.length === 0) return null;
  const lines = files.flatMap((file) => readFileSync(file, 'utf8').split('\n').filter(Boolean));
  return lines.reduce((sum, line) => sum + JSON.parse(line).attempts, 0);
}

/** Runs `writers` processes per clone, each making `each` writes in sequence, until everything is on the branch. */
export async function fare(
  surroundings: Surroundings,
  { server, clones }: Fleet,
  { writers, each }: { readonly writers: number; readonly each: number },
  write: (clone: string, i: number) => Writer,
): Promise<Fare> {
  const before = surroundings.git(server, 'rev-parse', 'main');
  const made: (Write & { id: string })[] = [];
  const work = async (clone: string, first: number) => {
    for (let i = 0; i < each; i++) made.push(await run(write(clone, first + i)));
  };
  const began = performance.now();
  const places = clones.flatMap((clone) => Array<string>(writers).fill(clone));
  await Promise.all(places.map((clone, i) => work(clone, i * each)));
  while (clones.some(waits)) await sleep(20);
  const ms = performance.now() - began;
  const files = surroundings.git(server, 'log', '--format=', '--name-only', `${before}..main`).split('\n');
  const isLost = ({ id }: { id: string }) => files.filter((file) => file.includes(id)).length !== 1;
  const landed = readFileSync(join(server, 'logs/refs/heads/main'), 'utf8')
    .split('\n')
    .filter(Boolean).length;
  const pushes = recordedPushes(clones) ?? made.reduce((sum, one) => sum + one.pushes, 0);
  return { ms, writes: made, landed, pushes, lost: made.filter(isLost).length };
}
