import { join } from 'node:path';
import { RefusedError } from '../../errors.js';
import type { FileSystem } from '../../store/port/means.js';
import type { Commit, Revision } from '../../store/port/state-store.js';
import type { EmptyCommit, EmptyCommits } from '../lock/lock-commits.js';
import { type Chain, personLine } from '../objects/fast-import.js';
import { EMPTY_TREE } from '../objects/tree-changes.js';
import { textAt } from './files.js';
import { formatCommit, parseCommit } from './object-formats.js';
import type { ObjectMaker, StoredObjects } from './stored-objects.js';
import { changeTree } from './tree-edits.js';

/**
 * Makes a chain of commits: the same objects, byte for byte, that `git fast-import` makes, but that modes such as `100664`,
 * which old tools wrote, become those that git writes. Throws EnvironmentError.
 */
export async function makeCommits(
  objects: ObjectMaker,
  commits: readonly Commit[],
  { base, committer, committed }: Chain,
): Promise<Revision[]> {
  const revisions: Revision[] = [];
  let parent = base;
  let tree = base === null ? null : parseCommit(await objects.need(base, 'commit')).tree;
  for (const [i, { author, time, message, files }] of commits.entries()) {
    tree = await changeTree(objects, tree, files);
    const people =
      personLine('author', author, Math.floor(time / 1000)) +
      personLine('committer', committer, committed[i] ?? 0);
    parent = objects.make('commit', formatCommit({ tree, parent, people, message }));
    revisions.push(parent);
  }
  await objects.store();
  return revisions;
}

/** Makes the commits of lock chains. */
export class MadeEmptyCommits implements EmptyCommits {
  readonly #objects: StoredObjects;

  constructor(objects: StoredObjects) {
    this.#objects = objects;
  }

  async storeTree(): Promise<void> {
    this.#objects.make('tree', Buffer.alloc(0));
    await this.#objects.store();
  }

  async store({ message, parent, author, committer, seconds }: EmptyCommit): Promise<string> {
    const people = personLine('author', author, seconds) + personLine('committer', committer, seconds);
    const oid = this.#objects.make('commit', formatCommit({ tree: EMPTY_TREE, parent, people, message }));
    await this.#objects.store();
    return oid;
  }
}

/** A line of attributes that sets or unsets a filter. */
const FILTER = /^\s*[^#\s].*\sfilter(=|\s|$)/m;

/** Where git reads attributes, apart from the files of a commit. */
export interface AttributeFiles {
  readonly fs: FileSystem;
  readonly commonDir: string;
  /** Files outside of the repository. */
  readonly others: readonly string[];
}

/**
 * Throws RefusedError if a file of attributes above one of `paths` names a filter (git-crypt, LFS): only git can tell which
 * paths it would change, and their plain text must not be committed.
 */
export async function refuseFilters(
  objects: StoredObjects,
  { fs, commonDir, others }: AttributeFiles,
  base: Revision | null,
  paths: readonly string[],
): Promise<void> {
  const folders = new Set(['']);
  for (const path of paths)
    for (let cut = path.lastIndexOf('/'); cut > 0; cut = path.lastIndexOf('/', cut - 1))
      folders.add(`${path.slice(0, cut)}/`);
  const files = [join(commonDir, 'info/attributes'), ...others];
  for (const file of files) if (FILTER.test((await textAt(fs, file)) ?? '')) throw hasFilter(file);
  if (base === null) return;
  for (const folder of folders) {
    const path = `${folder}.gitattributes`;
    const object = await objects.read(`${base}:${path}`);
    if (object?.type === 'blob' && FILTER.test(object.data.toString('utf8'))) throw hasFilter(path);
  }
}

function hasFilter(path: string): RefusedError {
  return new RefusedError(
    `${path} names a filter, and backend: git-embedded cannot tell which paths it is for`,
    {
      suggestions: [
        'Install git: kgit then uses it for this repository',
        `Or take the filter out of ${path}`,
      ],
      data: { path },
    },
  );
}
