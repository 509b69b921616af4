import { listLocks } from '../../app/lock/list-locks.js';
import { listOutbox } from '../../app/outbox/work-on-outbox.js';
import { listProposals } from '../../app/propose/list-proposals.js';
import { locksJson } from '../../cli/render/json/locks-json.js';
import { eventTime, formatTimestamp } from '../../model/event/event.js';
import { maskSecrets } from '../../model/secret/mask-secrets.js';
import { masked } from '../../model/secret/masked.js';
import { formatSubject } from '../../model/subject/subject.js';
import { type Answering, documentOf } from './api-parts.js';

/** How long the server of the repository or its forge may take to answer, in ms. */
const TALK_MS = 10_000;

/** The locks that somebody holds. */
export const locksAnswer: Answering = async (parts) => {
  const { opened } = parts.monitor.context;
  const listed = await listLocks(opened.leases, undefined, TALK_MS);
  const json = locksJson(listed, listed.staleness !== null, parts.now());
  return documentOf(parts, 'LocksResult', { ...json, locks: masked(json.locks) });
};

/** What waits in the outbox. */
export const outboxAnswer: Answering = async (parts) => {
  const operations = await listOutbox(parts.monitor.context.opened, parts.now());
  const shown = operations.map((one) => ({
    ...one,
    error: one.error === null ? null : maskSecrets(one.error),
  }));
  return documentOf(parts, 'OutboxResult', { operations: shown });
};

/** The proposals that wait for a review. */
export const proposalsAnswer: Answering = async (parts) => {
  const { opened, settings } = parts.monitor.context;
  const { environment = {} } = parts;
  const { proposals, noForge } = await listProposals(opened, settings, environment, parts.now() + TALK_MS);
  return documentOf(parts, 'ProposalsResult', {
    proposals: proposals.map(({ branch, revision, events, title, url, number }) => ({
      ...{ branch, revision },
      subjects: [...new Set(events.map(({ subject }) => formatSubject(subject)))],
      users: [...new Set(events.flatMap(({ event }) => event.user ?? []))],
      proposedAt:
        events.length === 0
          ? null
          : formatTimestamp(Math.max(...events.map(({ event }) => eventTime(event)))),
      events: events.length,
      title: title === null ? null : maskSecrets(title),
      ...{ url, number },
    })),
    noForge,
  });
};
