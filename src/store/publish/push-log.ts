import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode } from '../../model/value/error-codes.js';
import { privateFolder, replaceWhole } from '../local/durable-files.js';

/** How many pushes are remembered. */
const KEPT = 200;

/** One run over the outbox that tried to move the branch. */
export interface PushRecord {
  /** When it ended, in ms since the epoch. */
  readonly at: number;
  /** How long it took, in ms. */
  readonly ms: number;
  /** How many times the branch was tried to move: all but the last lost a race. */
  readonly attempts: number;
  /** How many operations it was about. */
  readonly operations: number;
  readonly isPublished: boolean;
  /** Whether the branch was elsewhere than this clone believed: others write, too. Not there in old records. */
  readonly isRaced?: boolean;
}

/** For how long others are taken to write still after they were met, in ms. */
const RACED_MS = 30_000;

/** Whether this clone pushed within the last half minute. */
function isRecent(pushes: readonly PushRecord[], now: number): boolean {
  const last = pushes.at(-1);
  return last !== undefined && now >= last.at && now - last.at < RACED_MS;
}

/** Whether others write to the branch just now, so that to ask where it is comes before a try that would lose. */
export function isRaced(pushes: readonly PushRecord[], now: number): boolean {
  return pushes.at(-1)?.isRaced === true && isRecent(pushes, now);
}

/** For how long writers that shared a push are taken to write still, in ms. */
const SHARED_MS = 2_000;
/** How long a push waits for others of its clone to come along, at most, in ms. */
const JOIN_MS = 250;

/**
 * How long a push is worth holding back for others of this clone that come just now, in ms: 0 for who writes alone.
 * As databases have it (group commit with a delay), only where the push before was shared.
 */
export function joinWindow(pushes: readonly PushRecord[], now: number): number {
  const last = pushes.at(-1);
  const isShared = last !== undefined && last.operations > 1 && now >= last.at && now - last.at < SHARED_MS;
  return isShared ? Math.min(last.ms, JOIN_MS) : 0;
}

function isRecord(value: unknown): value is PushRecord {
  const record = value as PushRecord | null;
  const numbers = [record?.at, record?.ms, record?.attempts, record?.operations];
  return numbers.every((number) => Number.isFinite(number)) && typeof record?.isPublished === 'boolean';
}

/** The last pushes of a clone, for `doctor` and for the schedule of the next one. Losing it loses no write. */
export class PushLog {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** The pushes remembered, oldest first; none where the file cannot be read or understood: writes go on without. */
  async read(): Promise<readonly PushRecord[]> {
    try {
      const lines = (await readFile(this.#path, 'utf8')).split('\n').filter(Boolean);
      return lines.map((line) => JSON.parse(line) as unknown).filter(isRecord);
    } catch (error) {
      const isUnreadable = hasCode(error, 'ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES');
      if (isUnreadable || error instanceof SyntaxError) return [];
      throw error;
    }
  }

  /** Adds a push. Called under the publish lock, so no two write at once. */
  async add(record: PushRecord): Promise<void> {
    const kept = [...(await this.read()), record].slice(-KEPT);
    await privateFolder(dirname(this.#path));
    await replaceWhole(this.#path, kept.map((each) => `${JSON.stringify(each)}\n`).join(''));
  }
}
