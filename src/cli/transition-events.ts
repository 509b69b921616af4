import { createHash } from 'node:crypto';
import { CLUSTER_STATES, isBeingDeleted } from '../k0rdent/cluster-state.js';
import type { SeenTransition } from '../k0rdent/watch.js';
import { formatTimestamp, type KgitEvent, type Lifecycle } from '../model/event.js';
import { MAX_AHEAD_MS } from '../model/event-time.js';
import type { EventWrite } from '../model/operation.js';
import { parseRfc3339 } from '../model/rfc3339.js';
import { cluster } from '../model/subject.js';
import { makeUlid, randomBits } from '../model/ulid.js';

/** The action of a transition that was observed. */
export const OBSERVED = 'cluster_state_changed';
/** What of the event says the same whoever records it; the words of the cause are those of when it was seen. */
const SAME_FOR_ALL = ['context'];

/**
 * The event of a transition, null where k0rdent gives it no time that can be: then nobody could tell whether another
 * observer has recorded it. The id is of what happened alone, and nothing of the observer is in the event, so that any
 * number of observers record it once. Its time gets the rank of the new state in ms, for Kubernetes counts seconds and
 * a cluster may go through several states in one.
 * @param identity of the management cluster, as the repository records it
 */
export function transitionEvent(
  transition: SeenTransition,
  identity: string,
  now: number,
): EventWrite | null {
  const { management, namespace, name, uid, from, to, at, cause } = transition;
  const time = at === null ? null : parseRfc3339(at);
  if (at === null || time === null || uid === null || time < 0 || time > now + MAX_AHEAD_MS) return null;
  const hash = createHash('sha256')
    .update(JSON.stringify([identity, uid, from, to, at]))
    .digest();
  const rank = to === null ? CLUSTER_STATES.length : CLUSTER_STATES.indexOf(to);
  const lifecycle = lifecycleOf(transition);
  const says = `${from ?? 'not there'} -> ${to ?? 'gone'}`;
  const event: KgitEvent = {
    id: makeUlid(time + rank, randomBits(hash)),
    timestamp: formatTimestamp(time),
    action: OBSERVED,
    message: cause === null ? says : `${says}: ${cause}`,
    ...(lifecycle === null ? {} : { lifecycle }),
    context: { observed: { uid, from, to } },
  };
  return { subject: cluster(management, namespace, name), event, given: SAME_FOR_ALL };
}

/** A dry run makes nothing, until it is applied. */
function lifecycleOf({ from, to, dryRun }: SeenTransition): Lifecycle | null {
  if (dryRun) return null;
  if (to === null) return 'deleted';
  const wasDry = from === 'DryRunValid' || from === 'DryRunInvalid';
  return from === null || (wasDry && !isBeingDeleted(to)) ? 'created' : null;
}
