import { InvalidStateError } from '../errors.js';
import { statePath } from '../model/layout.js';
import { placeOfPath } from '../model/place.js';
import { findSecrets } from '../model/secret/find-secrets.js';
import { MASK } from '../model/secret/mask-secrets.js';
import { type Difference, stateDifferences } from '../model/state-diff.js';
import { formatStatePath, type StatePath } from '../model/state-path.js';
import { type DeploymentSubject, formatSubject } from '../model/subject.js';
import type { Value } from '../model/value.js';
import { readState } from '../store/records.js';
import type { ChangedFile } from '../store/review-store.js';
import type { StateView } from '../store/state-store.js';
import { newChangeEvents } from './event-changes.js';
import type { Findings } from './finding.js';
import { lineOf } from './lines.js';
import { orderChanges, stateAfter } from './order-changes.js';

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

/** A word as a shell takes it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** The command that makes the change with its event. */
function commandFor({ path, after }: Difference, deployment: string): string {
  const where = formatStatePath(path);
  const value = shown(after, path);
  const isTold = value !== MASK && value.length <= MAX_SHOWN;
  const words =
    after === undefined ? `unset ${quoted(where)}` : `set ${quoted(`${where}=${isTold ? value : 'VALUE'}`)}`;
  return `kgit ${words} --deployment ${deployment}`;
}

/**
 * Tells the paths at which a state is not what its events say.
 * @param recorded what the events say
 * @param restore how the file is brought back to what the events say
 */
export async function tellDifferences(
  view: StateView,
  { id }: DeploymentSubject,
  recorded: Record<string, Value>,
  restore: string,
  findings: Findings,
): Promise<void> {
  const path = statePath(id);
  const text = (await view.read(path)) ?? '';
  const state = (await readState(view, id)) ?? {};
  const differences = stateDifferences(recorded, state);
  for (const difference of differences.slice(0, MAX_TOLD)) {
    const { path: keys, before, after } = difference;
    const [is, was] = [after, before].map((value) => clipped(shown(value, keys)));
    findings.add(
      'state-without-event',
      path,
      `${formatStatePath(keys)} is ${is}, but the events say ${was}`,
      {
        line: text === '' ? null : lineOf(text, keys),
        fix: `${restore}, then make the change with its event: ${commandFor(difference, id)}`,
      },
    );
  }
  if (differences.length > MAX_TOLD)
    findings.add('state-without-event', path, `so are ${differences.length - MAX_TOLD} more paths`);
}

/** The deployments whose state or events differ. */
function touched(changes: readonly ChangedFile[]): DeploymentSubject[] {
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
  findings: Findings,
): Promise<void> {
  for (const subject of touched(changes)) {
    try {
      const [before, after] = [await readState(older.view, subject.id), await readState(newer, subject.id)];
      const events = await newChangeEvents(older.view, newer, subject);
      const base = before ?? {};
      const recorded = stateAfter(base, orderChanges(events, after ?? {}, base));
      const file = statePath(subject.id);
      const restore = `git checkout ${older.revision.slice(0, 12)} -- ${file}`;
      await tellDifferences(newer, subject, recorded, restore, findings);
    } catch (error) {
      // A file that cannot be read is a finding of its own.
      if (!(error instanceof InvalidStateError)) throw error;
    }
  }
}
