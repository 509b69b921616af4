import { join } from 'node:path';
import { ConflictError, InvalidStateError, RefusedError } from '../../errors.js';
import type { LeaseRecord } from '../../model/lease/lease.js';
import type { Actor } from '../../model/operation/operation.js';
import { counted } from '../../model/value/counted.js';
import { createDurably, privateFolder } from '../../store/local/durable-files.js';
import { OUTBOX, readWaiting, retargeted } from '../../store/local/waiting-files.js';
import type { BackedUp, RestoreIntoRequest } from '../../store/port/driver.js';
import type { Commit, Revision, SwapOutcome } from '../../store/port/state-store.js';
import type { KeyedStore } from '../keyed/keyed-store.js';
import { seqOf } from '../keyed/records.js';
import type { ArchivedRevision } from './archive-lines.js';
import { archiveLines, checkArchive } from './read-archive.js';

/** How many revisions and how many characters of texts are sent at a time. */
const BATCH = { revisions: 200, length: 2 * 1024 * 1024 };

/** After how many revisions the progress is told. */
const TOLD = 500;

/** Author of the moves that bring locks back. */
const KGIT: Actor = { name: 'kgit', email: 'kgit@localhost' };

function notEmpty(target: string, revision: Revision | null): ConflictError {
  return new ConflictError(
    `${target} is not empty, and holds something else than the beginning of this archive`,
    {
      suggestions: ['Name an empty store: --repo'],
      data: { target, expected: null, actual: revision },
    },
  );
}

/** The error of a swap that did not happen, or may not have. */
function failed(target: string, outcome: Exclude<SwapOutcome, { kind: 'swapped' }>): Error {
  if ('error' in outcome) return outcome.error;
  return new ConflictError(`${target}: others write to it`, {
    suggestions: ['Restore into a store that nobody uses'],
    data: { target, expected: 'nobody', actual: outcome.kind },
  });
}

/** Writes revisions in batches on top of what is there. */
class Restoring {
  readonly #store: KeyedStore;
  readonly #timeoutMs: number;
  readonly #file: string;
  #head: Revision | null;
  #batch: ArchivedRevision[] = [];
  #length = 0;

  constructor(store: KeyedStore, head: Revision | null, file: string, timeoutMs: number) {
    this.#store = store;
    this.#head = head;
    this.#file = file;
    this.#timeoutMs = timeoutMs;
  }

  async add(revision: ArchivedRevision): Promise<void> {
    this.#batch.push(revision);
    for (const text of revision.files.values()) this.#length += text?.length ?? 0;
    if (this.#batch.length >= BATCH.revisions || this.#length >= BATCH.length) await this.flush();
  }

  async flush(): Promise<void> {
    while (this.#batch.length > 0) {
      const commits = this.#batch.map(
        ({ message, author, time, files }): Commit => ({ message, author, time, published: time, files }),
      );
      const outcome = await this.#store.swap(this.#head, commits, this.#timeoutMs);
      if (outcome.kind !== 'swapped') throw failed(this.#store.target, outcome);
      for (const [i, made] of outcome.revisions.entries()) {
        this.#head = made;
        if (made === this.#batch[i]?.revision) continue;
        const why = `its revision ${this.#batch[i]?.revision} removes files that are not there, or writes some that are`;
        throw new InvalidStateError(`${this.#file} cannot be restored: ${why}`, {
          suggestions: [`Empty ${this.#store.target}: it holds the revisions up to there`],
          data: { path: this.#file },
        });
      }
      this.#batch = this.#batch.slice(outcome.revisions.length);
    }
    this.#length = 0;
  }
}

/** Puts a lock where there is none, or one with a lower token. */
async function bringLock(store: KeyedStore, record: LeaseRecord, timeoutMs: number): Promise<void> {
  const from = await store.leases.read(record.name, timeoutMs);
  if (from !== null && from.record.token >= record.token) return;
  const outcome = await store.leases.move(
    { name: record.name, from, records: [record], author: KGIT },
    timeoutMs,
  );
  if (outcome.kind !== 'swapped') throw failed(store.target, outcome);
}

/**
 * Restores an archive into an empty store, or one in which an earlier call was stopped: the same revisions, the locks,
 * and what waited, which then waits in the outbox in `folder`. The whole archive is checked before anything is written.
 * Throws InvalidStateError for what is no archive, ConflictError if the store holds anything else, RefusedError for a file
 * that is too large for it, RemoteError, EnvironmentError.
 */
export async function restoreArchive(
  store: KeyedStore,
  folder: string,
  { file, timeoutMs, wait }: RestoreIntoRequest,
): Promise<BackedUp> {
  const there = await store.found(timeoutMs);
  const done = there.revision === null ? 0 : (seqOf(there.revision) ?? 0);
  let isBegun = there.revision === null;
  const archive = await checkArchive(file, (seq, { revision, files }) => {
    if (seq === done && revision === there.revision) isBegun = true;
    for (const [path, text] of files)
      if (text !== null && Buffer.byteLength(text) > store.maxFileBytes) throw tooLarge(store, path);
    if (seq % TOLD === 0) wait.progress(`checking: ${counted(seq, 'revision')}`);
  });
  if (!isBegun || (there.id !== null && there.id !== archive.store))
    throw notEmpty(store.target, there.revision);
  store.adopt(archive.store);
  const known = new Set([...(await readWaiting(folder)).keys()].map((name) => name.slice(-26)));
  const restoring = new Restoring(store, there.revision, file, timeoutMs);
  let seq = 0;
  await privateFolder(join(folder, OUTBOX));
  for await (const line of archiveLines(file)) {
    if (!('kind' in line)) continue;
    if (line.kind === 'revision') {
      seq += 1;
      if (seq > done) await restoring.add(line.value);
      if (seq % TOLD === 0) wait.progress(`${seq} of ${counted(archive.seq, 'revision')}`);
      continue;
    }
    await restoring.flush();
    if (line.kind === 'lock') await bringLock(store, line.value, timeoutMs);
    if (line.kind !== 'waiting' || known.has(line.value.name.slice(-26))) continue;
    // A damaged entry is kept as it was.
    const text = retargeted(line.value.text, store.target) ?? line.value.text;
    await createDurably(join(folder, OUTBOX, line.value.name), text);
  }
  return { revision: archive.revision, operations: archive.operations, locks: archive.locks, notes: [] };
}

function tooLarge({ target, maxFileBytes }: KeyedStore, path: string): RefusedError {
  return new RefusedError(
    `${target}: ${path} is larger than the ${maxFileBytes} bytes that a file may have there`,
    {
      suggestions: ['Restore into a store with a higher limit: nothing was changed'],
      data: { path },
    },
  );
}
