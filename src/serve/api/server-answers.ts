import { maskSecrets } from '../../model/secret/mask-secrets.js';
import { masked } from '../../model/secret/masked.js';
import type { TargetStatus } from '../../notify/notifier-status.js';
import { type Answering, documentOf } from './api-parts.js';

function shownTarget(target: TargetStatus) {
  const { name, type, rules, state, waiting, attempts, nextTry, delivered, digests } = target;
  const { retries, dead, gaps, lastDelivery, lastFailure, lastDead, problem } = target;
  return {
    ...{ name, type, rules, state, waiting, attempts, nextTry, delivered, digests },
    ...{ retries, dead, gaps, lastDelivery, lastFailure: masked(lastFailure) },
    lastDead: lastDead.map((one) => ({
      ...one,
      title: maskSecrets(one.title),
      reason: maskSecrets(one.reason),
    })),
    problem,
  };
}

/** The server itself. */
export const serverAnswer: Answering = async (parts) => {
  const { monitor, version, index, targets } = parts;
  const { count: events, bytes, isComplete: complete } = index;
  return documentOf(parts, 'ServerResult', {
    ...{ version, health: monitor.health },
    notifications: (targets?.() ?? []).map(shownTarget),
    index: { events, bytes, complete },
  });
};
