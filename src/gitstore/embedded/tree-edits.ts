import type { ChangedFile } from '../../store/port/review.js';
import type { FileChanges } from '../../store/port/state-store.js';
import {
  FOLDER,
  formatTree,
  inTreeOrder,
  nameOf,
  PLAIN_FILE,
  parseTree,
  sortKey,
  type TreeEntry,
  textOf,
} from './object-formats.js';
import type { ObjectMaker, StoredObjects } from './stored-objects.js';

/** Changes of one entry of a tree, and of those below it. */
interface Edit {
  isRemoved: boolean;
  /** The new file; undefined if none is written here. */
  text?: string;
  readonly below: Map<string, Edit>;
}

const edit = (): Edit => ({ isRemoved: false, below: new Map() });

function editsOf(files: FileChanges): Edit {
  const root = edit();
  const at = (path: string) => {
    let place = root;
    for (const part of path.split('/')) {
      const name = nameOf(part);
      const next = place.below.get(name) ?? edit();
      place.below.set(name, next);
      place = next;
    }
    return place;
  };
  for (const [path, text] of files) {
    if (text === null) at(path).isRemoved = true;
    else at(path).text = text;
  }
  return root;
}

const writes = ({ text, below }: Edit): boolean => text !== undefined || [...below.values()].some(writes);

/** Makes the tree with these changes on top of another one, and the objects that are new in it. */
export async function changeTree(
  objects: ObjectMaker,
  base: string | null,
  files: FileChanges,
): Promise<string> {
  return (await changed(objects, base, editsOf(files))) ?? objects.make('tree', Buffer.alloc(0));
}

/** @returns the new tree; null if it is empty */
async function changed(objects: ObjectMaker, base: string | null, { below }: Edit): Promise<string | null> {
  const before = base === null ? [] : parseTree((await objects.need(base, 'tree')).data);
  const entries = new Map(before.map((entry) => [entry.name, entry] as const));
  for (const [name, change] of below) {
    const entry = await changedEntry(objects, entries.get(name), name, change);
    if (entry === null) entries.delete(name);
    else entries.set(name, entry);
  }
  return entries.size === 0 ? null : objects.make('tree', formatTree([...entries.values()]));
}

async function changedEntry(
  objects: ObjectMaker,
  before: TreeEntry | undefined,
  name: string,
  change: Edit,
): Promise<TreeEntry | null> {
  if (change.text !== undefined)
    return { mode: PLAIN_FILE, name, oid: objects.make('blob', Buffer.from(change.text)) };
  const isFolder = before?.mode === FOLDER;
  // What is to be removed below a file is not there.
  if (before && !isFolder && !change.isRemoved && !writes(change)) return before;
  const tree = await changed(objects, isFolder && !change.isRemoved ? before.oid : null, change);
  return tree === null ? null : { mode: FOLDER, name, oid: tree };
}

const isSame = (a: TreeEntry | undefined, b: TreeEntry | undefined) =>
  a !== undefined && b !== undefined && a.oid === b.oid && a.name === b.name && a.mode === b.mode;

/** Two lists of entries without those that both begin and end with: of a large tree, few entries differ. */
function differing(a: readonly TreeEntry[], b: readonly TreeEntry[]): [TreeEntry[], TreeEntry[]] {
  let first = 0;
  while (isSame(a[first], b[first])) first += 1;
  let last = 0;
  const most = Math.min(a.length, b.length) - first;
  while (last < most && isSame(a[a.length - 1 - last], b[b.length - 1 - last])) last += 1;
  return [a.slice(first, a.length - last), b.slice(first, b.length - last)];
}

async function entriesOf(objects: Trees, tree: string | null): Promise<TreeEntry[]> {
  return tree === null ? [] : parseTree((await objects.need(tree, 'tree')).data);
}

/** What has the trees that are compared. */
export type Trees = Pick<StoredObjects, 'need'>;

/** A file that differs between two trees; null on a side where it is absent. */
export interface TreeDifference {
  readonly path: string;
  readonly before: TreeEntry | null;
  readonly after: TreeEntry | null;
}

/** The files that differ between two trees, in git's order of paths. A missing tree is an empty one. */
export async function* treeDifferences(
  objects: Trees,
  from: string | null,
  to: string | null,
  folder = '',
): AsyncGenerator<TreeDifference> {
  if (from === to) return;
  const [before, after] = differing(await entriesOf(objects, from), await entriesOf(objects, to));
  // A file and a folder of the same name are two things.
  const keyed = (entries: readonly TreeEntry[]) =>
    new Map(entries.map((entry) => [sortKey(entry), entry] as const));
  const [olds, news] = [keyed(before), keyed(after)];
  const all = [...before, ...after.filter((entry) => !olds.has(sortKey(entry)))];
  for (const entry of all.sort(inTreeOrder)) {
    const [old, now] = [olds.get(sortKey(entry)) ?? null, news.get(sortKey(entry)) ?? null];
    if (old?.oid === now?.oid && old?.mode === now?.mode) continue;
    const path = folder + textOf(entry.name);
    if (entry.mode === FOLDER)
      yield* treeDifferences(objects, old?.oid ?? null, now?.oid ?? null, `${path}/`);
    else yield { path, before: old, after: now };
  }
}

/** The changed files of a review. */
export function changedFile({ path, before, after }: TreeDifference): ChangedFile {
  return { path, before: before?.oid ?? null, after: after?.oid ?? null };
}
