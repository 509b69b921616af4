import { createHash } from 'node:crypto';
import { isBeingDeleted, isDryRun } from '../../k0rdent/cluster/cluster-state.js';
import type { Dated } from '../../k0rdent/watch/transition-time.js';
import type { SeenTransition } from '../../k0rdent/watch/watch.js';
import { formatTimestamp, type KgitEvent, type Lifecycle } from '../../model/event/event.js';
import { MAX_AHEAD_MS } from '../../model/event/event-time.js';
import type { EventWrite } from '../../model/operation/operation.js';
import { cluster } from '../../model/subject/subject.js';
import { parseRfc3339 } from '../../model/value/rfc3339.js';
import { makeUlid, randomBits } from '../../model/value/ulid.js';

/** The action of a transition that was observed. */
export const OBSERVED = 'cluster_state_changed';
/** What a time that is not of the API says of itself. */
export const DATED: Readonly<Record<Dated, string | null>> = {
  api: null,
  write: 'dated by the last write of the object',
  previous: 'dated by what came before it',
  observation: 'dated by when it was seen',
};

/**
 * The event of a transition, null where its time cannot be, or where it has no uid: then nobody could tell whether
 * another observer has recorded it. The id is of what happened alone, and nothing of the observer is in the event, so
 * that any number of observers record it once. What is dated by its observation has another time with each observer:
 * there the version of the object tells that it is the same (`once`). The words of the cause are those of when it was
 * seen, and count for nothing.
 */
export function transitionEvent(transition: SeenTransition, now: number): EventWrite | null {
  const { management, namespace, name, uid, from, to, at, dated, position, version, cause } = transition;
  const time = parseRfc3339(at);
  if (time === null || uid === null || time < 0 || position > now + MAX_AHEAD_MS) return null;
  // Without the management cluster: the uid is of one object in the world, and what the cluster is known by changes.
  const hash = createHash('sha256')
    .update(JSON.stringify([uid, from, to, at]))
    .digest();
  const lifecycle = lifecycleOf(transition);
  const dating = DATED[dated];
  const says = [`${from ?? 'not there'} -> ${to ?? 'gone'}`, ...(cause === null ? [] : [cause])].join(': ');
  // Each observer has its own time for these: what they are of tells that they are the same.
  const isOnce = dated === 'observation' || dated === 'previous';
  const event: KgitEvent = {
    id: makeUlid(position, randomBits(hash)),
    timestamp: formatTimestamp(time),
    action: OBSERVED,
    message: dating === null ? says : `${says} (${dating})`,
    ...(lifecycle === null ? {} : { lifecycle }),
    context: {
      observed: {
        uid,
        from,
        to,
        ...(dating === null ? {} : { dated }),
        ...(isOnce && version !== null ? { version } : {}),
      },
    },
  };
  return {
    subject: cluster(management, namespace, name),
    event,
    given: [],
    ...(isOnce ? { once: true } : {}),
  };
}

/** A dry run makes nothing, until it is applied. */
function lifecycleOf({ from, to, dryRun }: SeenTransition): Lifecycle | null {
  if (dryRun) return null;
  if (to === null) return 'deleted';
  return from === null || (isDryRun(from) && !isBeingDeleted(to)) ? 'created' : null;
}
