import { z } from 'zod';
import { IDENTIFY_OUTCOMES } from '../../src/app/observe/identification.js';
import { CLUSTER_FLAGS, CLUSTER_STATES } from '../../src/k0rdent/cluster/cluster-state.js';
import { FINDING_KINDS } from '../../src/k0rdent/health/cluster-findings.js';
import { HEALTH_KINDS } from '../../src/k0rdent/health/fleet-health.js';
import { DIVERGENCE_KINDS } from '../../src/k0rdent/observe/divergence.js';
import { LIFECYCLES } from '../../src/model/event/event.js';
import { count, errorBody, perhapsWritten, shownEvent, utcTime } from './parts.js';

const nullableText = z.string().nullable();
const conditionStatus = z.enum(['True', 'False', 'Unknown']);
const name = { management: z.string(), namespace: z.string(), name: z.string() };

const installation = {
  ready: z.boolean().nullable().describe('Null where it does not say.'),
  message: nullableText.describe('Why it is not ready.'),
  components: z
    .array(z.object({ name: z.string(), message: z.string() }))
    .describe('The components and providers that could not be installed.'),
};

const k0rdent = z.object({
  release: nullableText.describe('The Release that is installed, such as kcm-1-11-0.'),
  ...installation,
  regions: z.array(z.object({ name: z.string(), paused: z.boolean(), ...installation })),
  credentials: z
    .array(z.object({ namespace: z.string(), name: z.string(), message: nullableText }))
    .describe('The Credentials that are not ready.'),
  accessManagement: z
    .array(
      z.object({
        name: z.string(),
        kind: nullableText.describe('Null where kcm tells no kind: before 1.12.'),
        message: z.string(),
      }),
    )
    .describe('What AccessManagement could not hand out to namespaces.'),
  lastLook: nullableText.describe('When kcm was last seen to write the status of an object.'),
  notSeenByKcm: z
    .object({
      since: z.string(),
      count,
      examples: z.array(z.object({ kind: z.string(), place: z.string(), since: z.string() })),
    })
    .nullable()
    .describe('Objects that were changed more than 15 minutes ago, and that kcm has not looked at since.'),
  notSeen: z
    .array(z.object({ kind: z.enum(HEALTH_KINDS), cause: z.string() }))
    .describe(
      'Kinds of which nothing is known; forbidden: denied; not-found: the server does not serve them.',
    ),
});

const context = z.object({
  context: z.string(),
  management: nullableText.describe(
    'The recorded management cluster that it is; null where that cannot be told.',
  ),
  identity: nullableText.describe('The strongest of its identities.'),
  identities: z
    .array(z.string())
    .describe('All that the cluster is known by, as far as you may read it, the strongest first.'),
  match: z.enum(['same', 'new', 'unknown']).nullable(),
  observedAt: utcTime,
  namespaces: z.object({
    seen: z
      .union([z.literal('*'), z.array(z.string())])
      .describe("The namespaces that could be read; '*': all."),
    denied: z.array(z.string()),
  }),
  k0rdent: k0rdent
    .nullable()
    .describe('How k0rdent itself is; null where nobody looked: of one cluster, and of a watch.'),
  error: errorBody.nullable().describe('Why this context could not be asked.'),
});

const cluster = z.object({
  ...name,
  state: z.enum(CLUSTER_STATES),
  ready: z.object({
    status: conditionStatus.nullable(),
    reason: nullableText,
    message: nullableText,
  }),
  services: z.object({ ready: count, total: count }),
  template: nullableText,
  region: nullableText,
  createdAt: nullableText,
  flags: z.array(z.enum(CLUSTER_FLAGS)),
  findings: z
    .array(z.object({ kind: z.enum(FINDING_KINDS), from: z.string(), message: z.string() }))
    .nullable()
    .describe('What lies beside it and its own object does not say; null where nobody looked.'),
  why: nullableText.describe(
    'The cause of the state in one line; null where nothing is wrong or waited for.',
  ),
  since: nullableText.describe("Since when it is in this state, by the object's own times."),
  uid: nullableText.describe('Tells the cluster from an earlier one of its name.'),
  upgrades: z.array(z.string()).describe('Templates that the cluster may be upgraded to.'),
  labels: z.record(z.string(), z.string()).describe('The labels of the ClusterDeployment.'),
  lastEvent: shownEvent.nullable(),
});

