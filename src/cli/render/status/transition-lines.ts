import { transitionDocument } from '../../../app/observe/transition-document.js';
import { DATED } from '../../../app/observe/transition-events.js';
import type { KgitError } from '../../../errors.js';
import type { Observation } from '../../../k0rdent/observe/observation.js';
import type { Transition } from '../../../k0rdent/watch/transitions.js';
import type { SeenTransition } from '../../../k0rdent/watch/watch.js';
import { formatTime } from '../../../model/value/time.js';
import type { CommandResult, Screen } from '../../../terminal/output.js';
import { oneLine } from '../../../terminal/terminal-text.js';
import { STATE_COLOURS } from './status-columns.js';

/** Formats a transition on one line: when, which cluster, from which state to which, and why. */
function transitionLine(transition: SeenTransition, { style, utc }: Screen): string {
  const { management, namespace, name, from, to, at, dated, cause } = transition;
  const shown = (state: Transition['to'], otherwise: string) =>
    state === null ? style('dim', otherwise) : style(STATE_COLOURS[state], state);
  const time = formatTime(Date.parse(at), utc);
  const why = cause === null ? '' : `  ${style('dim', oneLine(cause))}`;
  const dating = DATED[dated] === null ? '' : `  ${style('dim', `(${DATED[dated]})`)}`;
  const place = oneLine([management, namespace, name].join('/'));
  return `${style('dim', time)}  ${place}  ${shown(from, 'not there')} -> ${shown(to, 'gone')}${dating}${why}`;
}

/** Builds the result for a batch of transitions, watched or missed: one row each for `-o jsonl`. */
export function transitionResult(
  found: readonly SeenTransition[],
  now: number,
  type: 'changed' | 'missed',
): CommandResult {
  const observedAt = new Date(now).toISOString();
  return {
    json: {},
    rows: found.map((one) => transitionDocument(one, type, observedAt)),
    lines: (screen) => found.map((one) => transitionLine(one, screen)),
  };
}

/**
 * Builds the row of `-o jsonl` that says that a context cannot be watched, or can be again. People get a note instead.
 */
export function contextResult(context: string, error: KgitError | null, now: number): CommandResult {
  const observedAt = new Date(now).toISOString();
  return {
    json: {},
    rows: [{ type: 'context', context, error: error?.toJSON() ?? null, observedAt }],
    lines: () => [],
  };
}

/** Builds the result that says that everything present was shown, and only changes follow. */
export function watchingResult(contexts: readonly string[], now: number): CommandResult {
  const observedAt = new Date(now).toISOString();
  return {
    json: {},
    rows: [{ type: 'watching', contexts, observedAt }],
    lines: ({ style }) => [style('dim', 'watching: changes come from here on')],
  };
}

/** Returns the rows of `-o jsonl` with which a watch begins. */
export function beginRows(
  { clusters, contexts, watchable }: Pick<Observation, 'clusters' | 'contexts' | 'watchable'>,
  now: number,
): unknown[] {
  const uids = new Map(
    watchable.flatMap(({ management, lists }) =>
      lists.flatMap(({ items }) =>
        items.map(({ cluster }) => [[management, cluster.namespace, cluster.name].join('/'), cluster.uid]),
      ),
    ) as [string, string | null][],
  );
  const observedAt = new Date(now).toISOString();
  const failed = contexts.flatMap(({ context, error }) =>
    error === null ? [] : [{ type: 'context', context, error, observedAt }],
  );
  const present = clusters.map(({ management, namespace, name, state }) => {
    const uid = uids.get([management, namespace, name].join('/')) ?? null;
    const place = { management, namespace, name, uid };
    return { type: 'present', ...place, from: null, to: state, at: null, cause: null, observedAt };
  });
  return [...failed, ...present];
}
