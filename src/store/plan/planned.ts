import type { KgitError } from '../../errors.js';
import type { OutboxEntry } from '../outbox/outbox.js';
import type { Commit } from '../port/state-store.js';
import type { OverlayView } from '../read/overlay-view.js';
import type { Applied } from './apply-operation.js';
import type { planBatch as plan } from './plan-batch.js';
import type { Sealing } from './seal-months.js';

/** What one entry of the outbox does to a tip, after those before it. */
export interface PlannedEntry {
  readonly entry: OutboxEntry;
  readonly applied: Applied | { readonly kind: 'rejected'; readonly error: KgitError };
}

export interface BatchPlan {
  readonly entries: readonly PlannedEntry[];
  /** One commit per entry that has something to write, in their order. */
  readonly commits: readonly Commit[];
  readonly view: OverlayView;
}

/** Whether readers see a difference: a compact that waits changes no answer, and would cost them its work. */
export function changesAnswers({ operation }: OutboxEntry): boolean {
  return !operation?.seal;
}

/** What a compact sealed, as a part of its outcome. */
export function sealingOf(applied: PlannedEntry['applied']): { sealing?: Sealing } {
  return 'sealing' in applied && applied.sealing ? { sealing: applied.sealing } : {};
}

/** As `planBatch` of plan-batch.ts, which is loaded where operations wait: most reads find none. */
export async function planBatch(...args: Parameters<typeof plan>): Promise<BatchPlan> {
  return (await import('./plan-batch.js')).planBatch(...args);
}
