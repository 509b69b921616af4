import { InvalidStateError } from '../../errors.js';
import { findSecrets } from '../../model/secret/find-secrets.js';
import { MASK } from '../../model/secret/mask-secrets.js';
import { stateCommands, type WantedValue } from '../../model/state/state-commands.js';
import { type Difference, stateDifferences } from '../../model/state/state-diff.js';
import { formatStatePath, type StatePath } from '../../model/state/state-path.js';
import { statePath } from '../../model/subject/layout.js';
import { placeOfPath } from '../../model/subject/place.js';
import { type DeploymentSubject, formatSubject } from '../../model/subject/subject.js';
import type { Value } from '../../model/value/value.js';
import type { ChangedFile } from '../../store/port/review.js';
import type { StateView } from '../../store/port/state-store.js';
import { readState } from '../../store/read/records.js';
import { type Advice, revertFix } from '../advice.js';
import { newChangeEvents } from '../event-changes.js';
import type { Findings } from '../finding.js';
import { lineOf } from '../lines.js';
import { orderChanges, stateAfter } from '../order-changes.js';

/** So many paths of a deployment are told one by one. */
const MAX_TOLD = 50;
/** Longest value in a message, in characters. */
const MAX_SHOWN = 100;

/** A value in a message or a command; masked where it looks secret. */
function shown(value: Value | undefined, path: StatePath): string {
  if (value === undefined) return 'nothing';
  return findSecrets(value, path).length > 0 ? MASK : JSON.stringify(value);
}

const clipped = (text: string) => (text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text);

/** How a state is brought back to what its events say, and the change made anew. */
export interface WayOut {
  /** Brings the file back, and leads over to the commands that make the change anew. */
  readonly restore: string;
  /** All that is to be made anew then; null where it is the difference that is told. */
  readonly lost: readonly WantedValue[] | null;
  /** For whoever makes the change anew. */
  readonly advice: Advice;
}

const wantedOf = (differences: readonly Difference[]) =>
  differences.map(({ path, after }): WantedValue => ({ path, value: after }));

/**
 * Tells the paths at which a state is not what its events say.
 * @param recorded what the events say
 */
export async function tellDifferences(
  view: StateView,
  { id }: DeploymentSubject,
  recorded: Record<string, Value>,
  { restore, lost, advice }: WayOut,
  findings: Findings,
): Promise<void> {
  const path = statePath(id);
  const text = (await view.read(path)) ?? '';
  const state = (await readState(view, id)) ?? {};
  const differences = stateDifferences(recorded, state);
  const reverted = advice.rollbacks.get(id);
  for (const difference of differences.slice(0, MAX_TOLD)) {
    const { path: keys, before, after } = difference;
    const again = stateCommands(id, lost ?? wantedOf([difference]), advice.flags).join(' && ');
    const [is, was] = [after, before].map((value) => clipped(shown(value, keys)));
    findings.add(
      'state-without-event',
      path,
      `${formatStatePath(keys)} is ${is}, but the events say ${was}`,
      {
        line: text === '' ? null : lineOf(text, keys),
        fix: reverted ? revertFix(reverted) : `${restore}: ${again}`,
      },
    );
  }
  if (differences.length > MAX_TOLD)
    findings.add('state-without-event', path, `so are ${differences.length - MAX_TOLD} more paths`);
}

/** The deployments whose state or events differ. */
export function touched(changes: readonly ChangedFile[]): DeploymentSubject[] {
  const found = new Map<string, DeploymentSubject>();
  for (const { path } of changes) {
    const place = placeOfPath(path);
    if (place.kind === 'other' || place.kind === 'stray' || place.kind === 'marker') continue;
    if (place.subject.kind === 'deployment') found.set(formatSubject(place.subject), place.subject);
  }
  return [...found.values()];
}

/**
 * Sees that between two revisions every change of a state has its event, and every event its change. What was
 * amiss before is not told.
 */
export async function checkStateEvents(
  older: { readonly view: StateView; readonly revision: string },
  newer: StateView,
  changes: readonly ChangedFile[],
  advice: Advice,
  findings: Findings,
): Promise<void> {
  for (const subject of touched(changes)) {
    try {
      const [before, after] = [await readState(older.view, subject.id), await readState(newer, subject.id)];
      const events = await newChangeEvents(older.view, newer, subject);
      const base = before ?? {};
      const recorded = stateAfter(base, orderChanges(events, after ?? {}, base));
      const file = statePath(subject.id);
      const restore = `${advice.restore(older.revision, file)}, then make the change with its event`;
      // The restored file lacks what the events change, too.
      const lost = events.length > 0 ? wantedOf(stateDifferences(base, after ?? {})) : null;
      await tellDifferences(newer, subject, recorded, { restore, lost, advice }, findings);
    } catch (error) {
      // A file that cannot be read is a finding of its own.
      if (!(error instanceof InvalidStateError)) throw error;
    }
  }
}
