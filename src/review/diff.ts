import type { Change } from '../model/event/event.js';
import { stateDifferences } from '../model/state/state-diff.js';
import { formatStatePath } from '../model/state/state-path.js';
import { statePath } from '../model/subject/layout.js';
import { deployment } from '../model/subject/subject.js';
import type { ValueMap } from '../model/value/value.js';
import type { StateView } from '../store/port/state-store.js';
import { readState } from '../store/read/records.js';
import { type ChangeEvent, newChangeEvents, newestChange } from './event-changes.js';
import { orderChanges } from './order-changes.js';
import { secretDifferences, secretRows } from './secret-rows.js';
import { type ChangeRow, historyOf, readHistory, rowOf } from './state-history.js';

/** Returns the changes of the last change event of a deployment; empty if there is none. Throws InvalidStateError. */
export async function lastChange(view: StateView, id: string): Promise<ChangeRow[]> {
  const last = (await readHistory(view, id)).events.at(-1);
  return last ? last.changes.map((change) => rowOf(change, last)) : [];
}

/**
 * Returns the differences between two states of a deployment, each with the last event in between that changed it. Throws
 * InvalidStateError.
 */
export async function diffViews(before: StateView, after: StateView, id: string): Promise<ChangeRow[]> {
  const subject = deployment(id);
  const [was, is] = await Promise.all([readState(before, id), readState(after, id)]);
  const fresh = await newChangeEvents(before, after, subject);
  const secrets = secretRows(await secretDifferences(before, after, subject), fresh);
  return [...stateRows(was, is, fresh), ...secrets];
}

/**
 * Returns the differences between two states of a deployment, each with the last event that changed it.
 * @param fresh the events in between that changed the state
 */
export function stateRows(
  was: ValueMap | null,
  is: ValueMap | null,
  fresh: readonly ChangeEvent[],
): ChangeRow[] {
  const events = orderChanges(fresh, is ?? {}, was ?? {});
  return stateDifferences(was ?? {}, is ?? {}).map(({ path, ...sides }) => {
    const change: Change = { path: formatStatePath(path), ...sides };
    const [last] = historyOf(events, path).slice(-1);
    return rowOf(change, events.findLast(({ id: eventId }) => eventId === last?.event) ?? null);
  });
}

/**
 * Returns the deployment that was changed last, by the ids of change events; empty if none was changed. Throws
 * InvalidStateError.
 */
export async function lastChanged(view: StateView, ids: readonly string[]): Promise<string[]> {
  const newest = await Promise.all(ids.map(async (id) => ({ id, event: await newestChange(view, id) })));
  const changed = newest.filter(({ event }) => event !== null);
  changed.sort((a, b) => ((a.event?.id ?? '') < (b.event?.id ?? '') ? -1 : 1));
  return changed.slice(-1).map(({ id }) => id);
}

/** Returns the deployments whose state documents differ as texts, or whose secrets do. */
export async function changedDeployments(
  before: StateView,
  after: StateView,
  ids: readonly string[],
): Promise<string[]> {
  const isSame = async (id: string) =>
    (await before.read(statePath(id))) === (await after.read(statePath(id))) &&
    (await secretDifferences(before, after, deployment(id))).length === 0;
  const same = await Promise.all(ids.map(isSame));
  return ids.filter((_id, i) => !same[i]);
}
