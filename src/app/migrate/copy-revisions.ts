import { ConflictError, type KgitError, RefusedError } from '../../errors.js';
import { withOrigin } from '../../model/operation/origin-trailer.js';
import { counted } from '../../model/value/counted.js';
import type { Backend } from '../../store/port/backend.js';
import type { WholeRevision } from '../../store/port/history.js';
import type { Commit, Revision, SwapOutcome } from '../../store/port/state-store.js';

/** How many revisions and how many characters of texts are sent at a time. */
const BATCH = { revisions: 100, length: 2 * 1024 * 1024 };

/** Which revisions are copied, and onto what. */
export interface CopyRange {
  /** The revision after which it begins; null for all. */
  readonly after: Revision | null;
  readonly upTo: Revision;
  /** The head of the store that they are added to. */
  readonly onto: Revision | null;
}

export interface CopyParts {
  readonly from: Backend;
  readonly to: Backend;
  /** Returns the files that a revision writes and removes in the copy. */
  readonly filesOf: (whole: WholeRevision) => Promise<ReadonlyMap<string, string | null>>;
  readonly timeoutMs: number;
  /** Tells the user how far it is. */
  readonly progress: (text: string) => void;
}

/** What was copied. */
export interface Copied {
  readonly revisions: number;
  /** The head of the copy. */
  readonly head: Revision | null;
}

/** The error of a swap that did not happen, or may not have. */
export function swapFailed(target: string, outcome: Exclude<SwapOutcome, { kind: 'swapped' }>): KgitError {
  if ('error' in outcome) return outcome.error;
  return new ConflictError(`${target}: somebody else writes to it`, {
    suggestions: [
      'Have nobody write to either store until the command has ended, then run it again (a migration with --resume)',
    ],
    data: { target, expected: 'nobody', actual: outcome.kind },
  });
}

/** A file that a store does not take. */
export interface TooLarge {
  readonly path: string;
  readonly revision: Revision;
  readonly bytes: number;
}

/** The files of a revision that are larger than a store takes. */
export function tooLargeFor(
  { maxFileBytes = Number.POSITIVE_INFINITY }: Pick<Backend, 'maxFileBytes'>,
  revision: Revision,
  files: ReadonlyMap<string, string | null>,
): TooLarge[] {
  const found: TooLarge[] = [];
  for (const [path, text] of files) {
    const bytes = Buffer.byteLength(text ?? '');
    if (bytes > maxFileBytes) found.push({ path, revision, bytes });
  }
  return found;
}

/**
 * Copies revisions in order, each with its author, times and message, to which a trailer adds its id in the source. A
 * call that is stopped has copied the first of them. Throws RefusedError for a file that the target does not take,
 * ConflictError if somebody else writes to it, RemoteError, EnvironmentError.
 */
export async function copyRevisions(
  { from, to: store, filesOf, timeoutMs, progress }: CopyParts,
  { after, upTo, onto }: CopyRange,
): Promise<Copied> {
  let head = onto;
  let revisions = 0;
  let batch: Commit[] = [];
  let length = 0;
  const flush = async () => {
    while (batch.length > 0) {
      const outcome = await store.swap(head, batch, timeoutMs);
      if (outcome.kind !== 'swapped') throw swapFailed(store.target, outcome);
      head = outcome.revisions.at(-1) ?? head;
      revisions += outcome.revisions.length;
      batch = batch.slice(outcome.revisions.length);
      progress(`${counted(revisions, 'revision')} copied`);
    }
    length = 0;
  };
  for await (const whole of from.history.whole(after, upTo)) {
    const { revision, message, author, time, published } = whole;
    const files = await filesOf(whole);
    const [large] = tooLargeFor(store, revision, files);
    if (large)
      throw new RefusedError(
        `${store.target}: ${large.path} of revision ${revision} has ${large.bytes} bytes, more than a file may have there (${store.maxFileBytes})`,
        {
          suggestions: ['Choose a target with a higher limit'],
          data: { ...large, limit: store.maxFileBytes },
        },
      );
    batch.push({ message: withOrigin(message, revision), author, time, published, files });
    for (const text of files.values()) length += text?.length ?? 0;
    if (batch.length >= BATCH.revisions || length >= BATCH.length) await flush();
  }
  await flush();
  return { revisions, head };
}
