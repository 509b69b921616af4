import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect } from 'vitest';
import type { KeySpace } from '../../../src/backends/keyed/key-space.js';
import { KeyedStore } from '../../../src/backends/keyed/keyed-store.js';
import { revisionKey } from '../../../src/backends/keyed/layout.js';
import { parseRecord, seqOf } from '../../../src/backends/keyed/records.js';
import { systemClock } from '../../../src/setup/this-host.js';
import type { KgitOptions } from '../kgit.js';
import { commit } from '../store-contract.js';
import { readLine } from './read-line.js';

const MS = 60_000;
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** Bundles a writer, where it finds its packages; returns the program. */
export async function writingProgram(name: 'space-writer' | 'git-writer' = 'space-writer'): Promise<string> {
  const outfile = join(ROOT, `node_modules/.cache/kgit/${name}.mjs`);
  await build({
    absWorkingDir: ROOT,
    entryPoints: [`test/support/campaign/${name}.ts`],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'error',
    external: ['libsql', 'node:sqlite'],
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
  return outfile;
}

/** A writer that runs, and the revisions that it was told are published. */
export interface Writing {
  readonly child: ChildProcess;
  readonly told: () => readonly string[];
  readonly ended: Promise<void>;
}

/** Starts a writer. @param words what it is to do, as its file says: where, and how many commits */
export function startWriting(
  program: string,
  words: readonly (string | number)[],
  { under = [], env = {} }: KgitOptions = {},
): Writing {
  const [command = '', ...args] = [...under, process.execPath, program, ...words.map(String)];
  const child = spawn(command, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, problems] = ['', ''];
  child.stdout.on('data', (text) => {
    out += text;
  });
  child.stderr.on('data', (text) => {
    problems += text;
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === null || code === 0 || code > 128) resolve();
      else reject(new Error(`the writer ended with ${code}: ${problems}`));
    });
  });
  // A line that is not whole was not told.
  return { child, told: () => out.split('\n').slice(0, -1), ended };
}

/** The revisions of those told that a store does not have. */
export async function lostOf(space: KeySpace, told: readonly string[]): Promise<string[]> {
  const lost: string[] = [];
  for (const revision of told) {
    const key = revisionKey(seqOf(revision) ?? 0);
    const [found] = await space.get([key], MS);
    if (!found || parseRecord(key, found.value).revision !== revision) lost.push(revision);
  }
  return lost;
}

/** Writes once more, as the next writer, and expects a line without gaps whose keys agree. */
export async function expectWhole(space: KeySpace, note: string): Promise<void> {
  const store = new KeyedStore(space, { clock: systemClock, timeoutMs: MS, isRemote: false });
  const { revision } = await store.refresh(MS);
  expect(await store.swap(revision, [commit({ last: 'x' })], MS), note).toMatchObject({ kind: 'swapped' });
  expect(
    (await readLine(space)).wrong.filter((text) => !/parts$/.test(text)),
    note,
  ).toEqual([]);
}
