import { parseEventPath } from '../../model/subject/layout.js';
import type { OpenRepository } from '../../setup/composition.js';
import { refuseMirror } from '../../store/refuse-mirror.js';
import { type TooLarge, tooLargeFor } from './copy-revisions.js';
import { endOf, filesFor, progressOf, standingOf } from './migrate-store.js';

/** How many files that do not fit are listed; all are counted. */
const MAX_LISTED = 50;

/** What a migration would do. */
export interface PlannedMigration {
  /** How many revisions and events would be copied. */
  readonly revisions: number;
  readonly events: number;
  readonly locks: number;
  /** How many operations wait here, and would be moved. */
  readonly waiting: number;
  /** What the target does not take: the first of them, and how many there are. */
  readonly tooLarge: readonly TooLarge[];
  readonly tooLargeCount: number;
  /** What is no text, and would stay behind. */
  readonly left: readonly string[];
  /** Whether it would go on with a migration that was stopped. */
  readonly resumes: boolean;
}

/**
 * Plans a migration: reads the whole history, and changes nothing. Throws ConflictError if the target holds anything else
 * than a part of this migration, RefusedError for a mirror, RemoteError.
 * @param target null for a place that does not exist yet
 */
export async function planMigration(
  source: OpenRepository,
  target: OpenRepository | null,
  timeoutMs: number,
): Promise<PlannedMigration> {
  const from = source.repository.store;
  const to = target?.repository.store ?? null;
  await refuseMirror(from);
  const standing = await standingOf(from, timeoutMs);
  const head = to === null ? null : (await standingOf(to, timeoutMs)).head;
  const end = await endOf(from, standing);
  const { after, copy } =
    to === null ? { after: null, copy: null } : await progressOf(from, standing, end, to, head);
  const { filesOf, left } = filesFor(source, target);
  const large: TooLarge[] = [];
  let [revisions, events, tooLargeCount] = [0, 0, 0];
  if (copy === null)
    for await (const whole of from.history.whole(after, end)) {
      const files = await filesOf(whole);
      revisions += 1;
      for (const [path, text] of files) if (text !== null && parseEventPath(path) !== null) events += 1;
      const found = to === null ? [] : tooLargeFor(to, whole.revision, files);
      tooLargeCount += found.length;
      large.push(...found.slice(0, MAX_LISTED - large.length));
    }
  const waits = (await source.repository.outbox.list()).filter(({ target: own }) => own === from.target);
  return {
    revisions,
    events,
    locks: (await from.leases.list(timeoutMs)).tips.size,
    waiting: waits.length,
    tooLarge: large,
    tooLargeCount,
    left: left(),
    resumes: after !== null,
  };
}
