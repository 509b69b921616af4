import { InvalidStateError, UsageError } from '../errors.js';
import { formatStatePath, lookUp, parseStatePath, type StatePath } from '../model/state/state-path.js';
import { placeOfPath } from '../model/subject/place.js';
import { shellWord } from '../model/value/shell-word.js';
import { sameValue } from '../model/value/value.js';
import type { Backend } from '../store/port/backend.js';
import type { ChangedFile, Review, ReviewTools } from '../store/port/review.js';
import type { Revision } from '../store/port/state-store.js';
import { EventFinder } from '../store/read/event-finder.js';
import { readState } from '../store/read/records.js';

/** How to fix findings. */
export interface Advice {
  /** The flags that make a command write to what is checked: a proposal, or the state branch itself. */
  readonly flags: readonly string[];
  /** The command that restores a file and delivers it to what is checked. */
  restore(revision: Revision, file: string): string;
  /** The command that removes a file that was not there before, and delivers that to what is checked. */
  withdraw(file: string): string;
  /** By deployment: the command that undoes what a forge's Revert button removed from the record. */
  readonly rollbacks: ReadonlyMap<string, string>;
}

/** Advice for the state branch itself, which can be written directly. */
export function directAdvice({ restore, withdraw }: ReviewTools): Advice {
  return { flags: [], restore, withdraw, rollbacks: new Map() };
}

/**
 * Advice for a proposal, whose branch must be written.
 * @param branch of the remote; null if unknown
 */
export function proposalAdvice(
  { restoreProposed, withdrawProposed }: ReviewTools,
  branch: string | null,
): Advice {
  return {
    flags: ['--propose', ...(branch === null ? [] : ['--proposal-branch', branch])],
    restore: (revision, file) => restoreProposed(revision, file, branch),
    withdraw: (file) => withdrawProposed(file, branch),
    rollbacks: new Map(),
  };
}

/** With more events than this, it is not a revert of a single merge request. */
const MAX_EVENTS = 100;
const MAX_PATHS = 50;

interface Sources {
  readonly review: Review;
  readonly store: Backend;
}

/** The events of deployments that were removed and are not in a sealed month either; files by deployment. */
async function removedEvents(
  changes: readonly ChangedFile[],
  to: Revision,
  { store }: Sources,
): Promise<Map<string, { readonly path: string; readonly id: string }[]>> {
  const still = new EventFinder(store.view(to));
  const removed = new Map<string, { path: string; id: string }[]>();
  for (const { path, before, after } of changes) {
    const place = placeOfPath(path);
    if (place.kind !== 'event' || place.subject.kind !== 'deployment') continue;
    if (before === null || after !== null || (await still.has(place.subject, place.id))) continue;
    const { id } = place.subject;
    removed.set(id, [...(removed.get(id) ?? []), { path, id: place.id }]);
  }
  return removed;
}

/**
 * By deployment: the command that undoes, with an event of its own, what a forge's Revert button does. The button
 * removes the events and sets the paths back to their values before the first of them. Omits deployments whose state
 * does not match that. Throws EnvironmentError.
 */
export async function rollbacksOf(
  changes: readonly ChangedFile[],
  { from, to }: { readonly from: Revision; readonly to: Revision },
  sources: Sources,
): Promise<Map<string, string>> {
  const commands = new Map<string, string>();
  for (const [deployment, files] of await removedEvents(changes, to, sources)) {
    if (files.length > MAX_EVENTS) continue;
    try {
      const command = await rollbackOf(deployment, files, { from, to }, sources);
      if (command !== null) commands.set(deployment, command);
    } catch (error) {
      // An unreadable file, or an invalid path in it, is a finding of its own.
      if (!(error instanceof InvalidStateError || error instanceof UsageError)) throw error;
    }
  }
  return commands;
}

async function rollbackOf(
  deployment: string,
  files: readonly { readonly path: string; readonly id: string }[],
  { from, to }: { readonly from: Revision; readonly to: Revision },
  { review, store }: Sources,
): Promise<string | null> {
  const events = new EventFinder(store.view(from));
  const paths = new Set<string>();
  const candidates = new Set<Revision>();
  for (const { path, id } of files) {
    const stored = await events.find({ kind: 'deployment', id: deployment }, id);
    const changed = stored?.read().changes ?? [];
    for (const change of changed) paths.add(change.path);
    const added = (await review.changesOf(path, from)).at(-1);
    const parent = changed.length > 0 && added ? await store.history.parentOf(added) : null;
    if (parent !== null) candidates.add(parent);
  }
  if (paths.size === 0 || paths.size > MAX_PATHS) return null;
  const keys = [...paths].map(parseStatePath);
  const now = await readState(store.view(to), deployment);
  for (const revision of candidates) {
    const then = await readState(store.view(revision), deployment);
    if (then === null || !keys.every((path) => isSameAt(now, then, path))) continue;
    const words = ['rollback', '--to', revision, ...keys.map(formatStatePath), '--deployment', deployment];
    return ['kgit', ...words, '--propose'].map(shellWord).join(' ');
  }
  return null;
}

function isSameAt(one: unknown, other: unknown, path: StatePath): boolean {
  const [a, b] = [lookUp(one, path), lookUp(other, path)];
  return a.found === b.found && sameValue(a.value, b.value);
}

/** Advice for an event of a deployment that a Revert button removed, or a state that it set back. */
export function revertFix(command: string): string {
  return `Close this proposal: what happened stays on record. Take the change back with an event of its own: ${command}`;
}

/** The rollback command for the deployment that a file belongs to; undefined if it was not reverted. */
export function rollbackFor(path: string, { rollbacks }: Advice): string | undefined {
  const place = placeOfPath(path);
  if (!('subject' in place) || place.subject.kind !== 'deployment') return undefined;
  return rollbacks.get(place.subject.id) ?? undefined;
}
