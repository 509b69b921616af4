import type { Observation } from '../../k0rdent/observe/observation.js';
import { eventTimeFault } from '../../model/event/event-time.js';
import { formatSubject } from '../../model/subject/subject.js';
import type { WriteOutcome } from '../../store/outbox/outcomes.js';
import { readClusters } from '../../store/read/cluster-records.js';
import { observeAll } from '../observe/live-clusters.js';
import { type BackfillEvent, backfillEvents } from './backfill-events.js';
import { writeOperation } from './submit.js';
import type { Writing } from './writing.js';

/** What is missing in the history of the clusters. */
export interface Backfill {
  /** The kubeconfig contexts that were asked. */
  readonly contexts: readonly string[];
  readonly events: readonly BackfillEvent[];
}

/**
 * Works out which events the history of the clusters lacks, from what k0rdent shows. Tells which clusters could not be
 * judged. Throws ClusterError.
 * @param now ms since the epoch
 */
export async function planBackfill(writing: Writing, now: () => number): Promise<Backfill> {
  const { reading, settings, managements, environment, note, writer } = writing;
  const records = await readClusters(reading.view);
  const observation = await observeAll({
    environment,
    timeoutMs: settings.timeout,
    now,
    managements,
    namespaces: [settings.namespace, ...records.map(({ subject }) => subject.namespace)],
  });
  for (const line of limits(observation)) note(line);
  const { actor, host, run } = writer;
  const who = { user: actor.name, host, ...(run.id === undefined ? {} : { run_id: run.id }) };
  const events = backfillEvents(observation, records, who, note).filter((one) => isPast(one, now(), note));
  return { contexts: observation.contexts.map(({ context }) => context), events };
}

/** Writes the events of a backfill as one operation. Throws as `submit`. */
export function writeBackfill(writing: Writing, events: readonly BackfillEvent[]): Promise<WriteOutcome> {
  const writes = events.map(({ subject, event, given }) =>
    given === undefined ? { subject, event } : { subject, event, given },
  );
  return writeOperation(writing, writes);
}

/** What was not looked at, so that nothing is known of the clusters there. */
function limits({ contexts }: Observation): string[] {
  return contexts.flatMap(({ management, match, namespaces: { denied } }) => [
    ...(match === 'new'
      ? [
          `${management} is new here: run 'kgit status' to record its identity, so that kgit can tell which clusters have vanished`,
        ]
      : []),
    ...(denied.length > 0 ? [`skipped, because access was denied: ${denied.join(', ')}`] : []),
  ]);
}

/** Whether an event may be recorded. One that would be dated in the future is not, and the user is told. */
function isPast({ subject, event }: BackfillEvent, now: number, note: Writing['note']): boolean {
  const fault = eventTimeFault(event, now);
  if (fault === null) return true;
  const what = `${event.action} of ${formatSubject(subject)}`;
  note(
    `${what} is left out: it would be dated ${event.timestamp}, and ${fault}; check the clocks of this machine and the cluster`,
  );
  return false;
}
