import { z } from 'zod';
import { CLUSTER_STATES } from '../../src/k0rdent/cluster/cluster-state.js';
import { errorBody, utcTime } from './parts.js';

const nullableText = z.string().nullable();
const state = z.enum(CLUSTER_STATES).nullable();
const cluster = {
  ...{ management: z.string(), namespace: z.string(), name: z.string() },
  uid: nullableText.describe('Tells the cluster from an earlier one of its name.'),
  from: state.describe('Null: it was not there; of a row `present`: not known.'),
  to: state.describe('Null: it is gone.'),
  at: nullableText.describe('When that was; null of a row `present`.'),
  cause: nullableText.describe('What explains the new state; secrets are masked.'),
  observedAt: utcTime,
};

const transition = {
  ...cluster,
  dated: z
    .enum(['api', 'write', 'previous', 'observation'])
    .describe(
      'Where the time comes from: the object says when; its last write; of an end that nobody saw, what came before it; when it was seen.',
    ),
};

/** A line of `kgit status --watch -o jsonl`. */
export const watchRow = z
  .union([
    z.object({ type: z.literal('present').describe('There when the watch began.'), ...cluster }),
    z.object({
      type: z.literal('watching').describe('All that is there was told; changes come from here on.'),
      contexts: z.array(z.string()),
      observedAt: utcTime,
    }),
    z.object({ type: z.literal('changed').describe('It changed its state.'), ...transition }),
    z.object({ type: z.literal('missed').describe('It had changed while nobody recorded.'), ...transition }),
    z.object({
      type: z.literal('context').describe('A context cannot be watched, or can again.'),
      context: z.string(),
      error: errorBody.nullable().describe('Why it cannot be watched; null: it can again.'),
      observedAt: utcTime,
    }),
  ])
  .meta({ title: 'kgit status --watch', description: 'A line of kgit status --watch -o jsonl.' });