const divergence = z.object({
  kind: z.enum(DIVERGENCE_KINDS),
  management: z.string(),
  namespace: nullableText.describe('Null, as name, where the finding sums up several clusters.'),
  name: nullableText,
  detail: z.string(),
  clusters: z.array(z.string()).optional().describe('The clusters summed up, as NAMESPACE/NAME.'),
  path: z.string().optional().describe('Of a drift: where in the spec.'),
  recorded: z.unknown().optional().describe('Of a drift: what was recorded; secrets are masked.'),
  live: z.unknown().optional().describe('Of a drift: what the live spec holds; secrets are masked.'),
});

/** Everything that k0rdent says about one cluster. */
const detail = z.object({
  cause: z
    .object({ from: z.string(), message: z.string() })
    .nullable()
    .describe('What explains the state best.'),
  contradictions: z
    .array(z.object({ from: z.string(), message: z.string() }))
    .describe('Where what k0rdent says and what lies below it disagree, each as a sentence that says both.'),
  deletion: z
    .object({
      requestedAt: z.string(),
      waitingFor: z.string(),
      message: nullableText,
      since: nullableText.describe('Since when it waits for that; null where the API does not say.'),
      finalizers: z.array(z.string()),
    })
    .nullable(),
  conditions: z
    .array(
      z.object({
        type: z.string(),
        status: conditionStatus,
        reason: nullableText,
        message: nullableText,
        since: nullableText.describe('Its last transition.'),
        meaning: z.enum(['problem', 'waiting', 'warning', 'fine']),
      }),
    )
    .describe('What is wrong first, the cause on top.'),
  services: z.array(
    z.object({
      namespace: z.string(),
      name: z.string(),
      state: z.string(),
      template: nullableText,
      version: nullableText,
      since: nullableText,
      message: nullableText,
      conflict: nullableText.describe('What another ServiceSet reports of the same service.'),
      upgrades: z.array(z.string()),
    }),
  ),
  upgrades: z.array(z.string()).describe('Templates that the cluster may be upgraded to.'),
  kubernetesVersion: nullableText,
  credential: nullableText,
  config: z.unknown().describe('spec.config, secrets masked.'),
  eventsSeen: z.boolean().describe('Whether the events of Kubernetes may be read.'),
  related: z
    .array(
      z.object({
        kind: z.string(),
        namespace: nullableText,
        name: z.string(),
        state: z.string(),
        problems: z.array(z.string()),
      }),
    )
    .nullable()
    .describe('What the cluster depends on and is made of; null without --explain.'),
});

const timeLine = z.array(
  z.object({
    time: z.string(),
    source: z.enum(['kubernetes', 'kgit']),
    what: z.string(),
    message: z.string(),
    who: z.string(),
    isBad: z.boolean(),
    count,
  }),
);

/** k0rdent's answer joined with the records. */
export const liveStatus = {
  contexts: z.array(context),
  clusters: z.array(cluster),
  divergence: z.array(divergence),
  detail: detail.optional().describe('Where one cluster was asked for, and is live.'),
  timeLine: timeLine
    .optional()
    .describe('Of that cluster: the events of Kubernetes and of kgit, newest last.'),
  recorded: z
    .enum(LIFECYCLES)
    .nullable()
    .optional()
    .describe('Of one cluster in the API of kgit serve: whether it is recorded as created or deleted.'),
};

/** A hand-over page: the status of one cluster, and its history. */
export const shownCluster = {
  ...{ contexts: z.array(context), cluster: cluster.nullable(), divergence: z.array(divergence) },
  recorded: z.enum(LIFECYCLES).nullable(),
  detail: detail.nullable(),
  timeLine,
};

/** Which management cluster a context was said to be. */
export const identified = {
  management: z.string(),
  context: z.string(),
  outcome: z.enum(IDENTIFY_OUTCOMES),
  identities: z.array(z.string()).describe('What it is known by now, the strongest first.'),
  before: z.array(z.string()).describe('What was recorded before.'),
  ...perhapsWritten,
};

/** Records only: no cluster was asked. */
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
