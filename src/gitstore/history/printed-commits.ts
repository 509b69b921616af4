import type { Revision } from '../../store/port/state-store.js';
import type { Git } from '../process/git.js';
import { gitRecords, RAW_CHANGES } from '../process/git-records.js';

/** Begins the record of a commit. Its changes follow, each a line of `--raw` and a path. */
const COMMIT = '\u0001';
const FIELDS = ['%H', '%P', '%an', '%ae', '%at', '%ct', '%B'];
const ARGS = [
  'log',
  '--root',
  '--reverse',
  '--encoding=UTF-8',
  `--format=%x01${FIELDS.map((field) => `${field}%x00`).join('')}`,
  ...RAW_CHANGES,
];
/** A changed file: modes and objects on both sides. */
const CHANGE = /^\n?:(\d{6}) (\d{6}) [0-9a-f]{40,64} ([0-9a-f]{40,64}) [A-Z]\d*$/;
/** The mode of a side on which there is no file. */
export const NO_FILE = '000000';

/** Whether a mode is that of a text file, plain or executable. */
export const isFile = (mode: string): boolean => mode === '100644' || mode === '100755';

/** A file that a commit changed. */
export interface PrintedChange {
  readonly path: string;
  /** Modes before and after. */
  readonly was: string;
  readonly mode: string;
  /** The object after it. */
  readonly oid: string;
}

/** A commit, and what it changed compared with its first parent. */
export interface PrintedCommit {
  readonly revision: Revision;
  /** The first one; null if there is none. */
  readonly parent: Revision | null;
  readonly author: { readonly name: string; readonly email: string };
  /** When its author made it, and when it was committed, in ms since the epoch. */
  readonly authored: number;
  readonly committed: number;
  readonly message: string;
  readonly changes: readonly PrintedChange[];
}

function changeOf(raw: RegExpExecArray, path: string): PrintedChange {
  const [, was = NO_FILE, mode = NO_FILE, oid = ''] = raw;
  return { path, was, mode, oid };
}

/** Reads changes from git's `--raw -z` output, split at its NULs. */
function changesIn(tokens: readonly string[]): PrintedChange[] {
  const changes: PrintedChange[] = [];
  for (let at = 0; at + 1 < tokens.length; at += 2) {
    const raw = CHANGE.exec(tokens[at] ?? '');
    if (raw) changes.push(changeOf(raw, tokens[at + 1] ?? ''));
  }
  return changes;
}

function commitOf(fields: readonly string[], changes: readonly PrintedChange[]): PrintedCommit {
  const [revision = '', parents = '', name = '', email = '', authored, committed, message = ''] = fields;
  return {
    revision,
    parent: parents.split(' ')[0] || null,
    author: { name, email },
    authored: Number(authored) * 1000,
    committed: Number(committed) * 1000,
    message,
    changes,
  };
}

/** The commits of a branch along first parents, and what each changed. */
export interface Line {
  /** Yields the commits behind `after` up to `to`, oldest first. */
  commits(after: Revision | null, to: Revision): AsyncIterable<PrintedCommit>;
  /** The files that differ between two commits. */
  differences(from: Revision, to: Revision): Promise<readonly PrintedChange[]>;
}

/** Has the git program print commits, and reads them as one process prints them. */
export class PrintedLine implements Line {
  readonly #git: Git;

  constructor(git: Git) {
    this.#git = git;
  }

  async *commits(after: Revision | null, to: Revision): AsyncGenerator<PrintedCommit> {
    const range = after === null ? [to] : [to, `^${after}`];
    let fields: string[] = [];
    let changes: PrintedChange[] = [];
    let raw: RegExpExecArray | null = null;
    for await (const tokens of gitRecords(this.#git, [...ARGS, '--end-of-options', ...range, '--'], '\0')) {
      for (const token of tokens) {
        if (raw !== null) {
          changes.push(changeOf(raw, token));
          raw = null;
        } else if (fields.length > 0 && fields.length < FIELDS.length) fields.push(token);
        else if (token.startsWith(COMMIT)) {
          if (fields.length > 0) yield commitOf(fields, changes);
          [fields, changes] = [[token.slice(COMMIT.length)], []];
        } else raw = CHANGE.exec(token);
      }
    }
    if (fields.length > 0) yield commitOf(fields, changes);
  }

  async differences(from: Revision, to: Revision): Promise<readonly PrintedChange[]> {
    const args = ['diff-tree', '-r', '-z', '--raw', '--no-abbrev', '--no-renames', '--no-ext-diff'];
    return changesIn((await this.#git.text([...args, '--end-of-options', from, to])).split('\0'));
  }
}
