import type { BatchPlan, planBatch as plan } from './plan-batch.js';

export type { PlannedEntry } from './plan-batch.js';

/** As `planBatch` of plan-batch.ts, which is loaded where operations wait: most reads find none. */
export async function planBatch(...args: Parameters<typeof plan>): Promise<BatchPlan> {
  return (await import('./plan-batch.js')).planBatch(...args);
}
