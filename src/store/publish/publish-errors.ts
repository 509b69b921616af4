/** Errors for operations that were not published. */
import { errorFromJson, InvalidStateError, type KgitError, RefusedError, RemoteError } from '../../errors.js';
import { counted } from '../../model/value/counted.js';
import type { OutboxEntry } from '../outbox/outbox.js';

/** Another process holds the publish lock. */
export function publishedElsewhere(): RemoteError {
  return new RemoteError('another kgit process of this clone is still publishing', {
    suggestions: ["Run 'kgit sync' again when it is done"],
  });
}

/** The reason why entries wait that `sync` never publishes; null if there are none. */
export function stuck(pending: readonly OutboxEntry[], target: string): KgitError | null {
  const broken = pending.find(({ operation }) => operation === null);
  const suggestions = ({ id }: OutboxEntry) => [`Give it up: kgit outbox drop ${id}`];
  if (broken) {
    return new InvalidStateError(
      `operation ${broken.id} cannot be read: its file is cut off, or of another version of kgit`,
      {
        suggestions: ['Update kgit, if a newer one wrote it', ...suggestions(broken)],
        data: { operation: broken.id },
      },
    );
  }
  const lost = pending.filter(({ isHeld }) => isHeld);
  if (lost.length > 0) {
    return new RemoteError(
      `the remote lost ${counted(lost.length, 'write')} of this clone: kept, and not published again yet`,
      {
        suggestions: [
          "Publish what was lost again: run 'kgit sync' once more",
          'See it first: kgit outbox; give one up: kgit outbox drop ID',
        ],
        data: { cause: 'lost', operations: lost.map(({ id }) => id) },
      },
    );
  }
  const foreign = pending.find((entry) => entry.target !== target);
  if (!foreign) return null;
  return new RemoteError(`operation ${foreign.id} was made for ${foreign.target}, and this is ${target}`, {
    suggestions: ['Give the remote its old address again, then run kgit sync', ...suggestions(foreign)],
    data: { operation: foreign.id, target: foreign.target },
  });
}

/** Whether a write that failed with this error may be published later as it is: nobody refused it. */
export function mayPassLater(error: KgitError): boolean {
  return !(error instanceof RefusedError || (error instanceof RemoteError && error.isDenied));
}

/** The error of a write that is not on the branch. Its data says what became of the operation. */
export function notPublished(
  error: KgitError,
  operation: string,
  kept: boolean,
  unknown: boolean,
): KgitError {
  const data = { ...error.data, operation, kept, ...(unknown ? { outcome: 'unknown' } : {}) };
  const fate = unknown
    ? 'whether it was published cannot be known'
    : kept
      ? 'not published; the write is kept in the outbox'
      : 'not published, and not kept: nobody could check its condition later';
  const suggestions = kept
    ? error.suggestions
    : [
        ...error.suggestions.filter((text) => !text.includes('sync')),
        ...(unknown
          ? ['See whether it was once the remote answers: kgit log --fetch; write again if not']
          : ['Write again; --queue keeps it unchecked']),
      ];
  const Class = error.constructor as new (message: string, details: object) => KgitError;
  const Failure = error instanceof RefusedError || error instanceof RemoteError ? Class : RemoteError;
  return new Failure(`${error.message} (${fate})`, { suggestions, data });
}

/** Writes ahead of this one are refused, and the time ran out before its turn. */
export function notComeTo(): RemoteError {
  return new RemoteError('one of the writes that wait is refused, and the time was up before it was found', {
    suggestions: ["Run 'kgit sync': it finds the one that is refused and publishes the others"],
    data: { cause: 'behind-refused' },
  });
}

/** The store takes few writes at a time, and the time ran out before the turn of this one. */
export function timeIsUp(): RemoteError {
  return new RemoteError('the time was up before all that waits was published', {
    suggestions: ["Run 'kgit sync': it goes on with the rest; or give more time with --timeout"],
  });
}

/** The note for a user whose own write went through. */
export function refusedNote(id: string): string {
  return `the write ${id} is refused and waits behind all others: 'kgit outbox' tells why, 'kgit outbox drop ${id}' gives it up`;
}

/** The error of an operation that is refused alone. */
export function refusedAlone({ id, error }: OutboxEntry): KgitError | null {
  if (error === null) return null;
  const refusal = errorFromJson(error);
  const { message, suggestions, data } = refusal;
  const isProposable = refusal instanceof RefusedError && refusal.isProposable;
  return errorFromJson({
    ...error,
    message: `the write ${id} is refused, and waits behind all others: ${message}`,
    suggestions: [
      `Give it up: kgit outbox drop ${id}`,
      ...(isProposable ? [`Or propose it: kgit outbox retry ${id} --propose`] : []),
      "Or have what is in its way taken away, then run 'kgit sync'",
      ...suggestions.filter((text) => !text.includes('kgit outbox')),
    ],
    data: { ...data, operation: id },
  });
}

/**
 * The error of a write that lost every race until its deadline.
 * @param busy why the server did not answer the last try; null if it did
 */
export function lostRaces(attempts: number, busy: RemoteError | null): RemoteError {
  if (busy !== null) {
    const { message, suggestions, data } = busy;
    return new RemoteError(`${message}, at the last of ${attempts} tries still`, {
      suggestions,
      data: { attempts, ...data },
    });
  }
  return new RemoteError(`other writers were faster ${attempts} times before the timeout`, {
    suggestions: ["Run 'kgit sync' when the others are done, or give more time with --timeout"],
    data: { attempts },
  });
}

/**
 * An error of the remote for something that no outbox keeps: advice about the outbox is dropped, and the command named
 * that tries again. Other errors stay as they are.
 * @param command `kgit init`
 */
export function withoutOutbox(error: KgitError, command: string): KgitError {
  if (!(error instanceof RemoteError || error instanceof RefusedError)) return error;
  const again = `'${command}' again`;
  const suggestions = error.suggestions
    .filter((text) => !text.includes("'kgit outbox'"))
    .map((text) => text.replace("'kgit sync'", again));
  if (!suggestions.some((text) => text.includes(again))) suggestions.push(`Then run ${again}`);
  const details = { suggestions, data: error.data, cause: error };
  return error instanceof RemoteError
    ? new RemoteError(error.message, details)
    : new RefusedError(error.message, details);
}
