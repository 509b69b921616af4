import type { SeenTransition } from '../../k0rdent/watch/watch.js';

/**
 * Builds the JSON of a transition, as `kgit status --watch -o jsonl` prints it.
 * @param type `missed`: it happened while nobody watched
 * @param observedAt RFC 3339
 */
export function transitionDocument(
  { management, namespace, name, uid, from, to, at, dated, cause }: SeenTransition,
  type: 'changed' | 'missed',
  observedAt: string,
) {
  return { type, ...{ management, namespace, name, uid, from, to, at, dated, cause, observedAt } };
}
