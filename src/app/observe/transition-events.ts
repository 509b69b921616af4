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

/** Action of the event for an observed transition. */
export const OBSERVED = 'cluster_state_changed';
/** Notes on event times that do not come from the API. */
export const DATED: Readonly<Record<Dated, string | null>> = {
  api: null,
  write: 'dated by the last write of the object',
  previous: 'dated by what came before it',
  observation: 'dated by when it was seen',
};

/**
 * Builds the event for a transition. Returns null if its time is impossible, or if it has no UID, since observers then
 * could not tell that another one has recorded it. The id depends only on what happened and the event says nothing
 * about the observer, so any number of observers record a transition once. A time that depends on the observation
 * differs between observers; the object's version then identifies the transition (`once`). The text of the cause is as
 * first seen and is not compared.
 */
export function transitionEvent(transition: SeenTransition, now: number): EventWrite | null {
  const { management, namespace, name, uid, from, to, at, dated, position, version, cause } = transition;
  const time = parseRfc3339(at);
  if (time === null || uid === null || time < 0 || position > now + MAX_AHEAD_MS) return null;
  // The management cluster is left out: a UID is globally unique, and the cluster's identities change.
  const hash = createHash('sha256')
    .update(JSON.stringify([uid, from, to, at]))
    .digest();
  const lifecycle = lifecycleOf(transition);
  const dating = DATED[dated];
  const says = [`${from ?? 'not there'} -> ${to ?? 'gone'}`, ...(cause === null ? [] : [cause])].join(': ');
  // Observers date these differently; the object's UID and version show that they are the same.
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

/** Returns the lifecycle change of a transition; a dry run has none until it is applied. */
function lifecycleOf({ from, to, dryRun }: SeenTransition): Lifecycle | null {
  if (dryRun) return null;
  if (to === null) return 'deleted';
  return from === null || (isDryRun(from) && !isBeingDeleted(to)) ? 'created' : null;
}
