import { KgitError } from '../../errors.js';
import type { SubjectEvent } from '../../model/event/event.js';
import { commitMessage } from '../../model/operation/commit-message.js';
import type { Operation } from '../../model/operation/operation.js';
import { monthFolder } from '../../model/subject/layout.js';
import type { OutboxEntry } from '../outbox/outbox.js';
import type { Backend } from '../port/backend.js';
import type { Commit, Revision } from '../port/state-store.js';
import { EventFinder } from '../read/event-finder.js';
import { OverlayView } from '../read/overlay-view.js';
import { type Applied, applyOperation } from './apply-operation.js';
import type { Sealing } from './seal-months.js';

/** What an entry of the outbox does to a tip, applied after the entries before it. */
export interface PlannedEntry {
  readonly entry: OutboxEntry;
  readonly applied: Applied | { readonly kind: 'rejected'; readonly error: KgitError };
}

export interface BatchPlan {
  readonly entries: readonly PlannedEntry[];
  /** One commit for each entry that has something to write, in order. */
  readonly commits: readonly Commit[];
  readonly view: OverlayView;
}

/** What a compact sealed, as a part of its outcome. */
export function sealingOf(applied: PlannedEntry['applied']): { sealing?: Sealing } {
  return 'sealing' in applied && applied.sealing ? { sealing: applied.sealing } : {};
}

function commitOf(operation: Operation, applied: Applied & { kind: 'commit' }): Commit {
  const { files, events } = applied;
  return {
    message: commitMessage(operation, events),
    author: operation.actor,
    time: operation.time,
    files,
    ...(isAppend(operation) && { append: events.map(beginning) }),
  };
}

/** Whether an operation adds its events to any tip that does not have them yet. */
function isAppend({ events, change, learned, seal, claim }: Operation): boolean {
  return !change && !learned && !seal && !claim && !events.some(({ once }) => once);
}

/** The path of an event up to its id: two events of one id differ in their actions. */
function beginning({ subject, event }: SubjectEvent): string {
  return `${monthFolder(subject, event.id)}/${event.id}-`;
}

/**
 * Applies the entries in order to the files of `revision`, in memory; nothing is written. An operation that fails is
 * rejected alone, and those after it are applied without it.
 */
export async function planBatch(
  store: Backend,
  revision: Revision | null,
  entries: readonly OutboxEntry[],
): Promise<BatchPlan> {
  const view = new OverlayView(store.view(revision));
  const at = async (name: string) => {
    const resolved = await store.history.resolve(name);
    return resolved === null ? null : store.view(resolved);
  };
  const tip = { view, at, events: new EventFinder(view), maxFileBytes: store.maxFileBytes };
  const planned: PlannedEntry[] = [];
  const commits: Commit[] = [];
  for (const entry of entries) {
    const { operation } = entry;
    if (!operation) continue;
    try {
      const applied = await applyOperation(operation, tip);
      planned.push({ entry, applied });
      if (applied.kind !== 'commit') continue;
      view.write(applied.files);
      commits.push(commitOf(operation, applied));
    } catch (error) {
      // A failure of git or of this machine says nothing about the operation, which is kept.
      if (!(error instanceof KgitError) || error.code === 'INTERNAL' || error.code === 'ENVIRONMENT')
        throw error;
      planned.push({ entry, applied: { kind: 'rejected', error } });
    }
  }
  return { entries: planned, commits, view };
}
