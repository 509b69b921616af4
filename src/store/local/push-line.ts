import { isAbsolute } from 'node:path';
import { isMap } from '../../model/value/value.js';
import type { Clock, Host } from '../port/host.js';
import { createWhole, readNamed, replaceWhole } from './durable-files.js';
import { orWithout } from './or-without.js';
import { ProcessLock } from './process-lock.js';

/** How long commits wait for a push at most, in ms. Who wrote older ones has ended, or goes on without the others. */
export const SHARED_MS = 15_000;
/** Most commits that are recorded, and most of them that wait: what has landed is kept for clones that know nothing newer. */
const MAX_COMMITS = 64;
const MAX_WAITING = MAX_COMMITS / 2;
/** Most bytes of the record. */
const MAX_BYTES = 512 * 1024;
/** Pauses while another process changes the record, in ms, and the longest time that is waited for it. */
const PAUSE_MS = 3;
const WAIT_MS = 5_000;

/** Commits of one clone. */
export interface SharedCommits {
  /** The revision that they are built on: the `to` of those before them. */
  readonly from: string;
  readonly to: string;
  /** Where their objects are. */
  readonly objects: string;
  /** When they were built, in ms since the epoch. */
  readonly at: number;
}

/** Commits that clones built on each other's, oldest first. */
export interface PushLine {
  readonly commits: readonly SharedCommits[];
  /** How many of them are on the branch. */
  readonly landed: number;
  /** How many of them were sent. Those that have not landed are on their way, or who sent them has ended. */
  readonly sent: number;
}

const EMPTY: PushLine = { commits: [], landed: 0, sent: 0 };

const REVISION = /^[0-9a-f]{40}$/;

function parseCommits(json: unknown): SharedCommits | null {
  if (!isMap(json)) return null;
  const { from, to, objects, at } = json;
  const isRevision = (value: unknown): value is string => typeof value === 'string' && REVISION.test(value);
  if (!isRevision(from) || !isRevision(to) || typeof at !== 'number') return null;
  return typeof objects === 'string' && isAbsolute(objects) ? { from, to, objects, at } : null;
}

const isCount = (value: unknown, most: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most;

/** Parses the text of a record; a damaged one, or one of another version of kgit, counts as empty. */
export function parseLine(text: string): PushLine {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return EMPTY;
  }
  if (!isMap(json) || !Array.isArray(json['commits']) || json['commits'].length > MAX_COMMITS) return EMPTY;
  const { landed, sent } = json;
  const commits = json['commits'].map(parseCommits);
  const isWhole = (all: (SharedCommits | null)[]): all is SharedCommits[] =>
    all.every((each, i) => each !== null && (i === 0 || each.from === all[i - 1]?.to));
  if (!isWhole(commits) || !isCount(sent, commits.length) || !isCount(landed, sent)) return EMPTY;
  return { commits, landed, sent };
}

/** Whether commits wait for a push, or are in one, so that more may follow them. */
export function isUnderWay({ commits, landed }: PushLine, now: number): boolean {
  const last = commits.at(-1);
  return last !== undefined && commits.length > landed && Math.abs(now - last.at) < SHARED_MS;
}

/** Whether so many commits wait that those of one more clone are for the next push. */
export function isFull({ commits, landed }: PushLine): boolean {
  return commits.length - landed >= MAX_WAITING;
}

/** The commits that follow a revision; null if it is not in the line. */
export function following({ commits }: PushLine, revision: string): readonly SharedCommits[] | null {
  if (commits.at(-1)?.to === revision) return [];
  const at = commits.findIndex(({ from }) => from === revision);
  return at < 0 ? null : commits.slice(at);
}

/** What became of commits that this process has added to the line. */
export function stateOf(
  { commits, landed, sent }: PushLine,
  to: string,
): 'landed' | 'sent' | 'waiting' | 'gone' {
  const at = commits.findIndex((each) => each.to === to);
  if (at < 0) return 'gone';
  return at < landed ? 'landed' : at < sent ? 'sent' : 'waiting';
}

/** The line without what has not landed. */
export function landedOnly({ commits, landed }: PushLine): PushLine {
  return { commits: commits.slice(0, landed), landed, sent: landed };
}

/** The line with commits that are sent now, by their clone alone. */
export function started(line: PushLine, first: SharedCommits): PushLine {
  const { commits } = landedOnly(line);
  const before = commits.at(-1)?.to === first.from ? commits : [];
  return { commits: [...before, first], landed: before.length, sent: before.length + 1 };
}

/** The line after a push that was to bring the branch to `to`. */
export function ended(line: PushLine, to: string, isSwapped: boolean): PushLine {
  const count = line.commits.findIndex((each) => each.to === to) + 1;
  // Another process went on without this one.
  if (count === 0) return line;
  return isSwapped ? { ...line, landed: count, sent: Math.max(line.sent, count) } : landedOnly(line);
}

/** The line without the oldest commits that have landed, if it is long. */
function shortened({ commits, landed, sent }: PushLine): PushLine {
  const most = Math.min(Math.max(commits.length - MAX_WAITING, 0), landed);
  return { commits: commits.slice(most), landed: landed - most, sent: sent - most };
}

/** Whether a file is the user's own, and nobody else can write it. */
export type IsOwn = (path: string) => boolean;

/**
 * The commits of clones of a user on this machine that wait for a push, or were in the last ones: a file that these clones
 * share. It saves pushes; what is on the branch is decided by compare-and-swap, never by this.
 */
export class PushLineFile {
  readonly #path: string;
  readonly #lock: ProcessLock;
  readonly #clock: Clock;
  readonly #isOwn: IsOwn;

  /** @param path of the file, which is the same for all clones that share pushes */
  constructor(path: string, host: Host, clock: Clock, isOwn: IsOwn) {
    this.#path = path;
    this.#lock = new ProcessLock(`${path}.lock`, host, createWhole);
    this.#clock = clock;
    this.#isOwn = isOwn;
  }

  /** The line as it is; an empty one if others can write it, or the file system refuses to read it. */
  async read(): Promise<PushLine> {
    if (!this.#isOwn(this.#path)) return EMPTY;
    const bytes = await orWithout(readNamed(this.#path), null);
    return bytes && bytes.length <= MAX_BYTES ? parseLine(bytes.toString('utf8')) : EMPTY;
  }

  /**
   * Changes the line, one process at a time.
   * @param change returns the new line; null leaves it as it is
   * @param waits whether another process that changes it is waited for
   * @returns false if the change was not made: another process was at it, or the file system refused something
   */
  async change(change: (line: PushLine) => Promise<PushLine | null>, waits: boolean): Promise<boolean> {
    return orWithout(this.#change(change, waits), false);
  }

  async #change(change: (line: PushLine) => Promise<PushLine | null>, waits: boolean): Promise<boolean> {
    for (let waited = 0; !(await this.#lock.tryAcquire()); waited += PAUSE_MS) {
      if (!waits || waited > WAIT_MS) return false;
      await this.#clock.sleep(PAUSE_MS);
    }
    try {
      const line = await change(await this.read());
      if (line === null) return false;
      await replaceWhole(this.#path, JSON.stringify(shortened(line)));
      return true;
    } finally {
      await this.#lock.release();
    }
  }
}
