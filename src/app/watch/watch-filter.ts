import { UsageError } from '../../errors.js';
import { parseStatePath, type StatePath } from '../../model/state/state-path.js';
import { formatSubject } from '../../model/subject/subject.js';
import { sameValue } from '../../model/value/value.js';
import type { PublishedChange, SubjectRow } from '../../review/published-change.js';
import { narrowed } from '../../review/state-history.js';
import { type Naming, namedDeployment, resolveSubject } from '../open/subjects.js';

/** What a watcher wants to see; everything if both lists are empty. */
export interface WatchFilter {
  /** Subjects, of which all changes are wanted. */
  readonly subjects: readonly string[];
  /** Paths of states; values above and below them are wanted, too. */
  readonly paths: readonly StatePath[];
  /** The deployment whose state the paths are in; null for those of all. */
  readonly deployment: string | null;
}

const SUBJECT = /^(cluster|deployment|lock|management)\//;

/**
 * Parses the words of a watch: `cluster/…`, `deployment/ID`, or a path of a state. A subject need not exist yet. Throws
 * UsageError.
 */
export async function watchFilter(words: readonly string[], naming: Naming): Promise<WatchFilter> {
  const { view, settings } = naming;
  const subjects: string[] = [];
  const paths: StatePath[] = [];
  for (const word of words) {
    if (SUBJECT.test(word)) subjects.push(formatSubject(await resolveSubject(word, naming)));
    else if (/^[^"]*\//.test(word))
      throw new UsageError(`${JSON.stringify(word.slice(0, 80))} is neither a subject nor a state path`, {
        suggestions: ['Name a subject cluster/[[MGMT/]NS/]NAME or deployment/ID', 'A path: deployment.phase'],
      });
    else paths.push(parseStatePath(word));
  }
  const id = settings.deployment === undefined ? null : (await namedDeployment(settings.deployment, view)).id;
  return { subjects, paths, deployment: id };
}

/** Leaves out of a change what is not wanted; null if nothing is left. */
export function wantedOf(change: PublishedChange, filter: WatchFilter): PublishedChange | null {
  const { subjects, paths, deployment } = filter;
  if (subjects.length + paths.length === 0) return change;
  const events = change.events.filter(({ subject }) => subjects.includes(formatSubject(subject)));
  const changes = change.changes.flatMap((row): SubjectRow[] => {
    if (subjects.includes(row.subject)) return [row];
    if (deployment !== null && row.subject !== `deployment/${deployment}`) return [];
    return paths.flatMap((path) => within(row, path) ?? []);
  });
  return events.length + changes.length === 0 ? null : { ...change, events, changes, files: [] };
}

/** The part of a change that is at a path, or below it; null if nothing changed there. */
function within({ path, before, after, ...said }: SubjectRow, wanted: StatePath): SubjectRow | null {
  const sides = { ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };
  const change = narrowed({ path, ...sides }, wanted);
  return change === null || sameValue(change.before, change.after) ? null : { ...said, ...change };
}
