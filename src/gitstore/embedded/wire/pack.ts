import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import type { Revision } from '../../../store/port/state-store.js';
import type { CommitLine } from '../commit-line.js';
import { FOLDER, parseTree } from '../object-formats.js';
import type { StoredObjects } from '../stored-objects.js';

const TYPES: Readonly<Record<string, number>> = { commit: 1, tree: 2, blob: 3 };
const compress = promisify(deflate);

/** Type and size of an entry: 3 bits of the type, then the size, 7 bits a byte from the lowest. */
function entryHeader(type: number, size: number): Buffer {
  const bytes = [(type << 4) | (size & 15)];
  for (let rest = Math.floor(size / 16); rest > 0; rest = Math.floor(rest / 128)) {
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | 128;
    bytes.push(rest & 127);
  }
  return Buffer.from(bytes);
}

/** Packs objects, whole. */
export async function packOf(
  objects: Pick<StoredObjects, 'object'>,
  oids: Iterable<string>,
): Promise<Buffer> {
  const ids = [...new Set(oids)];
  const header = Buffer.from('PACK\0\0\0\u0002\0\0\0\0', 'latin1');
  header.writeUInt32BE(ids.length, 8);
  const parts: Buffer[] = [header];
  for (const oid of ids) {
    const object = await objects.object(oid);
    const type = TYPES[object?.type ?? ''];
    if (object === null || type === undefined) throw new RangeError(`${oid} cannot be packed`);
    parts.push(entryHeader(type, object.data.length), await compress(object.data));
  }
  const pack = Buffer.concat(parts);
  return Buffer.concat([pack, createHash('sha1').update(pack).digest()]);
}

/** The objects that lead to `to` and that somebody lacks who has `known`, with all that leads to it. */
export async function newObjects(
  objects: StoredObjects,
  line: CommitLine,
  to: Revision,
  known: ReadonlySet<Revision>,
): Promise<Set<string>> {
  const found = new Set<string>();
  const queue = [to];
  const cut = await line.shallow();
  for (let oid = queue.pop(); oid !== undefined; oid = queue.pop()) {
    if (known.has(oid) || found.has(oid)) continue;
    found.add(oid);
    const commit = await line.commit(oid);
    if (!cut.has(oid)) queue.push(...commit.parents);
    await addTrees(objects, await line.before(oid, commit), commit.tree, found);
  }
  return found;
}

/** Adds the trees and files of `to` that `from` does not have in the same place. */
async function addTrees(
  objects: StoredObjects,
  from: string | null,
  to: string,
  found: Set<string>,
): Promise<void> {
  if (from === to || found.has(to)) return;
  found.add(to);
  const entries = async (tree: string | null) =>
    tree === null ? [] : parseTree((await objects.need(tree, 'tree')).data);
  const before = new Map((await entries(from)).map((entry) => [entry.name, entry] as const));
  for (const { mode, name, oid } of await entries(to)) {
    const old = before.get(name);
    if (old?.oid === oid || mode === '160000') continue;
    if (mode === FOLDER) await addTrees(objects, old?.mode === FOLDER ? old.oid : null, oid, found);
    else found.add(oid);
  }
}
