import { randomBytes } from 'node:crypto';
import { InvalidStateError } from '../../errors.js';
import { type LeaseRecord, leaseFromJson } from '../../model/lease/lease.js';
import { decodeLockName } from '../../model/lease/lock-name.js';
import type {
  BrokenLock,
  LeaseStore,
  LockMove,
  LockOutcome,
  LockTip,
  LockTips,
} from '../../store/port/lease-store.js';
import type { KeySpace, Put, Stamped } from './key-space.js';
import { LOCKS, lockKey } from './layout.js';

const PROBLEM = 'it holds no lease that this kgit reads';
const SUGGESTIONS = ['Use a newer kgit', 'Look at the key and delete it, if nobody needs it'];

function parseLock(value: string, name: string): LeaseRecord | null {
  try {
    const record = leaseFromJson(JSON.parse(value));
    return record?.name === name ? record : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** The new value of a lock. Each is unique, so that a server that compares values sees every move. */
export function lockPut({ name, records }: LockMove): Put & { readonly record: LeaseRecord } {
  const record = records.at(-1);
  if (!record) throw new RangeError('a move of a lock has at least one record');
  const value = JSON.stringify({ ...record, nonce: randomBytes(8).toString('hex') });
  return { key: lockKey(name), value, record };
}

/** What must be there for a lock to move. */
export const lockExpected = ({ name, from }: LockMove): [key: string, version: string | null] => [
  lockKey(name),
  from?.version ?? null,
];

/** Locks as keys: each holds the record of its newest move, and is compared in the transaction that moves it. */
export class KeyedLeases implements LeaseStore {
  readonly #space: KeySpace;
  readonly #timeoutMs: number;
  readonly #move: LeaseStore['move'];

  /** @param move moves one lock in a transaction */
  constructor(space: KeySpace, timeoutMs: number, move: LeaseStore['move']) {
    this.#space = space;
    this.#timeoutMs = timeoutMs;
    this.#move = move;
  }

  async read(name: string, timeoutMs: number): Promise<LockTip | null> {
    const [found = null] = await this.#space.get([lockKey(name)], timeoutMs);
    if (found === null) return null;
    const record = parseLock(found.value, name);
    if (record !== null) return { version: found.version, record };
    throw new InvalidStateError(`lock ${name}: ${PROBLEM}`, {
      suggestions: SUGGESTIONS,
      data: { lock: name, key: lockKey(name) },
    });
  }

  /** Nothing is kept on this machine: without a time limit the server is asked all the same. */
  async list(timeoutMs: number | null): Promise<LockTips> {
    const limit = timeoutMs ?? this.#timeoutMs;
    const tips = new Map<string, LockTip>();
    const broken: BrokenLock[] = [];
    const names = (await this.#space.names(LOCKS, '', limit)).sort();
    for (let i = 0; i < names.length; i += 50) {
      const some = names.slice(i, i + 50);
      const found = await this.#space.get(
        some.map((name) => LOCKS + name),
        limit,
      );
      for (const [n, encoded] of some.entries()) addLock(encoded, found[n] ?? null, tips, broken);
    }
    return { tips, broken, place: this.#space.target };
  }

  move(move: LockMove, timeoutMs: number): Promise<LockOutcome> {
    return this.#move(move, timeoutMs);
  }
}

function addLock(
  encoded: string,
  found: Stamped | null,
  tips: Map<string, LockTip>,
  broken: BrokenLock[],
): void {
  // Somebody may have deleted it since it was listed.
  if (found === null && !encoded.endsWith('/')) return;
  const name = decodeLockName(encoded);
  const record = name !== null && found ? parseLock(found.value, name) : null;
  if (name !== null && found && record) tips.set(name, { version: found.version, record });
  else broken.push({ where: LOCKS + encoded, name, problem: PROBLEM, suggestions: SUGGESTIONS });
}
