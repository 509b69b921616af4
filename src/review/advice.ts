import { InvalidStateError, UsageError } from '../errors.js';
import { formatStatePath, lookUp, parseStatePath, type StatePath } from '../model/state/state-path.js';
import { placeOfPath } from '../model/subject/place.js';
import { shellWord } from '../model/value/shell-word.js';
import { sameValue } from '../model/value/value.js';
import type { Backend } from '../store/port/backend.js';
import type { ChangedFile, Review } from '../store/port/review.js';
import type { Revision } from '../store/port/state-store.js';
import { EventFinder } from '../store/read/event-finder.js';
import { readState } from '../store/read/records.js';

/** How what is found is put right. */
export interface Advice {
  /** The flags with which a command writes to what is checked: a proposal, or the state branch itself. */
  readonly flags: readonly string[];
  /** The command that brings a file back to what it was, such that what is checked has it. */
  restore(revision: Revision, file: string): string;
  /** By deployment: the command that takes back what a forge's Revert button has taken out of the record. */
  readonly rollbacks: ReadonlyMap<string, string>;
}

const checkout = (revision: Revision, file: string) =>
  `git checkout ${revision.slice(0, 12)} -- ${shellWord(file)}`;

/** For the state branch itself, to which one writes. */
export const DIRECT: Advice = { flags: [], restore: checkout, rollbacks: new Map() };

/**
 * For a proposal, to whose branch one writes.
 * @param branch of the remote; null where it is not known
 */
export function proposalAdvice(branch: string | null): Advice {
  const push = branch === null ? 'git push' : `git push origin HEAD:refs/heads/${shellWord(branch)}`;
  return {
    flags: ['--propose', ...(branch === null ? [] : ['--proposal-branch', branch])],
    restore: (revision, file) =>
      `${checkout(revision, file)} && git commit -m ${shellWord(`Restore ${file}`)} -- ${shellWord(file)} && ${push}`,
    rollbacks: new Map(),
  };
}

/** More events than these are no single request to merge that was reverted. */
const MAX_EVENTS = 100;
const MAX_PATHS = 50;

interface Sources {
  readonly review: Review;
  readonly store: Backend;
}

/** The events of deployments that were taken away, be their months sealed or not: files by deployment. */
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
 * By deployment, the command that takes back by an event of its own what a forge's Revert button takes out of the
 * record: it removes the events, and sets the paths to what they were before the first of them. Deployments whose
 * state says otherwise are left out. Throws EnvironmentError.
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
      // A file that cannot be read, or a path in it that is none, is a finding of its own.
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

/** What to do about an event of a deployment that a Revert button took away, or a state that it set back. */
export function revertFix(command: string): string {
  return `Close this proposal: what happened stays on record. Take the change back with an event of its own: ${command}`;
}

/** The command for the subject of a file, where it is a deployment that was reverted. */
export function rollbackFor(path: string, { rollbacks }: Advice): string | undefined {
  const place = placeOfPath(path);
  if (!('subject' in place) || place.subject.kind !== 'deployment') return undefined;
  return rollbacks.get(place.subject.id) ?? undefined;
}
