import { makeUlid, randomBits } from '../../../src/model/value/ulid.js';
import type { EventDocument, News } from '../../../src/news/news-item.js';

let made = 0;

/** The document of an event: that of a deployment that failed, unless other fields say otherwise. */
export function eventDocument(fields: Partial<EventDocument> = {}): EventDocument {
  made += 1;
  const bytes = Buffer.alloc(10);
  bytes.writeUInt32BE(made);
  return {
    id: makeUlid(1_764_000_000_000 + made, randomBits(bytes)),
    timestamp: '2025-11-24T16:00:00Z',
    action: 'deployment_provisioned',
    subject: 'deployment/prod-eu',
    outcome: 'failed',
    user: 'ada',
    message: 'quota exceeded',
    ...fields,
  };
}

/** News of a change with these events. */
export function changeNews(...events: readonly EventDocument[]): News {
  return {
    kind: 'change',
    document: {
      revision: '1f0c2d',
      parent: '0a1b2c',
      timestamp: '2025-11-24T16:00:01Z',
      author: 'Ada',
      title: 'what happened',
      events,
      changes: [],
      files: [],
    },
  };
}

/** News of a cluster that changed its state. */
export function transitionNews(
  from: string | null,
  to: string | null,
  name = 'eu-1',
  cause = 'no quota',
): News {
  return {
    kind: 'transition',
    document: {
      type: 'changed',
      management: 'prod',
      namespace: 'kcm-system',
      name,
      uid: 'c0ffee',
      from,
      to,
      at: '2025-11-24T16:00:00Z',
      dated: 'api',
      cause,
      observedAt: '2025-11-24T16:00:02Z',
    },
  };
}

/** News of a divergence. */
export function divergenceNews(type: 'found' | 'resolved', divergence = 'drifted'): News {
  return {
    kind: 'divergence',
    document: {
      type,
      divergence,
      management: 'prod',
      namespace: 'kcm-system',
      name: 'eu-1',
      detail: 'spec.config.workersNumber is 3, recorded as 5',
      path: 'spec.config.workersNumber',
      observedAt: '2025-11-24T16:00:02Z',
    },
  };
}

/** News of the server's outbox. */
export function outboxNews(type: 'stuck' | 'published', waiting = 3): News {
  return {
    kind: 'outbox',
    document: { type, waiting, oldest: '2025-11-24T15:00:00Z', observedAt: '2025-11-24T16:00:02Z' },
  };
}

/** News of a history that was rewritten. */
export function rewriteNews(): News {
  return {
    kind: 'repository',
    document: { type: 'rewritten', from: '1f0c2d', to: '2a3b4c', observedAt: '2025-11-24T16:00:02Z' },
  };
}
