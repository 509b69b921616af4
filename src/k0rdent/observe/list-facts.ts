import { formatTimestamp } from '../../model/event/event.js';
import { maskSecrets } from '../../model/secret/mask-secrets.js';
import { setOwn } from '../../model/value/value.js';
import type { ClusterDeployment } from '../cluster/cluster-deployment.js';
import type { ClusterState } from '../cluster/cluster-state.js';
import { timeOf } from '../watch/transition-time.js';
import { causeOf } from '../watch/transitions.js';

/** What a list shows about a cluster in addition to its state; all of it comes from the listed object. */
export interface ListFacts {
  /** The cause of the state in one short line, secrets masked; null if nothing is wrong or waited for. */
  readonly why: string | null;
  /** Since when it is in this state, RFC 3339, from the object's own times; null if it has none. */
  readonly since: string | null;
  readonly uid: string | null;
  /** Templates available for an upgrade. */
  readonly upgrades: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/** Maximum length of a cause in a list; `kgit status NAME` shows longer ones in full. */
const MOST_CHARACTERS = 200;

/** Builds the facts that a list shows about a cluster in `state`. */
export function listFacts(cluster: ClusterDeployment, state: ClusterState): ListFacts {
  const { uid, upgrades } = cluster;
  const cause = causeOf(cluster, state);
  const since = timeOf(cluster, state);
  return {
    why: cause === null ? null : short(cause),
    since: since === null ? null : formatTimestamp(since),
    uid,
    upgrades: upgrades.map(maskSecrets),
    labels: maskedLabels(cluster.labels),
  };
}

function short(text: string): string {
  const characters = [
    ...text
      .slice(0, 4 * MOST_CHARACTERS)
      .replace(/\s+/g, ' ')
      .trim(),
  ];
  if (characters.length <= MOST_CHARACTERS) return characters.join('');
  return `${characters.slice(0, MOST_CHARACTERS - 1).join('')}…`;
}

function maskedLabels(labels: ClusterDeployment['labels']): Readonly<Record<string, string>> {
  const shown: Record<string, string> = {};
  for (const [key, value] of Object.entries(labels)) setOwn(shown, maskSecrets(key), maskSecrets(value));
  return shown;
}
