import { isUtf8 } from 'node:buffer';
import { EnvironmentError, InvalidStateError } from '../../errors.js';
import { notOnLine, type OddFile, type WholeRevision } from '../../store/port/history.js';
import type { Revision } from '../../store/port/state-store.js';
import type { ObjectReader } from '../objects/object-reader.js';
import type { Git } from '../process/git.js';
import { gitRecords } from '../process/git-records.js';

/** Begins the record of a commit. Its changes follow, each a line of `--raw` and a path. */
const COMMIT = '\u0001';
const FIELDS = ['%H', '%P', '%an', '%ae', '%at', '%ct', '%B'];
const ARGS = [
  'log',
  '--first-parent',
  '--diff-merges=first-parent',
  '--root',
  '--reverse',
  '--encoding=UTF-8',
  `--format=%x01${FIELDS.map((field) => `${field}%x00`).join('')}`,
  '--raw',
  '--no-abbrev',
  '--no-renames',
  '--no-show-signature',
  '--no-color',
  '--no-ext-diff',
  '-O/dev/null',
  '-z',
];
/** A changed file: modes and objects on both sides. */
const CHANGE = /^\n?:(\d{6}) (\d{6}) [0-9a-f]{40,64} ([0-9a-f]{40,64}) [A-Z]\d*$/;
const NOTHING = '000000';
const FILES: readonly string[] = ['100644', '100755'];
const ODD: Readonly<Record<string, string>> = { '120000': 'a symbolic link', '160000': 'a submodule' };

/** One side of a changed file. */
interface Changed {
  readonly path: string;
  readonly wasFile: boolean;
  readonly mode: string;
  readonly oid: string;
}

/** A commit as git prints it: the fields, and what it changed. */
interface Printed {
  readonly fields: readonly string[];
  readonly changes: readonly Changed[];
}

/** Yields the commits that git prints, one at a time. */
async function* printed(git: Git, range: readonly string[]): AsyncGenerator<Printed> {
  let fields: string[] = [];
  let changes: Changed[] = [];
  let raw: RegExpExecArray | null = null;
  for await (const tokens of gitRecords(git, [...ARGS, '--end-of-options', ...range, '--'], '\0')) {
    for (const token of tokens) {
      if (raw !== null) {
        const [, was = NOTHING, mode = NOTHING, oid = ''] = raw;
        changes.push({ path: token, wasFile: FILES.includes(was), mode, oid });
        raw = null;
      } else if (fields.length > 0 && fields.length < FIELDS.length) fields.push(token);
      else if (token.startsWith(COMMIT)) {
        if (fields.length > 0) yield { fields, changes };
        [fields, changes] = [[token.slice(COMMIT.length)], []];
      } else raw = CHANGE.exec(token);
    }
  }
  if (fields.length > 0) yield { fields, changes };
}

/** The text of a blob, or what it is instead. */
async function textOf(reader: ObjectReader, { path, oid }: Changed): Promise<string | OddFile> {
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

async function wholeOf(reader: ObjectReader, { fields, changes }: Printed): Promise<WholeRevision> {
  const [revision = '', parents = '', name = '', email = '', time, published, message = ''] = fields;
  const texts = await Promise.all(
    changes.map((change) =>
      change.mode === NOTHING
        ? null
        : FILES.includes(change.mode)
          ? textOf(reader, change)
          : { path: change.path, what: ODD[change.mode] ?? `of mode ${change.mode}` },
    ),
  );
  const files = new Map<string, string | null>();
  const odd: OddFile[] = [];
  for (const [i, { path, wasFile }] of changes.entries()) {
    const text = texts[i] ?? null;
    if (typeof text === 'string') files.set(path, text);
    else if (wasFile) files.set(path, null);
    if (text !== null && typeof text !== 'string') odd.push(text);
  }
  return {
    revision,
    parent: parents.split(' ')[0] || null,
    message,
    author: { name, email },
    time: Number(time) * 1000,
    published: Number(published) * 1000,
    files,
    odd,
  };
}

/**
 * Yields the commits behind `after` up to `to` along first parents, oldest first, each compared with its first parent.
 * Reads one git process as it prints. Throws ConflictError if `after` is not on the line.
 */
export async function* wholeRevisions(
  git: Git,
  reader: ObjectReader,
  after: Revision | null,
  to: Revision,
): AsyncGenerator<WholeRevision> {
  let isFirst = true;
  for await (const commit of printed(git, after === null ? [to] : [to, `^${after}`])) {
    const whole = await wholeOf(reader, commit);
    // Where the line bypasses it, git goes down to where the two met.
    if (isFirst && after !== null && whole.parent !== after) throw notOnLine(after, to);
    isFirst = false;
    yield whole;
  }
}
