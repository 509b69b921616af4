import { formatSubject } from '../../model/subject/subject.js';
import { type ChildEnd, runForUser } from '../../process/child-command.js';
import { EndSignals } from '../../process/end-signals.js';
import type { PublishedChange } from '../../review/published-change.js';

export interface ChangeCommand {
  /** The program and its arguments. */
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where its standard output goes. */
  readonly stdout: 'stdout' | 'stderr';
}

/**
 * Runs a command of the user for one change, which it gets as JSON on its standard input and in a few variables. Signals
 * are passed on to it.
 */
export async function runForChange(
  { command, environment, stdout }: ChangeCommand,
  change: PublishedChange,
  json: string,
): Promise<ChildEnd> {
  const signals = new EndSignals();
  try {
    const own = { ...environment, ...variablesOf(change) };
    return await runForUser('kgit watch', command, { environment: own, stdout, signals, input: json });
  } finally {
    signals.release();
  }
}

/** What a script can use without reading JSON. None of it is a setting of kgit. */
function variablesOf({ revision, parent, events, changes, author }: PublishedChange) {
  const [event] = events;
  const [row] = changes;
  const subject = row?.subject ?? (event && formatSubject(event.subject));
  return {
    KGIT_CHANGE_REVISION: revision,
    KGIT_CHANGE_PARENT: parent ?? '',
    KGIT_CHANGE_SUBJECT: subject ?? '',
    KGIT_CHANGE_ACTION: row?.action ?? event?.event.action ?? '',
    KGIT_CHANGE_USER: (row?.user ?? event?.event.user ?? author).replaceAll('\0', ''),
  };
}
