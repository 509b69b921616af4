import { isUtf8 } from 'node:buffer';
import { EnvironmentError, InvalidStateError } from '../../errors.js';
import { notOnLine, type OddFile, type WholeRevision } from '../../store/port/history.js';
import type { Revision } from '../../store/port/state-store.js';
import type { Objects } from '../objects/object-reader.js';
import { isFile, type Line, NO_FILE, type PrintedChange, type PrintedCommit } from './printed-commits.js';

const ODD: Readonly<Record<string, string>> = { '120000': 'a symbolic link', '160000': 'a submodule' };

/** The text of a blob, or what it is instead. */
async function textOf(reader: Objects, { path, oid }: PrintedChange): Promise<string | OddFile> {
  try {
    const object = await reader.read(oid, path);
    if (object) return isUtf8(object.data) ? object.data.toString('utf8') : { path, what: 'not UTF-8 text' };
    throw new EnvironmentError(`${path}: its object ${oid} is missing`, {
      suggestions: ["See what is with 'git fsck'; a fresh clone has what the remote has"],
    });
  } catch (error) {
    if (error instanceof InvalidStateError) return { path, what: 'too large to be read' };
    throw error;
  }
}

async function wholeOf(reader: Objects, commit: PrintedCommit): Promise<WholeRevision> {
  const { changes, authored: time, committed: published, ...known } = commit;
  const texts = await Promise.all(
    changes.map((change) =>
      change.mode === NO_FILE
        ? null
        : isFile(change.mode)
          ? textOf(reader, change)
          : { path: change.path, what: ODD[change.mode] ?? `of mode ${change.mode}` },
    ),
  );
  const files = new Map<string, string | null>();
  const odd: OddFile[] = [];
  for (const [i, { path, was }] of changes.entries()) {
    const text = texts[i] ?? null;
    if (typeof text === 'string') files.set(path, text);
    else if (isFile(was)) files.set(path, null);
    if (text !== null && typeof text !== 'string') odd.push(text);
  }
  return { ...known, time, published, files, odd };
}

/**
 * Yields the commits behind `after` up to `to` along first parents, oldest first, each compared with its first parent.
 * Throws ConflictError if `after` is not on the line.
 */
export async function* wholeRevisions(
  line: Pick<Line, 'commits'>,
  reader: Objects,
  after: Revision | null,
  to: Revision,
): AsyncGenerator<WholeRevision> {
  let isFirst = true;
  for await (const commit of line.commits(after, to)) {
    const whole = await wholeOf(reader, commit);
    // Where the line bypasses it, git goes down to where the two met.
    if (isFirst && after !== null && whole.parent !== after) throw notOnLine(after, to);
    isFirst = false;
    yield whole;
  }
}
