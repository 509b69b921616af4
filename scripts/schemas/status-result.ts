import { z } from 'zod';
import { CLUSTER_STATES } from '../../src/k0rdent/cluster-state.js';
import { LIFECYCLES } from '../../src/model/event.js';
import { count, errorBody, shownEvent, utcTime } from './parts.js';

const nullableText = z.string().nullable();
const name = { management: z.string(), namespace: z.string(), name: z.string() };

const context = z.object({
  context: z.string(),
  management: nullableText.describe(
    'The recorded management cluster that it is; null where that cannot be told.',
  ),
  identity: nullableText,
  match: z.enum(['same', 'new', 'unknown']).nullable(),
  observedAt: utcTime,
  namespaces: z.object({
    seen: z
      .union([z.literal('*'), z.array(z.string())])
      .describe("The namespaces that could be read; '*': all."),
    denied: z.array(z.string()),
  }),
  error: errorBody.nullable().describe('Why this context could not be asked.'),
});

const cluster = z.object({
  ...name,
  state: z.enum(CLUSTER_STATES),
  ready: z.object({
    status: z.enum(['True', 'False', 'Unknown']).nullable(),
    reason: nullableText,
    message: nullableText,
  }),
  services: z.object({ ready: count, total: count }),
  template: nullableText,
  region: nullableText,
  createdAt: nullableText,
  flags: z.array(z.enum(['stale', 'dry-run', 'reinstall-warning'])),
  lastEvent: shownEvent.nullable(),
});

const divergence = z.object({
  kind: z.enum(['untracked', 'vanished', 'lingering']),
  management: z.string(),
  namespace: nullableText.describe('Null, as name, where the finding sums up several clusters.'),
  name: nullableText,
  detail: z.string(),
  clusters: z.array(z.string()).optional().describe('The clusters summed up, as NAMESPACE/NAME.'),
});

/** What k0rdent says, joined with what is recorded. */
export const liveStatus = {
  contexts: z.array(context),
  clusters: z.array(cluster),
  divergence: z.array(divergence),
};

/** What is recorded alone: no cluster was asked. */
export const offlineStatus = {
  contexts: z.array(context).max(0),
  clusters: z.array(
    z.object({
      ...name,
      recorded: z.enum(LIFECYCLES).nullable(),
      state: z.null(),
      lastEvent: shownEvent.nullable(),
    }),
  ),
  divergence: z.array(divergence).max(0),
  live: z.literal(false),
};
