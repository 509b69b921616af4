import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { type KgitRun, kgit } from '../../support/kgit.js';

/** A machine of a user, with local data of its own. */
export class Machine {
  readonly #folder = temporaryFolder();
  readonly state = join(this.#folder, 'state');
  readonly #config = join(this.#folder, 'deploy.yaml');

  constructor(repo: string, fallback = 'file') {
    writeFileSync(
      this.#config,
      `state_management:\n  repo: ${JSON.stringify(repo)}\n  fallback: ${fallback}\n  deployment: d1\n`,
    );
  }

  run(...args: string[]): Promise<KgitRun> {
    const env = { XDG_STATE_HOME: this.state, KGIT_USER: 'ada' };
    return kgit(this.#folder, [...args, '--config', this.#config], { env });
  }

  /** Runs a command that must end with 0; returns its output. */
  async ok(...args: string[]): Promise<string> {
    const ended = await this.run(...args);
    expect(ended.code, `${args.join(' ')}: ${ended.stderr}`).toBe(0);
    return ended.stdout;
  }

  /** Runs a command that must fail; returns its error. */
  async fails(code: number, ...args: string[]) {
    const ended = await this.run(...args, '--json');
    expect(ended.code, `${args.join(' ')}: ${ended.stderr}`).toBe(code);
    return ended.json.error as { data: Record<string, unknown>; suggestions: string[] };
  }

  /** This machine's folder of the store. */
  get local(): string {
    const kgits = join(this.state, 'kgit');
    return join(kgits, readdirSync(kgits)[0] ?? '');
  }

  /** The actions in the log, oldest first. */
  async actions(): Promise<string[]> {
    const lines = (await this.ok('log', '--json', '--reverse')).trim();
    return (JSON.parse(lines) as { events: { action: string }[] }).events.map(({ action }) => action);
  }

  async waiting(): Promise<number> {
    return (JSON.parse(await this.ok('outbox', '--json')) as { operations: unknown[] }).operations.length;
  }

  /** The values that a path of the state had, in the order of their events. */
  async valuesOf(path: string): Promise<number[]> {
    const { events } = JSON.parse(await this.ok('log', '--json', '--reverse')) as {
      events: { changes?: { path: string; after?: unknown }[] }[];
    };
    return events
      .flatMap(({ changes = [] }) => changes)
      .filter((change) => change.path === path)
      .map((change) => Number(change.after));
  }

  /** Number of the newest revision of the copy. */
  async copyHead(): Promise<number> {
    const head = JSON.parse(readFileSync(join(this.local, 'copy/head'), 'utf8')) as { seq: number };
    return head.seq;
  }
}
