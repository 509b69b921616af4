import { dirname } from 'node:path';
import { hasCode } from '../../model/value/error-codes.js';
import { readFile } from '../../platform/small-files.js';
import { privateFolder, replaceWhole } from '../local/durable-files.js';

/** How many pushes the log holds. */
const KEPT = 200;

/** One run over the outbox that tried to move the branch, or whose commits another clone pushed. */
export interface PushRecord {
  /** When it ended, in ms since the epoch. */
  readonly at: number;
  /** How long it took, in ms. */
  readonly ms: number;
  /** How many times the run tried to move the branch: all tries but the last lost a race. 0 if another clone pushed. */
  readonly attempts: number;
  /** How many operations the run handled. */
  readonly operations: number;
  readonly isPublished: boolean;
  /** Whether the branch was not where this clone expected it: others write, too. Missing in old records. */
  readonly isRaced?: boolean;
  /** How long before it this clone had last heard from the remote, in ms. Missing where it never had, and in old records. */
  readonly sinceMs?: number;
}

function isRecord(value: unknown): value is PushRecord {
  const record = value as PushRecord | null;
  const numbers = [record?.at, record?.ms, record?.attempts, record?.operations];
  return numbers.every((number) => Number.isFinite(number)) && typeof record?.isPublished === 'boolean';
}

/** The last pushes of a clone, for `doctor` and to schedule the next push. Losing the log loses no write. */
export class PushLog {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** The recorded pushes, oldest first; none if the file cannot be read or parsed, because writes work without it. */
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

  /** Adds a push. The caller holds the publish lock, so no two processes write at once. */
  async add(record: PushRecord): Promise<void> {
    const kept = [...(await this.read()), record].slice(-KEPT);
    await privateFolder(dirname(this.#path));
    await replaceWhole(this.#path, kept.map((each) => `${JSON.stringify(each)}\n`).join(''));
  }
}
