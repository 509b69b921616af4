import { ConflictError, UsageError } from '../errors.js';
import { type BrokenEvents, REFUSE_BROKEN } from '../model/event/broken-events.js';
import type { Change } from '../model/event/event.js';
import { fold } from '../model/state/apply.js';
import {
  beginsWith,
  formatStatePath,
  lookUp,
  parseStatePath,
  type StatePath,
} from '../model/state/state-path.js';
import { isMap, setOwn, type Value } from '../model/value/value.js';
import type { StateView } from '../store/port/state-store.js';
import { readState } from '../store/read/records.js';
import { type ChangeEvent, changeEvents } from './event-changes.js';
import { orderChanges, type State } from './order-changes.js';

/** A change of the state, and the event that made it; a side is absent if there was no value. */
export interface ChangeRow extends Change {
  /** Null if no event records it: the file was edited by hand. */
  readonly event: string | null;
  readonly timestamp: string | null;
  readonly user: string | null;
  readonly action: string | null;
  readonly reason: string | null;
  readonly message: string | null;
  readonly run: string | null;
}

/** Adds the fields of its event to a change. */
export function rowOf(change: Change, event: ChangeEvent | null): ChangeRow {
  const { path, before, after, secret, removed } = change;
  const text = (value: string | undefined) => value ?? null;
  return {
    path,
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
    ...(secret ? { secret, ...(removed ? { removed } : {}) } : {}),
    event: text(event?.id),
    timestamp: text(event?.timestamp),
    user: text(event?.user),
    action: text(event?.action),
    reason: text(event?.reason),
    message: text(event?.message),
    run: text(event?.run_id),
  };
}

/**
 * Reads the state of a deployment and the events that made it, in order; reads only the deployment's own files. Throws
 * InvalidStateError if the state cannot be read.
 * @param broken how to handle unreadable events
 */
export async function readHistory(
  view: StateView,
  id: string,
  broken: BrokenEvents = REFUSE_BROKEN,
): Promise<{ readonly state: State | null; readonly events: readonly ChangeEvent[] }> {
  const [state, events] = await Promise.all([readState(view, id), changeEvents(view, id, broken)]);
  return { state, events: orderChanges(events, state ?? {}) };
}

/** Narrows a change of a container to one path inside it; null if that path is not affected. */
export function narrowed(change: Change, wanted: StatePath): Change | null {
  const { path, before, after } = change;
  const own = parseStatePath(path);
  if (beginsWith(own, wanted)) return change;
  if (!beginsWith(wanted, own)) return null;
  const inside = wanted.slice(own.length);
  const [was, is] = [before, after].map((side) => lookUp(side, inside).value as Value | undefined);
  return was === undefined && is === undefined ? null : { path: formatStatePath(wanted), ...sides(was, is) };
}

function sides(before: Value | undefined, after: Value | undefined): Omit<Change, 'path'> {
  return { ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };
}

/** Every change of a path, or of a path above or below it, oldest first. */
export function historyOf(events: readonly ChangeEvent[], path: StatePath): ChangeRow[] {
  return events.flatMap((event) =>
    event.changes.flatMap((change) => {
      const own = narrowed(change, path);
      return own ? [rowOf(own, event)] : [];
    }),
  );
}

type Origin = { readonly event: ChangeEvent; readonly change: Change };

function* leaves(value: unknown, path: StatePath): Generator<{ path: StatePath; value: Value }> {
  const entries = isMap(value)
    ? Object.entries(value)
    : Array.isArray(value)
      ? value.map((item, i) => [i, item] as const)
      : [];
  if (entries.length === 0) yield { path, value: value as Value };
  for (const [key, item] of entries) yield* leaves(item, [...path, key]);
}

/** Replaces each leaf of `value` with a number that identifies its origin; containers and nulls stay. */
function marked(value: unknown, origin: number): Value {
  if (value === null) return null;
  if (Array.isArray(value)) return value.map((item) => marked(item, origin));
  if (!isMap(value)) return origin;
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) setOwn(copy, key, marked(item, origin));
  return copy as Value;
}

/** The last change of a path or of one above it. */
function lastAt(origins: readonly Origin[], path: StatePath): Origin | undefined {
  return origins.findLast(({ change }) => beginsWith(path, parseStatePath(change.path)));
}

/** Every leaf of a state, with the change that last set it. */
export function annotate(state: State, events: readonly ChangeEvent[]): ChangeRow[] {
  const origins: Origin[] = [];
  const marks: State = {};
  for (const event of events) {
    for (const change of event.changes) {
      if (change.secret) continue;
      const { path, after } = change;
      const mark = after === undefined ? {} : { after: marked(after, origins.length) };
      origins.push({ event, change });
      try {
        fold([{ changes: [{ path, ...mark }] }], marks);
      } catch (error) {
        // An event that does not fit the ones before it; `kgit verify` reports it.
        if (!(error instanceof ConflictError || error instanceof UsageError)) throw error;
      }
    }
  }
  return [...leaves(state, [])].flatMap(({ path, value }) => {
    if (path.length === 0) return [];
    const mark = lookUp(marks, path).value;
    const origin =
      typeof mark === 'number' ? origins[mark] : mark === undefined ? undefined : lastAt(origins, path);
    const before = origin && narrowed(origin.change, path)?.before;
    return [rowOf({ path: formatStatePath(path), ...sides(before, value) }, origin?.event ?? null)];
  });
}
