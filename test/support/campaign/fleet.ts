import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { bareRepository, fsck, git, temporaryFolder } from '../git-fixtures.js';
import { type KgitOptions, type KgitRun, kgitJson, kgitProcess } from '../kgit.js';
import { checkHistory } from './checker.js';
import type { Call, History } from './history.js';
import { readBranch, readChains } from './read-branch.js';
import { saveHistory } from './saved-history.js';

/** The deployment whose state the campaigns change. */
export const DEPLOYMENT = 'fleet';

/** How kgit is run: directly, on another host, or by something that kills it. */
export type Runner = (clone: string, args: readonly string[], options?: KgitOptions) => Promise<KgitRun>;

/** The places that a campaign writes to one store from. */
export interface Writers {
  /** Folders that kgit runs in: clones, or machines of their own. */
  readonly clones: readonly string[];
  /** How kgit is run in one of them by default. */
  readonly run: Runner;
}

/** A shared repository and the clones of it that a campaign writes from. */
export interface Fleet extends Writers {
  readonly remote: string;
}

let model: Promise<string> | undefined;

/** A remote with one deployment, which `kgit init` made. */
async function makeModel(): Promise<string> {
  const remote = bareRepository();
  const first = join(temporaryFolder('kgit-fleet-'), 'first');
  await kgitJson('.', ['init', first, '--remote', remote, '--deployment', DEPLOYMENT]);
  return remote;
}

/** Makes a remote with one deployment, and clones of it; `url` is its address in the clones. */
export async function makeFleet(
  count: number,
  url: (remote: string) => string | Promise<string> = (path) => path,
): Promise<Fleet> {
  model ??= makeModel();
  const remote = join(temporaryFolder('kgit-remote-'), 'state.git');
  cpSync(await model, remote, { recursive: true });
  const folder = temporaryFolder('kgit-fleet-');
  const address = await url(remote);
  const clones: string[] = [];
  for (let i = 0; i < count; i++) {
    const clone = join(folder, `clone-${i}`);
    git('.', 'clone', '--quiet', remote, clone);
    git(clone, 'remote', 'set-url', 'origin', address);
    clones.push(clone);
  }
  return { remote, clones, run: kgitProcess };
}

/** Publishes what waits in every clone and updates the checkouts. Returns what went wrong. */
export async function syncAll({ clones, run: kgitIn }: Writers): Promise<string[]> {
  const wrong: string[] = [];
  const at = new Map<string, unknown>();
  let tip: unknown = null;
  // In the second round, earlier clones get what later ones published.
  for (const clone of [...clones, ...clones]) {
    if (tip !== null && at.get(clone) === tip) continue;
    const run = await kgitIn(clone, ['sync', '--json', '--timeout', '2m']);
    const isDone = run.code === 0 && run.json.pending === 0 && run.json.behind === 0;
    if (!isDone) wrong.push(`sync in ${clone} exited with ${run.code}: ${run.stdout}${run.stderr}`);
    tip = isDone ? run.json.repository.revision : null;
    at.set(clone, tip);
  }
  return wrong;
}

/** Reads the run ids of waiting operations from the files of outboxes. */
export function waitingIn(outboxes: readonly string[]): string[] {
  return outboxes.flatMap((folder) => {
    const names = existsSync(folder)
      ? readdirSync(folder).filter((name) => /^\d{12}-\w{26}$/.test(name))
      : [];
    return names.map((name) => {
      const { operation } = JSON.parse(readFileSync(join(folder, name), 'utf8'));
      return String(operation.runId ?? name);
    });
  });
}

/** Checks the repositories: objects, checkouts where there are any, and that all clones equal the remote. */
export function expectSound({ remote, clones }: Pick<Fleet, 'remote' | 'clones'>): void {
  fsck(remote);
  const tip = git(remote, 'rev-parse', 'main');
  for (const clone of clones) {
    fsck(clone);
    expect(git(clone, 'rev-parse', 'refs/kgit/remote/main'), clone).toBe(tip);
    if (git(clone, 'rev-parse', '--is-bare-repository') === 'true') continue;
    expect(git(clone, 'status', '--porcelain'), clone).toBe('');
    expect(git(clone, 'rev-parse', 'HEAD'), clone).toBe(tip);
  }
}

/** Checks a history after the last sync: the checker finds nothing, and nothing waits. A bad one is saved. */
export function expectPromises(history: History, unsynced: readonly string[], note: string): void {
  const wrong = checkHistory(history);
  // The folder of the run is removed at its end.
  const folder = () => mkdtempSync(join(dirname(tmpdir()), 'kgit-history-'));
  const saved =
    wrong.length > 0
      ? `; to judge it again: npm run stress -- --judge ${saveHistory(history, folder())}`
      : '';
  expect([...wrong, ...unsynced], `${note}${saved}`).toEqual([]);
  expect(history.waiting, note).toEqual([]);
}

/** Checks the end state: nothing waits, the checker finds nothing, git finds no fault. */
export async function expectKept(fleet: Fleet, calls: readonly Call[], note: string): Promise<void> {
  const unsynced = await syncAll(fleet);
  const waiting = waitingIn(fleet.clones.map((clone) => join(clone, '.git/kgit/outbox')));
  const [commits, chains] = [readBranch(fleet.remote), readChains(fleet.remote)];
  expectPromises({ calls, commits, waiting, chains }, unsynced, note);
  expectSound(fleet);
}
