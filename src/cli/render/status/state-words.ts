import { UsageError } from '../../../errors.js';
import { CLUSTER_STATES, type ClusterState, FAILED_STATES } from '../../../k0rdent/cluster/cluster-state.js';
import type { Screen } from '../../../terminal/output.js';
import { packed } from '../../../terminal/wrap.js';
import { STATE_COLOURS } from './status-columns.js';

/** States by urgency, most urgent first. */
export const WORST_FIRST: readonly ClusterState[] = [
  'Failed',
  'ServicesFailed',
  'DeleteFailing',
  'DryRunInvalid',
  'ServicesPending',
  'Provisioning',
  'Updating',
  'Deleting',
  'New',
  'Paused',
  'DryRunValid',
  'Ready',
];

/** Words for groups of states; `--fail-on` has the same ones. */
const GROUPS: Readonly<Record<string, readonly ClusterState[]>> = {
  failed: FAILED_STATES,
  'not-ready': CLUSTER_STATES.filter((state) => state !== 'Ready'),
};

/** Words that `--state` accepts. `Failed`, in any case, is the group `failed`, as for `--fail-on`. */
const STATE_WORDS: readonly string[] = [
  ...Object.keys(GROUPS),
  ...CLUSTER_STATES.filter((state) => !Object.hasOwn(GROUPS, state.toLowerCase())),
];

/** Parses the states of `--state a,b --state c`; null if none is given. Throws UsageError for an unknown word. */
export async function parseStates(
  texts: readonly string[] | undefined,
): Promise<ReadonlySet<ClusterState> | null> {
  if (texts === undefined) return null;
  const states = new Set<ClusterState>();
  for (const word of texts.flatMap((text) => text.split(',')).map((text) => text.trim())) {
    const lower = word.toLowerCase();
    const named = Object.hasOwn(GROUPS, lower)
      ? GROUPS[lower]
      : CLUSTER_STATES.filter((state) => state.toLowerCase() === lower);
    if (named === undefined || named.length === 0) throw await notAState(word);
    for (const state of named) states.add(state);
  }
  return states;
}

async function notAState(word: string): Promise<UsageError> {
  const { didYouMean } = await import('../../../model/value/near-names.js');
  const near = didYouMean(
    word.toLowerCase(),
    STATE_WORDS.map((one) => one.toLowerCase()),
  );
  return new UsageError(`--state ${JSON.stringify(word.slice(0, 40))} is not a state`, {
    suggestions: [...near, `Take of: ${STATE_WORDS.join(', ')}`],
    data: { flag: 'state' },
  });
}

interface InState {
  readonly state: ClusterState;
}

/** Sorts clusters by urgency; within a state they keep their order. */
export function worstFirst<T extends InState>(clusters: readonly T[]): readonly T[] {
  return [...clusters].sort((a, b) => WORST_FIRST.indexOf(a.state) - WORST_FIRST.indexOf(b.state));
}

/**
 * Formats `50 clusters: 3 Failed, 47 Ready`, wrapped between states if it is wider than the screen.
 * @param total the number of all clusters if some are left out
 */
export function countsLines(
  clusters: readonly InState[],
  { style, width }: Pick<Screen, 'style' | 'width'>,
  total = clusters.length,
): string[] {
  const counts = WORST_FIRST.map((state) => {
    return { state, count: clusters.filter((cluster) => cluster.state === state).length };
  }).filter(({ count }) => count > 0);
  const shown = total === clusters.length ? '' : `${clusters.length} of `;
  const head = `${shown}${total} cluster${total === 1 ? '' : 's'}${counts.length === 0 ? '' : ':'}`;
  const parts = counts.map(({ state, count }, i) => {
    const comma = i < counts.length - 1 ? ',' : '';
    const text = `${count} ${state}${comma}`;
    return { text, shown: `${style(STATE_COLOURS[state], String(count))} ${state}${comma}` };
  });
  return packed([{ text: head, shown: head }, ...parts], width ?? Number.MAX_SAFE_INTEGER, '  ');
}
