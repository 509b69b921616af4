import type { PublishedChange } from '../../review/published-change.js';
import type { Revision } from '../../store/port/state-store.js';

export interface ChangeHandling {
  /** Runs the user's command for a change, and returns its exit code; null if there is none. */
  readonly run: ((change: PublishedChange) => Promise<number>) | null;
  /** Shows a change that the command has handled. */
  readonly show: (change: PublishedChange) => Promise<void>;
  /** After how many changes it ends; undefined if it goes on. */
  readonly limit: number | undefined;
}

/** How far a watch came. */
export interface HandledChanges {
  /** The last revision that was handled, where the next watch goes on. */
  readonly last: Revision | null;
  /** The change at which the command failed; null if it did not. */
  readonly failure: { readonly revision: Revision; readonly exitCode: number } | null;
}

/** Handles changes one after another, until they end, the limit is reached, or the command fails. */
export async function handleChanges(
  changes: AsyncIterable<PublishedChange>,
  start: Revision | null,
  { run, show, limit }: ChangeHandling,
): Promise<HandledChanges> {
  let last = start;
  let count = 0;
  for await (const change of changes) {
    const exitCode = (await run?.(change)) ?? 0;
    if (exitCode !== 0) return { last, failure: { revision: change.revision, exitCode } };
    await show(change);
    last = change.revision;
    count += 1;
    if (count === limit) break;
  }
  return { last, failure: null };
}
