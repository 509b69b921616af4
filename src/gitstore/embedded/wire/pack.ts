import { createHash } from 'node:crypto';
import { crc32, deflate, deflateSync } from 'node:zlib';
import type { Revision } from '../../../store/port/state-store.js';
import type { CommitLine } from '../commit-line.js';
import { FOLDER, parseTree } from '../object-formats.js';
import type { PackedEntries } from '../packs/pack-index.js';
import type { StoredObjects } from '../stored-objects.js';

const TYPES: Readonly<Record<string, number>> = { commit: 1, tree: 2, blob: 3 };
/** Up to this size, in bytes, compressing takes less time than to hand it to another thread. */
const SMALL = 16 * 1024;

function compress(data: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (data.length <= SMALL) resolve(deflateSync(data));
    else deflate(data, (error, compressed) => (error ? reject(error) : resolve(compressed)));
  });
}

/** Type and size of an entry: 3 bits of the type, then the size, 7 bits a byte from the lowest. */
function entryHeader(type: number, size: number): Buffer {
  const bytes = [(type << 4) | (size & 15)];
  for (let rest = Math.floor(size / 16); rest > 0; rest = Math.floor(rest / 128)) {
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | 128;
    bytes.push(rest & 127);
  }
  return Buffer.from(bytes);
}

/** A pack, and what its index tells. */
export interface Packed {
  readonly pack: Buffer;
  readonly entries: PackedEntries;
}

/** Packs objects, whole. */
export async function packOf(
  objects: Pick<StoredObjects, 'object'>,
  oids: Iterable<string>,
): Promise<Packed> {
  const ids = [...new Set(oids)];
  const count = ids.length;
  const header = Buffer.from('PACK\0\0\0\u0002\0\0\0\0', 'latin1');
  header.writeUInt32BE(count, 8);
  const parts: Buffer[] = [header];
  const [crcs, offsets] = [new Uint32Array(count), new Uint32Array(count)];
  let at = header.length;
  for (const [number, oid] of ids.entries()) {
    const object = await objects.object(oid);
    const type = TYPES[object?.type ?? ''];
    if (object === null || type === undefined) throw new RangeError(`${oid} cannot be packed`);
    const entry = Buffer.concat([entryHeader(type, object.data.length), await compress(object.data)]);
    parts.push(entry);
    crcs[number] = crc32(entry);
    offsets[number] = at;
    at += entry.length;
  }
  const body = Buffer.concat(parts);
  const pack = Buffer.concat([body, createHash('sha1').update(body).digest()]);
  return { pack, entries: { count, ids: Buffer.from(ids.join(''), 'hex'), crcs, offsets } };
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
