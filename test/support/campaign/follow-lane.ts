import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { git, temporaryFolder } from '../git-fixtures.js';
import { type KgitOptions, kgit, kgitJson } from '../kgit.js';
import { type Fleet, makeFleet } from './fleet.js';
import { atStep, countedSteps, type Does, type MoveStep } from './move-steps.js';
import type { Random } from './random.js';
import { USER_ACTIONS } from './user-actions.js';

/**
 * How the branch of a checkout comes to move: by a write with others' events, by a sync that brings them, by a sync
 * that also takes files away and brings what replaces them, or by a write in a repository without a remote.
 */
export type Kind = 'write' | 'sync' | 'replace' | 'local';
export const KINDS: readonly Kind[] = ['write', 'sync', 'replace', 'local'];

/** The first step of a move: the published tip is known, and nothing has moved here. */
const BEGIN = 'before git update-ref';
const TOKEN = 'tok-[0-9a-z]+-end';
const token = (name: string) => `tok-${name}-end`;

/** Aborts or commits what a lock or kill left unfinished of the user's work. */
const TIDY = `for what in rebase merge cherry-pick; do git $what --abort; done
git switch -q main
git stash pop -q || git stash drop -q
git add -A; git commit -qm "rest $N"`;

/** Runs lines of a user's shell and ignores failures. */
function userRuns(folder: string, n: number, lines: string): void {
  const script = scriptOf(folder, n, lines);
  execFileSync('sh', [script], { stdio: 'ignore' });
}

function scriptOf(folder: string, n: number, lines: string): string {
  const path = join(temporaryFolder('kgit-user-'), 'script');
  const identity = ['AUTHOR', 'COMMITTER'].map(
    (who) => `export GIT_${who}_NAME=Grace GIT_${who}_EMAIL=grace@example.com`,
  );
  const begin = [
    `exec >> '${logOf(folder)}' 2>&1`,
    'set -x',
    `cd '${folder}'`,
    `N=${n}`,
    'export GIT_EDITOR=true',
  ];
  writeFileSync(path, `${[...identity, ...begin, lines, 'true'].join('\n')}\n`);
  return path;
}

/** Output of the user's git commands. */
const logOf = (folder: string) => join(folder, '.git', 'user-log');

/** In conflicts of the user's own notes, the latest wins. */
const publishing = (n: number) =>
  `git pull -q --no-edit ${n % 2 === 0 ? '--rebase -X theirs' : '--no-rebase -X ours'} && git push -q`;

/** The tokens of all files of a revision. */
function tokensIn(folder: string, revision: string): Set<string> {
  const args = ['grep', '-h', '-o', '-E', `-e${TOKEN}`, '-ekind: StateRepository', revision, '--'];
  return new Set(git(folder, ...args).split('\n'));
}

/** A checkout that follows while a user works in it, and the tokens of everything that was acknowledged. */
export class FollowLane {
  readonly #kind: Kind;
  readonly #fleet: Fleet;
  readonly #acknowledged = new Set<string>();
  #n = 0;
  /** The tip up to which the history was checked. */
  #checked = '';

  private constructor(kind: Kind, fleet: Fleet) {
    this.#kind = kind;
    this.#fleet = fleet;
  }

  static async open(kind: Kind): Promise<FollowLane> {
    const fleet = await makeFleet(2);
    const lane = new FollowLane(kind, fleet);
    const { clone } = lane;
    writeFileSync(join(clone, 'NOTES'), 'notes\n');
    git(clone, 'add', '.');
    git(clone, 'commit', '--quiet', '-m', 'notes');
    git(clone, 'push', '--quiet');
    git(clone, 'switch', '--quiet', '-c', 'feature');
    writeFileSync(join(clone, 'feature'), 'a feature\n');
    git(clone, 'add', '.');
    git(clone, 'commit', '--quiet', '-m', 'feature');
    git(clone, 'switch', '--quiet', 'main');
    if (kind === 'local') git(clone, 'remote', 'remove', 'origin');
    return lane;
  }

