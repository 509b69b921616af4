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
import { type ChangedMonths, changedMonths, newChangeEvents } from '../event-changes.js';
import type { Findings } from '../finding.js';
import { lineOf } from '../lines.js';
import { orderChanges, stateAfter } from '../order-changes.js';

/** Number of paths of a deployment that are reported one by one. */
const MAX_TOLD = 50;
/** Longest value in a message, in characters. */
const MAX_SHOWN = 100;

/** Formats a value for a message or a command; masked if it looks secret. */
function shown(value: Value | undefined, path: StatePath): string {
  if (value === undefined) return 'nothing';
  return findSecrets(value, path).length > 0 ? MASK : JSON.stringify(value);
}

const NONE: ChangedMonths = new Map();

const clipped = (text: string) => (text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text);

/** How to bring a state back to what its events say, and redo the change with an event. */
export interface WayOut {
  /** The advice that restores the file; the commands that redo the change follow it. */
  readonly restore: string;
  /** Whether there was no state before, so that the commands must create the deployment. */
  readonly isNew: boolean;
  /** All values to set again after that; null for only the reported difference. */
  readonly lost: readonly WantedValue[] | null;
  /** Advice on how to redo the change. */
  readonly advice: Advice;
}

const wantedOf = (differences: readonly Difference[]) =>
  differences.map(({ path, after }): WantedValue => ({ path, value: after }));

/**
 * Reports the paths at which a state differs from its events.
 * @param recorded the state according to the events
 */
export async function tellDifferences(
  view: StateView,
  { id }: DeploymentSubject,
  recorded: Record<string, Value>,
  { restore, isNew, lost, advice }: WayOut,
  findings: Findings,
): Promise<void> {
  const path = statePath(id);
  const text = (await view.read(path)) ?? '';
  const state = (await readState(view, id)) ?? {};
  const differences = stateDifferences(recorded, state);
  const reverted = advice.rollbacks.get(id);
  const flags = [...(isNew ? ['--create'] : []), ...advice.flags];
  for (const difference of differences.slice(0, MAX_TOLD)) {
    const { path: keys, before, after } = difference;
    const again = stateCommands(id, lost ?? wantedOf([difference]), flags).join(' && ');
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
    findings.add(
      'state-without-event',
      path,
      `${differences.length - MAX_TOLD} more paths differ from the events`,
    );
}

/** The deployments whose state or events differ. */
export function touched(changes: readonly ChangedFile[]): DeploymentSubject[] {
  const found = new Map<string, DeploymentSubject>();
  for (const { path } of changes) {
    const place = placeOfPath(path);
    if (!('subject' in place)) continue;
    if (place.subject.kind === 'deployment') found.set(formatSubject(place.subject), place.subject);
  }
  return [...found.values()];
}

/**
 * Checks that between two revisions every state change has its event, and every event its change. Earlier mismatches
 * are not reported.
 */
export async function checkStateEvents(
  older: { readonly view: StateView; readonly revision: string },
  newer: StateView,
  changes: readonly ChangedFile[],
  advice: Advice,
  findings: Findings,
): Promise<void> {
  const months = changedMonths(changes);
  for (const subject of touched(changes)) {
    try {
      const [before, after] = [await readState(older.view, subject.id), await readState(newer, subject.id)];
      const events = await newChangeEvents(older.view, newer, subject, months.get(subject.id) ?? NONE);
      const base = before ?? {};
      const recorded = stateAfter(base, orderChanges(events, after ?? {}, base));
      const file = statePath(subject.id);
      const isNew = before === null;
      const put = isNew ? advice.withdraw(file) : advice.restore(older.revision, file);
      const restore = `${put}, then make the change with its event`;
      // Restoring the file also undoes what the events changed, and removing it all that is in it.
      const lost = isNew || events.length > 0 ? wantedOf(stateDifferences(base, after ?? {})) : null;
      await tellDifferences(newer, subject, recorded, { restore, isNew, lost, advice }, findings);
    } catch (error) {
      // An unreadable file is a finding of its own.
      if (!(error instanceof InvalidStateError)) throw error;
    }
  }
}
