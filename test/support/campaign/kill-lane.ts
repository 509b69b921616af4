import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { statePath } from '../../../src/model/subject/layout.js';
import { git } from '../git-fixtures.js';
import { type KgitOptions, kgit } from '../kgit.js';
import { callKgit, killedAfter } from './call-kgit.js';
import { type CuttingServer, startCuttingServer } from './cutting-server.js';
import { DEPLOYMENT, expectKept, type Fleet, makeFleet, type Runner, syncAll } from './fleet.js';
import { type GitPoint, gitCounted, gitKills } from './git-shim.js';
import type { Call, Step } from './history.js';
import { type GitDriver, makeMixedFleet } from './mixed-fleet.js';
import { killedAt, type SystemCallPoint, traced } from './strace.js';

/** A kill point, and how to run kgit so that it dies there. */
export interface KillPoint {
  readonly name: string;
  /** Whether it belongs to a write whose push gets no answer. */
  readonly isCut: boolean;
  readonly options: () => KgitOptions;
}

/** The killed call: a write that also publishes a queued one, or the end of somebody else's lease. */
export type Victim = 'write' | 'break';

/** The clone of a mixed fleet that is worked on without git. */
const EMBEDDED = 1;

type Place = Omit<KillPoint, 'isCut'>;
const systemCallPoint = (point: SystemCallPoint): Place => ({
  name: `before ${point.call} ${point.nth} (${point.about})`,
  options: () => killedAt(point),
});
const gitPoint = (point: GitPoint): Place => ({
  name: `git ${point.command} ${point.nth}: ${point.moment}`,
  options: () => gitKills(point),
});

/**
 * One repository over http and two clones that take turns, so that each write finds that the other was faster:
 * a write that was queued before goes along, kgit is killed, and the next sync has to bring all of it home.
 */
export class KillLane {
  readonly #fleet: Fleet;
  readonly #server: CuttingServer;
  readonly #name: string;
  readonly #calls: Call[] = [];
  readonly #driver: GitDriver;
  #round = 0;

  private constructor(name: string, driver: GitDriver, fleet: Fleet, server: CuttingServer) {
    this.#name = name;
    this.#driver = driver;
    this.#fleet = fleet;
    this.#server = server;
  }

  /** @param driver `git-embedded`: all kills are in a clone that is worked on without git; the other one is git's */
  static async open(name: string, driver: GitDriver = 'git'): Promise<KillLane> {
    let server: CuttingServer | null = null;
    const serve = async (remote: string) => {
      server = await startCuttingServer(remote);
      return server.url;
    };
    const fleet = await (driver === 'git' ? makeFleet(2, serve) : makeMixedFleet(1, serve));
    const lane = new KillLane(name, driver, fleet, server as unknown as CuttingServer);
    expect(await syncAll(fleet)).toEqual([]);
    await lane.#call('write', fleet.run, false);
    return lane;
  }

  /**
   * All points that a call passes, in no order; found by watching two of them. A push whose answer is cut takes another way,
   * with points of its own.
   */
  async points(kind: Victim, isCut: boolean): Promise<KillPoint[]> {
    // Only the first run of a command stores its compiled code.
    const { run } = this.#fleet;
    await this.#call(kind, run, isCut);
    // In sequence, because kgit checks and records the version of a git that it has not seen before.
    const calls = traced();
    await this.#call(kind, (clone, args) => run(clone, args, calls), isCut);
    const commands = gitCounted();
    // Without git there are no points of it.
    if (this.#driver === 'git') await this.#call(kind, (clone, args) => run(clone, args, commands), isCut);
    const ofGit = this.#driver === 'git' ? commands.points().map(gitPoint) : [];
    return [...calls.points().map(systemCallPoint), ...ofGit].map((point) => ({
      ...point,
      isCut,
    }));
  }

  /** Kills one call at a point. Returns whether the point was reached. */
  async killAt(kind: Victim, { name, isCut, options }: KillPoint): Promise<boolean> {
    const dying = options();
    return this.#call(kind, (clone, args) => this.#fleet.run(clone, args, dying), isCut, name);
  }

  /** Kills one write after `ms`. */
  async killAfter(ms: number, isCut: boolean, condition: { expected?: string | null }): Promise<boolean> {
    return this.#call('write', killedAfter(ms), isCut, `after ${Math.round(ms)} ms`, condition);
  }

  async #call(
    kind: Victim,
    run: Runner,
    isCut: boolean,
    note = 'watched',
    condition: { expected?: string | null } = {},
  ): Promise<boolean> {
    this.#round += 1;
    const { clones } = this.#fleet;
    const clone = this.#driver === 'git' ? this.#round % clones.length : EMBEDDED;
    const id = `${this.#name}-${this.#round}`;
    // A clone that remembers a lost race fetches first and loses none; each call shall make both tries.
    rmSync(join(clones[clone] as string, '.git/kgit/pushes'), { force: true });
    const step = await this.#prepare(kind, id, clone);
    this.#server.cut(isCut);
    const more = ['--timeout', '1m'];
    const call = await callKgit(this.#fleet, clone, id, { ...step, ...condition }, { run, more });
    this.#server.cut(false);
    this.#calls.push(call);
    await this.#recovers(clones[clone] as string, `${note}${isCut ? ', answer cut' : ''}`);
    return call.code === null;
  }

  /** Prepares what a call needs to pass all its points. */
  async #prepare(kind: Victim, id: string, clone: number): Promise<Step> {
    const before = async (name: string, at: number, step: Step, ...more: string[]) => {
      this.#calls.push(await callKgit(this.#fleet, at, `${id}-${name}`, step, { more }));
    };
    if (kind === 'write') {
      if (this.#driver !== 'git') await before('faster', 1 - EMBEDDED, { kind: 'event' });
      await before('queued', clone, { kind: 'event' }, '--queue');
      return { kind: 'set', path: 'fight.p0', value: `v-${id}` };
    }
    const other = (clone + 1) % this.#fleet.clones.length;
    await before('faster', other, { kind: 'event' });
    // It still belongs to the other clone if the last round's call was killed too early.
    await before('held', other, { kind: 'lock', lock: 'one' });
    return { kind: 'break', lock: 'one' };
  }

  async #recovers(clone: string, note: string): Promise<void> {
    // Either driver goes on where the other was killed.
    const run = this.#round % 2 === 0 ? this.#fleet.run : kgit;
    const sync = await run(clone, ['sync', '--json']);
    expect(sync.code, `${note}: ${sync.stdout}${sync.stderr}`).toBe(0);
    expect(sync.json, `${note}: ${sync.stdout}`).toMatchObject({ pending: 0, behind: 0 });
    if (this.#driver === 'git') expect(git(clone, 'status', '--porcelain'), note).toBe('');
  }

  /** The present value, for a conditional write. */
  get last(): string | null {
    const state = git(this.#fleet.remote, 'show', `main:${statePath(DEPLOYMENT)}`);
    return /^ +p0: (\S+)$/m.exec(state)?.[1] ?? null;
  }

  /** Duration of the last call in ms. */
  get lastMs(): number {
    const { began = 0, ended = 0 } = this.#calls.at(-1) ?? {};
    return ended - began;
  }

  /** Checks everything that was written, and ends the server. */
  async close(note: string): Promise<void> {
    try {
      await expectKept(this.#fleet, this.#calls, note);
    } finally {
      await this.#server.stop();
    }
  }
}
