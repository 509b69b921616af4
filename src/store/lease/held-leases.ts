import { join } from 'node:path';
import { claimOf, isClaimed, type LeaseClaim, leaseFromJson } from '../../model/lease/lease.js';
import { decodeLockName, encodeLockName } from '../../model/lease/lock-name.js';
import { hasCode } from '../../model/value/error-codes.js';
import { isMap } from '../../model/value/value.js';
import { readdir, readFile } from '../../platform/small-files.js';
import { privateFolder, removeFile, replaceDurably, replaceWhole } from '../local/durable-files.js';
import type { LockTip } from '../port/lease-store.js';
import { SeenTokens } from './seen-tokens.js';

/** A lease that this clone holds. */
export interface HeldLease {
  /** The tip of the lock as this clone last moved or saw it. */
  readonly tip: LockTip;
  /** Whether any process of the clone may write under it; otherwise only processes that were passed the claim. */
  readonly isShared: boolean;
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    // A file truncated by a power loss counts as absent; the remote knows who holds the lock.
    if (error instanceof SyntaxError || hasCode(error, 'ENOENT', 'EISDIR')) return null;
    throw error;
  }
}

/**
 * What a clone remembers about locks: the leases that it holds, and since when it has seen others' leases unchanged.
 * The remote is authoritative: a claim is proved by the lock's own commit, never by these files.
 */
export class HeldLeases {
  readonly #held: string;
  readonly #seen: string;
  readonly tokens: SeenTokens;

  /** @param folder the clone's `kgit` folder */
  constructor(folder: string) {
    this.#held = join(folder, 'leases');
    this.#seen = join(folder, 'locks-seen');
    this.tokens = new SeenTokens(folder);
  }

  /** The lease held under a name; null if there is none. */
  async read(name: string): Promise<HeldLease | null> {
    const value = await readJson(join(this.#held, encodeLockName(name)));
    if (!isMap(value) || typeof value['version'] !== 'string') return null;
    const record = leaseFromJson(value['record']);
    if (record?.name !== name) return null;
    return { tip: { version: value['version'], record }, isShared: value['isShared'] === true };
  }

  /** The claims of all leases held. */
  async claims(): Promise<LeaseClaim[]> {
    const files = await readdir(this.#held).catch((error: unknown) => {
      if (hasCode(error, 'ENOENT')) return [];
      throw error;
    });
    const names = files.map(decodeLockName).filter((name) => name !== null);
    const all = await Promise.all(names.map((name) => this.read(name)));
    return all.flatMap((held) => (held ? [claimOf(held.tip.record)] : []));
  }

  /** Stores a new lease durably. Throws EnvironmentError. */
  async add({ tip, isShared }: HeldLease): Promise<void> {
    await privateFolder(this.#held);
    const text = JSON.stringify({ version: tip.version, isShared, record: tip.record });
    await replaceDurably(join(this.#held, encodeLockName(tip.record.name)), text);
  }

  /** Records the new tip of a lease held here; ignores other leases. */
  async update(tip: LockTip): Promise<void> {
    const held = await this.read(tip.record.name);
    if (held && isClaimed(tip.record, claimOf(held.tip.record))) await this.add({ ...held, tip });
  }

  /** Forgets a lease, unless another one is now held under its name. */
  async remove(claim: LeaseClaim): Promise<void> {
    const held = await this.read(claim.name);
    if (held?.tip.record.lease === claim.lease)
      await removeFile(join(this.#held, encodeLockName(claim.name)));
  }

  /** Since when this clone has seen the lock at its current tip, in ms since the epoch; `now` if the tip is new. */
  async seenSince({ version, record }: LockTip, now: number): Promise<number> {
    const path = join(this.#seen, encodeLockName(record.name));
    const value = await readJson(path);
    const since = isMap(value) && value['version'] === version ? Number(value['since']) : Number.NaN;
    // If the clock was set back, the elapsed time is unknown.
    if (since <= now) return since;
    await privateFolder(this.#seen);
    await replaceWhole(path, JSON.stringify({ version, since: now }));
    return now;
  }
}
