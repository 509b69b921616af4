import { parseStatePath } from '../../model/state/state-path.js';
import { formatSubject, type Subject } from '../../model/subject/subject.js';
import { isStateKey, type WithheldValues } from '../../store/local/withheld-values.js';
import type { Reading } from '../../store/outbox/outcomes.js';
import { isInsideSecret, secretFiles } from '../../store/read/secret-files.js';

type Now = Pick<Reading, 'view' | 'pending'>;

/** The names of a subject's secrets that are in the repository itself, and not in operations that wait for it. */
async function publishedNames(subject: Subject, { view, pending }: Now): Promise<ReadonlySet<string>> {
  const names = new Set((await secretFiles(view, subject)).keys());
  const waiting = pending.flatMap(({ secrets = [] }) => secrets);
  for (const writes of waiting)
    if (formatSubject(writes.subject) === formatSubject(subject))
      for (const { path } of writes.files) names.delete(path);
  return names;
}

/** Whether the value of this name is one of these secrets, or inside of one. */
function isHeld(name: string, secrets: ReadonlySet<string>): boolean {
  if (secrets.has(name)) return true;
  if (!isStateKey(name)) return false;
  const path = parseStatePath(name);
  return [...secrets].some((secret) => isInsideSecret(path, secret));
}

/**
 * Forgets the values on this machine that the team has, so that none is left in the clear. What waits or is proposed may still be
 * refused, so it stays until it is published. Throws InvalidStateError, EnvironmentError.
 * @param read reads the repository as it is now; not called if there is nothing to forget
 */
export async function forgetPublished(
  values: WithheldValues,
  subjects: Iterable<Subject>,
  read: () => Promise<Now>,
): Promise<void> {
  let now: Promise<Now> | undefined;
  for (const subject of subjects) {
    const own = [...(await values.all(subject)).keys()];
    if (own.length === 0) continue;
    now ??= read();
    const published = await publishedNames(subject, await now);
    const held = own.filter((name) => isHeld(name, published));
    if (held.length > 0) await values.forget(subject, new Set(held));
  }
}
