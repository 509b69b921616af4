import { ConflictError } from '../../errors.js';
import { MARKER_FILE } from '../../model/subject/layout.js';
import type { Backend } from '../../store/port/backend.js';
import type { WholeRevision } from '../../store/port/history.js';
import type { Revision } from '../../store/port/state-store.js';
import type { Moved } from '../../store/read/records.js';
import { compareStores, MARKER, NOTHING_COMPARED } from './compare-stores.js';
import { copyLocks, lowerLocks } from './copy-locks.js';
import { type CopyParts, copyRevisions } from './copy-revisions.js';
import { copyFrozen, freezeStore, unfreezeStore } from './freeze-store.js';
import { handOver } from './hand-over.js';
import {
  differs,
  endOf,
  filesFor,
  freezing,
  type Migrated,
  type MigrationParts,
  movedElsewhere,
  originAt,
  standingOf,
} from './migrate-store.js';

/** The revision of the target behind which its history was not copied back yet. Throws ConflictError. */
async function copiedBack(
  head: Revision,
  moved: Moved,
  from: Backend,
  to: Backend,
  targetHead: Revision,
): Promise<Revision> {
  const isFreeze = (await from.history.parentOf(head)) === moved.revision;
  const after = isFreeze ? await to.history.copyOf(moved.revision, targetHead) : await originAt(from, head);
  if (after !== null) return after;
  throw movedElsewhere(from, moved);
}

/**
 * Brings a migrated store back into use: copies back what came since at its target, freezes that, compares the two, and
 * opens the store again. A call that was stopped goes on when it is made again. Throws as `migrateStore`.
 */
export async function undoMigration(parts: MigrationParts): Promise<Migrated> {
  const { source, target, addresses, author, timeoutMs, clock, note, progress } = parts;
  const [from, to] = [source.repository.store, target.repository.store];
  const { head, moved } = await standingOf(from, timeoutMs);
  const there = await standingOf(to, timeoutMs);
  if (head === null || there.head === null || (moved === null && there.moved === null))
    throw new ConflictError(`${from.target} did not move to ${to.target}`, { data: { target: to.target } });
  if (moved !== null && moved.to !== addresses.target) throw movedElsewhere(from, moved);
  if (there.moved !== null && there.moved.to !== addresses.source) throw movedElsewhere(to, there.moved);
  if (moved === null) {
    note('the store is in use again already');
    const waiting = await handOver(target, source, clock.now() + timeoutMs, note);
    return {
      revisions: 0,
      locks: 0,
      waiting,
      last: there.head,
      copy: head,
      compared: NOTHING_COMPARED,
      left: [],
    };
  }
  const end = await endOf(to, there);
  const after = await copiedBack(head, moved, from, to, end);
  const { filesOf, left } = filesFor(target, source);
  // The store stays frozen until all is back.
  const withoutMarker = async (whole: WholeRevision) => {
    const files = new Map(await filesOf(whole));
    files.delete(MARKER_FILE);
    return files;
  };
  const copying: CopyParts = { from: to, to: from, filesOf: withoutMarker, timeoutMs, progress };
  const freeze = freezing(to, parts);
  const range = { after, upTo: end, onto: head };
  let last = end;
  let copied = await (there.moved === null
    ? copyRevisions(copying, range)
    : copyFrozen(freeze, copying, range));
  if (there.moved === null) {
    progress('freezing');
    last = (await freezeStore(freeze, addresses.source)).before;
    const rest = await copyFrozen(freeze, copying, { after: end, upTo: last, onto: copied.head });
    copied = { revisions: copied.revisions + rest.revisions, head: rest.head };
  }
  const locks = await copyLocks(to, from, author, timeoutMs);
  progress('comparing');
  const back = copied.head ?? last;
  const compared = await compareStores(
    { store: to, revision: last },
    { store: from, revision: back },
    MARKER,
  );
  const lower = await lowerLocks(to, from, timeoutMs);
  const marker = (await to.view(last).read(MARKER_FILE)) ?? '';
  if (compared.differences + lower.length > 0) {
    await unfreezeStore(freeze, marker);
    throw differs(compared, lower, addresses.target);
  }
  const { revision: copy } = await unfreezeStore(freezing(from, parts), marker);
  const waiting = await handOver(target, source, clock.now() + timeoutMs, note);
  return { revisions: copied.revisions, locks, waiting, last, copy, compared, left: left() };
}
