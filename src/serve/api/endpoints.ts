import { OUTCOMES } from '../../model/event/event.js';

/** A parameter in the query of a request. */
export interface QueryParameter {
  readonly name: string;
  readonly type: 'text' | 'count';
  readonly about: string;
  /** Whether it may be given several times; its values are combined with or. */
  readonly isMany?: true;
  /** The words that it may be. */
  readonly options?: readonly string[];
  /** Of a count. */
  readonly least?: number;
  readonly most?: number;
  /** What a count is if it is left out. */
  readonly preset?: number;
}

/** A path that the API answers, as its document describes it. */
export interface Endpoint {
  /** With `{name}` for what varies, as OpenAPI writes it. */
  readonly path: string;
  readonly about: string;
  /** The kind of the JSON that it answers with; null if it answers with something else. */
  readonly kind: string | null;
  /** What the names in its path stand for. */
  readonly names?: Readonly<Record<string, string>>;
  readonly query?: readonly QueryParameter[];
}

const subject: QueryParameter = {
  name: 'subject',
  type: 'text',
  about: 'Only events of this subject: deployment/ID, cluster/MANAGEMENT/NAMESPACE/NAME.',
};
const outcome: QueryParameter = {
  name: 'outcome',
  type: 'text',
  about: 'With this outcome.',
  isMany: true,
  options: OUTCOMES,
};
const words = (name: string, about: string): QueryParameter => ({ name, type: 'text', about, isMany: true });
const since: QueryParameter = {
  name: 'since',
  type: 'text',
  about: 'At or after this time: 2025-07-11T14:30:00Z, 2025-07-11, 3d, yesterday.',
};
const until: QueryParameter = { name: 'until', type: 'text', about: 'Before this time.' };
const limit: QueryParameter = {
  name: 'limit',
  type: 'count',
  about: 'Maximum number of items.',
  least: 1,
  most: 1_000,
  preset: 100,
};
const deployment = { id: 'Id of the deployment.' };

/** Every path below `/api/v1` that answers with a document, by its name in the program. */
export const ENDPOINTS = {
  status: {
    path: '/api/v1/status',
    about: 'The live state of all clusters beside what is recorded, as the server last heard it.',
    kind: 'StatusResult',
  },
  cluster: {
    path: '/api/v1/clusters/{management}/{namespace}/{name}',
    about:
      'One cluster, asked of k0rdent now: details, time line and divergence. If k0rdent cannot be asked, what was last known, with the error of the context.',
    kind: 'StatusResult',
    names: {
      management: 'Name of the management cluster.',
      namespace: 'Namespace of the ClusterDeployment.',
      name: 'Name of the ClusterDeployment.',
    },
  },
  subjects: {
    path: '/api/v1/subjects',
    about: 'The deployments and clusters that the repository knows.',
    kind: 'ListResult',
  },
  events: {
    path: '/api/v1/events',
    about: 'A page of events, newest last.',
    kind: 'LogResult',
    query: [
      subject,
      words('action', 'With this action.'),
      outcome,
      words('user', 'By this user.'),
      words('phase', 'Of this phase.'),
      words('run', 'Of this run.'),
      words('grep', 'With this text in any field, ignoring case.'),
      since,
      until,
      limit,
      { name: 'before', type: 'text', about: 'Only events before this one: the `next` of a page.' },
    ],
  },
  activity: {
    path: '/api/v1/activity',
    about: 'How many events there were on each day, by outcome.',
    kind: 'ActivityResult',
    query: [
      {
        name: 'days',
        type: 'count',
        about: 'How many days, up to today in UTC.',
        least: 1,
        most: 3_660,
        preset: 90,
      },
    ],
  },
  runs: {
    path: '/api/v1/runs',
    about: 'Runs from their start to their end, the newest last.',
    kind: 'RunsResult',
    query: [
      subject,
      words('action', 'Of this action.'),
      { ...outcome, about: 'With this outcome; started: not ended yet.' },
      words('user', 'By this user.'),
      words('run', 'With this id.'),
      since,
      until,
      limit,
    ],
  },
  deployment: {
    path: '/api/v1/deployments/{id}',
    about: 'The whole state of a deployment; what looks secret is ***.',
    kind: 'GetResult',
    names: deployment,
  },
  phases: {
    path: '/api/v1/deployments/{id}/phases',
    about: 'The phases of a deployment.',
    kind: 'PhaseResult',
    names: deployment,
  },
  history: {
    path: '/api/v1/deployments/{id}/history',
    about: 'Who set each value of the state, or, of one path, each change of it.',
    kind: 'HistoryResult',
    names: deployment,
    query: [{ name: 'path', type: 'text', about: 'Dotted path in the state.' }],
  },
  diff: {
    path: '/api/v1/deployments/{id}/diff',
    about: 'How the state differs between two revisions or times; by default, its last change.',
    kind: 'DiffResult',
    names: deployment,
    query: [
      { name: 'from', type: 'text', about: 'A revision or a time.' },
      { name: 'to', type: 'text', about: 'A revision or a time; if left out, the state as it is now.' },
    ],
  },
  locks: { path: '/api/v1/locks', about: 'The locks that somebody holds.', kind: 'LocksResult' },
  proposals: {
    path: '/api/v1/proposals',
    about: 'The proposals that wait for a review.',
    kind: 'ProposalsResult',
  },
  outbox: {
    path: '/api/v1/outbox',
    about: "The writes that wait in the outbox of the server's machine.",
    kind: 'OutboxResult',
  },
  server: {
    path: '/api/v1/server',
    about: 'The server: its version, how its parts are, and its targets of notifications.',
    kind: 'ServerResult',
  },
  openapi: { path: '/api/v1/openapi.json', about: 'This document.', kind: null },
} as const satisfies Readonly<Record<string, Endpoint>>;

export type EndpointName = keyof typeof ENDPOINTS;

/** What programs read that is no document. */
export const OTHER_ENDPOINTS = {
  stream: {
    path: '/api/v1/stream',
    about: 'Server-sent events: what changes, as it happens. Goes on behind Last-Event-ID.',
    type: 'text/event-stream',
  },
  metrics: {
    path: '/metrics',
    about: "Metrics in Prometheus' text format.",
    type: 'text/plain',
  },
  healthz: { path: '/healthz', about: 'Whether the process answers.', type: 'text/plain' },
  readyz: { path: '/readyz', about: 'Whether the server has read what it serves.', type: 'text/plain' },
} as const;