  get clone(): string {
    return this.#fleet.clones[0] as string;
  }

  get #tip(): string {
    return this.#kind === 'local' ? this.clone : this.#fleet.remote;
  }

  /** The steps of a move, found by watching one. */
  async steps(does: Does): Promise<MoveStep[]> {
    // The first run of a command stores its compiled code and checks git's version.
    await this.#round('commits a file', (run) => run({}), true);
    const counted = countedSteps(BEGIN, does);
    await this.#round('commits a file', (run) => run(counted), true);
    return counted.steps();
  }

  /** One move, with a user who acts at a step or after a kill there; everything acknowledged must survive. */
  async at(step: MoveStep, action: string, kgitFirst: boolean): Promise<void> {
    const note = `${this.#kind}, ${step.does} at ${step.at} (${step.name}), user ${action}`;
    const lines = USER_ACTIONS[action] as string;
    const script = scriptOf(this.clone, this.#n + 1, lines);
    const options = atStep(BEGIN, step, script);
    await this.#round(action, (run) => run(options), kgitFirst, note);
  }

  /** A round without steps: two clones write at once while a user works in the first. */
  async beside(random: Random): Promise<void> {
    this.#n += 1;
    const n = this.#n;
    const [clone, other] = this.#fleet.clones as [string, string];
    const actions = Array.from({ length: 3 }, () => random.pick(Object.keys(USER_ACTIONS)));
    const lines = actions.map((name) => `sleep 0.${random.below(4)}\n${USER_ACTIONS[name]}`);
    const note = `round ${n}, user ${actions.join(', ')}`;
    await Promise.all([
      this.#event(clone, `${n}a`),
      this.#event(other, `${n}b`),
      promisify(execFile)('sh', [scriptOf(clone, n, lines.join('\n'))]),
    ]);
    userRuns(clone, n, `${TIDY}\n${publishing(n)}`);
    this.#expectKept(`${note}; before kgit ran again`, false);
    await this.#settles(note);
    userRuns(clone, n, `${TIDY}\n${publishing(n)}`);
    await this.#settles(note);
    this.#expectSettled(note);
  }

  /** Number of acknowledged events, or of files that replace them. */
  get size(): number {
    return this.#acknowledged.size;
  }

  /** What others publish meanwhile. */
  async #others(n: number): Promise<void> {
    if (this.#kind === 'local') return;
    const other = this.#fleet.clones[1] as string;
    git(other, 'pull', '--quiet', '--rebase');
    if (this.#kind !== 'replace') return this.#event(other, `${n}b`);
    const [old, moved] = [join(other, 'months', `${n}`), join(other, 'sealed')];
    mkdirSync(old, { recursive: true });
    for (const part of ['x', 'y']) writeFileSync(join(old, part), `${token(`${n}${part}`)}\n`);
    // Events in their own files are sealed in the next round.
    const before = join(other, 'months', `${n - 1}`);
    if (existsSync(before)) {
      const tokens = ['x', 'y'].map((part) => `${token(`${n - 1}${part}`)}\n`);
      mkdirSync(moved, { recursive: true });
      writeFileSync(join(moved, `${n - 1}`), tokens.join(''));
      rmSync(before, { recursive: true });
    }
    git(other, 'add', '--all');
    git(other, 'commit', '--quiet', '-m', `replace ${n}`);
    git(other, 'push', '--quiet');
    for (const part of ['x', 'y']) this.#acknowledged.add(token(`${n}${part}`));
  }

  async #event(clone: string, name: string, options: KgitOptions = {}): Promise<void> {
    const run = await kgit(
      clone,
      ['push-event', 'touched', '--cluster', 'c', '--run-id', token(name), '--json'],
      options,
    );
    // Without a remote, a write is refused while the user merges.
    expect(this.#kind === 'local' ? [0, 12, null] : [0, null], `${run.stdout}${run.stderr}`).toContain(
      run.code,
    );
    if (run.code === 12) return;
    // A kill during a move leaves the operation in the outbox, which is a promise, too.
    this.#acknowledged.add(token(name));
  }

  async #round(
    action: string,
    during: (run: (options: KgitOptions) => Promise<void>) => Promise<void>,
    kgitFirst: boolean,
    note = 'watched',
  ): Promise<void> {
    this.#n += 1;
    const n = this.#n;
    const { clone } = this;
    await this.#others(n);
    await during(async (options) => {
      if (this.#kind === 'write' || this.#kind === 'local') return this.#event(clone, `${n}a`, options);
      const run = await kgit(clone, ['sync', '--json'], options);
      expect([0, null], `${note}: ${run.stdout}${run.stderr}`).toContain(run.code);
    });
    // As git advises for a lock without a running git.
    rmSync(join(clone, '.git/index.lock'), { force: true });
    const publish = this.#kind === 'local' ? '' : publishing(n);
    const lines = `${USER_ACTIONS[action]}\n${TIDY}\n${publish}`;
    if (kgitFirst) await this.#settles(note);
    userRuns(clone, n, lines);
    this.#expectKept(`${note}; before kgit ran again`, kgitFirst);
    await this.#settles(note);
    userRuns(clone, n, `${TIDY}\n${publish}`);
    await this.#settles(note);
    this.#expectSettled(note);
  }

  /** Checks that no commit has less than the ones before it, even if a later one restores it. */
  #expectHistory(note: string): void {
    const tip = git(this.#tip, 'rev-parse', 'main');
    const range = this.#checked === '' ? [tip] : [`${this.#checked}..${tip}`];
    for (const line of git(this.#tip, 'log', '--format=%H %P', ...range)
      .split('\n')
      .filter(Boolean)) {
      const [commit = '', ...parents] = line.split(' ');
      const found = tokensIn(this.#tip, commit);
      for (const parent of parents) {
        const lost = [...tokensIn(this.#tip, parent)].filter((name) => !found.has(name));
        expect(lost, `${note}: taken away by ${commit} in ${this.#tip}`).toEqual([]);
      }
    }
    this.#checked = tip;
  }

  #expectSettled(note: string): void {
    const { clone } = this;
    this.#expectKept(note, true);
    this.#expectHistory(note);
    expect(git(clone, 'status', '--porcelain'), note).toBe('');
    expect(git(clone, 'stash', 'list'), note).toBe('');
    expect(git(clone, 'rev-parse', 'main'), note).toBe(git(this.#tip, 'rev-parse', 'main'));
  }

  async #settles(note: string): Promise<void> {
    const sync = await kgit(this.clone, ['sync', '--json']);
    expect(sync.code, `${note}: ${sync.stdout}${sync.stderr}`).toBe(0);
  }

  /** @param isOver whether what waited in the outbox was published */
  #expectKept(note: string, isOver: boolean): void {
    const queued = (name: string) => !isOver && this.#kind === 'local' && name === token(`${this.#n}a`);
    for (const [folder, revision] of [
      [this.#tip, 'main'],
      [this.clone, 'HEAD'],
    ] as const) {
      if (folder === this.clone && !isOver) continue;
      const found = tokensIn(folder, revision);
      const lost = [...this.#acknowledged].filter((name) => !found.has(name) && !queued(name));
      if (lost.length === 0) continue;
      const log = readFileSync(logOf(this.clone), 'utf8').slice(-4_000);
      expect(lost, `${note}: lost in ${revision} of ${folder}; the user's last commands:\n${log}`).toEqual(
        [],
      );
    }
  }

  /** Checks the record at the end. */
  async close(note: string): Promise<number> {
    await kgitJson(this.clone, ['verify']).catch((error: unknown) => {
      throw new Error(`${note}: ${(error as Error).message}`);
    });
    this.#expectKept(note, true);
    return this.#n;
  }
}
