import type { WatchView } from '../../../app/observe/watch-clusters.js';
import { EXIT_CODES, type KgitError } from '../../../errors.js';
import { buildStatus } from '../../../k0rdent/observe/status-report.js';
import type { KgitEvent } from '../../../model/event/event.js';
import { READER_GONE } from '../../../process/stopped-from-outside.js';
import type { Environment } from '../../../setup/this-host.js';
import { isCi } from '../../../setup/trust.js';
import type { ClusterRecord } from '../../../store/read/cluster-records.js';
import type { CommandResult, Format } from '../../../terminal/output.js';
import { onlyInStates, sortedClusters } from '../status/sorted-clusters.js';
import { type StatusView, statusResult } from '../status/status-result.js';
import { beginRows } from '../status/transition-lines.js';
import { type LiveOptions, LiveView } from './live-view.js';
import { type LinesOptions, linesView } from './watch-view.js';

/** Where `kgit status --watch` shows what it sees. */
export interface WatchTerminal extends Pick<LiveOptions, 'stdout' | 'notes' | 'screen' | 'now'> {
  readonly format: Format;
  readonly environment: Environment;
}

/** Creates a live table if the output is a terminal that can show one and somebody is watching; else null. */
export function liveStatus(
  { states, sortBy, labels }: StatusView,
  { format, environment, ...terminal }: WatchTerminal,
): LiveView | null {
  const isForPeople = format === 'text' || format === 'wide';
  const isDumb = environment['TERM'] === 'dumb' || isCi(environment);
  if (!isForPeople || !terminal.stdout.isTTY || isDumb) return null;
  return new LiveView({
    wide: format === 'wide',
    ...terminal,
    labels,
    arranged: (clusters) =>
      sortedClusters(onlyInStates({ clusters, divergence: [] }, states).clusters, sortBy).forPeople,
  });
}

/**
 * Builds the result of a watch that has ended. A reader that is gone gets nothing, and is no failure.
 * @param reason why it was stopped
 * @param failing the contexts that could not be watched at the end
 */
export function watchEnd(
  reason: unknown,
  failing: ReadonlyMap<string, KgitError>,
  note: (message: string) => void,
): CommandResult {
  const rest = { json: {}, rows: [], lines: () => [] };
  if (reason === READER_GONE) return rest;
  for (const error of failing.values()) note(`not watched at the end: ${error.message}`);
  return { ...rest, exitCode: failing.size > 0 ? EXIT_CODES.CLUSTER : EXIT_CODES.INTERRUPTED };
}

/** Creates the view of `kgit status --watch` that prints a table, then a line for each transition. */
export function statusLinesView(
  view: StatusView,
  recorded: readonly ClusterRecord[],
  output: Pick<LinesOptions, 'now' | 'print' | 'note'>,
): WatchView {
  const { states } = view;
  return linesView({
    ...output,
    wants: (state) => states === null || (state !== null && states.has(state)),
    begin: (observation) => {
      const report = buildStatus<KgitEvent>(observation, recorded);
      const now = output.now();
      const rows = beginRows({ ...observation, ...onlyInStates(report, states) }, now);
      return output.print({ ...statusResult(report, { ...view, now }), rows });
    },
  });
}
