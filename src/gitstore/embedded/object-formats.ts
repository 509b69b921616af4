import { InvalidStateError } from '../../errors.js';
import { isProgram } from '../../platform/file-modes.js';
import type { GitObject } from '../objects/cat-file.js';

/** An entry of a tree. */
export interface TreeEntry {
  /** In git's canonical form: `40000` is a folder. */
  readonly mode: string;
  /** Its bytes, a character each, so that a name that is no UTF-8 stays as it is. */
  readonly name: string;
  readonly oid: string;
}

export const FOLDER = '40000';
export const PLAIN_FILE = '100644';
export const EXECUTABLE_FILE = '100755';
const LINK = '120000';
const SUBMODULE = '160000';

/** A name as text. */
export const textOf = (name: string): string => Buffer.from(name, 'latin1').toString('utf8');
/** A text as the bytes of a name. */
export const nameOf = (text: string): string => Buffer.from(text).toString('latin1');

/** The text by which git sorts: bytes, folders as if their names ended with a slash. */
export const sortKey = ({ mode, name }: TreeEntry): string => (mode === FOLDER ? `${name}/` : name);
export const inTreeOrder = (a: TreeEntry, b: TreeEntry): number => (sortKey(a) < sortKey(b) ? -1 : 1);

/**
 * A mode in git's canonical form. git reads other ones that old tools have written, such as `040000` and `100664`, as one
 * of the five that it writes itself (`canon_mode` in its object.h). Throws InvalidStateError.
 */
export function canonicalMode(mode: string): string {
  if (mode === PLAIN_FILE || mode === FOLDER) return mode;
  if (!/^0*[0-7]{1,6}$/.test(mode)) throw malformed();
  const bits = Number.parseInt(mode, 8);
  switch (bits & 0o170000) {
    case 0o100000:
      return isProgram({ mode: bits }) ? EXECUTABLE_FILE : PLAIN_FILE;
    case 0o040000:
      return FOLDER;
    case 0o120000:
      return LINK;
    default:
      return SUBMODULE;
  }
}

const malformed = () => new InvalidStateError('a tree is malformed');

/** Bytes of an id. */
const ID = 20;

/** Visits the entries of a tree object: the places in it where an entry, its name and its id begin. */
function visitEntries(text: string, visit: (modeAt: number, nameAt: number, idAt: number) => void): void {
  for (let at = 0; at < text.length; ) {
    const modeTo = text.indexOf(' ', at);
    const nameTo = text.indexOf('\0', modeTo);
    const to = nameTo + 1 + ID;
    if (modeTo < 0 || nameTo < modeTo || to > text.length) throw malformed();
    visit(at, modeTo + 1, nameTo + 1);
    at = to;
  }
}

/** Parses a tree object. It is decoded as a whole: a tree has many entries, and each call into the buffer costs more. */
export function parseTree(data: Buffer): TreeEntry[] {
  const [text, hex] = [data.toString('latin1'), data.toString('hex')];
  const entries: TreeEntry[] = [];
  visitEntries(text, (modeAt, nameAt, idAt) => {
    entries.push({
      mode: canonicalMode(text.slice(modeAt, nameAt - 1)),
      name: text.slice(nameAt, idAt - 1),
      oid: hex.slice(2 * idAt, 2 * (idAt + ID)),
    });
  });
  return entries;
}

/** Lists the ids of the entries of a tree object, without submodules, which are not here. */
export function entryIds(data: Buffer): string[] {
  const [text, hex] = [data.toString('latin1'), data.toString('hex')];
  const ids: string[] = [];
  visitEntries(text, (modeAt, _nameAt, idAt) => {
    let digit = modeAt;
    while (text[digit] === '0') digit += 1;
    // Of all modes, only that of a submodule, 160000, has a 6 there.
    if (text[digit + 1] !== '6') ids.push(hex.slice(2 * idAt, 2 * (idAt + ID)));
  });
  return ids;
}

/** Formats a tree object. */
export function formatTree(entries: readonly TreeEntry[]): Buffer {
  const sorted = [...entries].sort(inTreeOrder);
  const heads = sorted.map(({ mode, name }) => `${mode} ${name}\0`);
  const data = Buffer.alloc(heads.reduce((sum, head) => sum + head.length + ID, 0));
  let at = 0;
  for (const [i, { oid }] of sorted.entries()) {
    at += data.write(heads[i] ?? '', at, 'latin1');
    at += data.write(oid, at, 'hex');
  }
  return data;
}

/** The header of a commit. */
export interface CommitHeader {
  readonly tree: string;
  readonly parents: readonly string[];
  /** Name and address of the author. */
  readonly author: string;
  readonly email: string;
  /** Seconds since the epoch. */
  readonly authored: number;
  readonly committed: number;
  /** Offset of the committer's clock: `+0200`. */
  readonly zone: string;
  readonly message: string;
}

/** Parses a commit object. */
export function parseCommit({ data }: Pick<GitObject, 'data'>): CommitHeader {
  const text = data.toString('utf8');
  const cut = text.indexOf('\n\n');
  const header = cut < 0 ? text : text.slice(0, cut);
  const author = /^author (.*?) ?<([^>]*)> (\d+) [+-]\d{4}$/m.exec(header);
  const committer = /^committer .*> (\d+) ([+-]\d{4})$/m.exec(header);
  return {
    tree: /^tree ([0-9a-f]{40})$/m.exec(header)?.[1] ?? '',
    parents: [...header.matchAll(/^parent ([0-9a-f]{40})$/gm)].map(([, parent = '']) => parent),
    author: author?.[1] ?? '',
    email: author?.[2] ?? '',
    authored: Number(author?.[3] ?? 0),
    committed: Number(committer?.[1] ?? 0),
    zone: committer?.[2] ?? '+0000',
    message: cut < 0 ? '' : text.slice(cut + 2),
  };
}

/** The parts of a new commit. */
export interface NewCommit {
  readonly tree: string;
  readonly parent: string | null;
  /** The lines of author and committer, as `personLine` makes them. */
  readonly people: string;
  readonly message: string;
}

/** Formats a commit object. */
export function formatCommit({ tree, parent, people, message }: NewCommit): Buffer {
  return Buffer.from(`tree ${tree}\n${parent ? `parent ${parent}\n` : ''}${people}\n${message}`);
}
