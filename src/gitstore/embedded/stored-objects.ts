import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { writeObject } from 'isomorphic-git';
import { InvalidStateError } from '../../errors.js';
import { hasCode } from '../../model/value/error-codes.js';
import { cannotKeep } from '../../store/local/durable-files.js';
import type { FileSystem } from '../../store/port/means.js';
import type { GitObject } from '../objects/cat-file.js';
import type { Objects } from '../objects/object-reader.js';
import { durableFs, namesIn } from './files.js';
import { looseObject } from './loose-objects.js';
import { entryIds, parseCommit, parseTree } from './object-formats.js';
import { MAX_HELD, objectId, readPack } from './packs/index-pack.js';
import { DamagedData, damaged, isType, type ObjectType } from './packs/pack-entry.js';
import { formatIndex } from './packs/pack-index.js';
import { StoredPacks } from './packs/stored-packs.js';

/** Packs of so many objects at most are stored as single files, as git does: nothing here joins small packs. */
const UNPACK_LIMIT = 100;

/** How often the writing of an object is tried while another git removes its folder. */
const WRITES = 10;

const NAME = /^([0-9a-f]{40})(\^\{tree\})?(?::(.*))?$/s;

/** Where the objects of a repository are. */
export interface ObjectPlace {
  readonly fs: FileSystem;
  /** The folder that all worktrees share. */
  readonly commonDir: string;
  /** Fetches objects that a partial clone lacks; null if none may be missing. */
  readonly fetchMissing: ((oids: readonly string[]) => Promise<void>) | null;
}

/** What is to be known of a pack that a server sent. */
export interface SentPack {
  /** Whether the server may have left out objects other than commits, which it promises to send later. */
  readonly isPromised: boolean;
  /** Objects that must be there once the pack is. */
  readonly needed: readonly string[];
  /** Commits whose parents are cut off. */
  readonly cut: ReadonlySet<string>;
}

/** Makes objects, and stores them together. */
export interface ObjectMaker {
  /** Reads an object that must be there, made or stored. Throws if it is not. */
  need(oid: string, type: ObjectType): Promise<GitObject>;
  /** Makes an object; `store` writes it. */
  make(type: ObjectType, data: Buffer): string;
  /** Stores what was made. Throws EnvironmentError. */
  store(): Promise<void>;
}

/** The objects of a repository. isomorphic-git writes them, in files of their own. */
export class StoredObjects implements Objects, ObjectMaker {
  readonly #place: ObjectPlace;
  readonly #fs: ReturnType<typeof durableFs>;
  /** Made and not stored yet. */
  readonly #made = new Map<string, GitObject>();
  readonly #packs: StoredPacks;
  /** The objects that this turn of the event loop asks for, and the fetch that brings them. */
  #missing: { readonly oids: Set<string>; readonly fetched: Promise<void> } | null = null;

  constructor(place: ObjectPlace) {
    this.#place = place;
    this.#fs = durableFs(place.fs);
    this.#packs = new StoredPacks(place.fs, join(place.commonDir, 'objects/pack'));
  }

  /** @param name `<object id>`, `<commit>^{tree}` or `<commit>:<path>` */
  async read(name: string): Promise<GitObject | null> {
    const [, oid = '', tree, path] = NAME.exec(name) ?? [];
    const object = await this.object(oid);
    if (object === null || (tree === undefined && path === undefined)) return object;
    let at = object.type === 'commit' ? await this.object(parseCommit(object).tree) : object;
    for (const part of (path ?? '').split('/').filter(Boolean)) {
      if (at?.type !== 'tree') return null;
      const entry = parseTree(at.data).find((each) => each.name === Buffer.from(part).toString('latin1'));
      at = entry === undefined ? null : await this.object(entry.oid);
    }
    return at;
  }

  /** Reads an object; null if there is none. Throws RemoteError if it could not be fetched. */
  async object(oid: string): Promise<GitObject | null> {
    const found = this.#made.get(oid) ?? (await this.#stored(oid));
    if (found !== null || this.#place.fetchMissing === null || oid === '') return found;
    await this.#fetch(oid);
    return this.#stored(oid);
  }

  /** Whether an object is stored here. Nothing is fetched. */
  async has(oid: string): Promise<boolean> {
    if (oid === '') return false;
    if ((await this.#packs.has(oid)) || (await this.#isSingle(oid))) return true;
    await this.#packs.look();
    return this.#packs.has(oid);
  }

  /** Lists the objects here whose ids begin with at least two hexadecimal digits. */
  async beginningWith(prefix: string): Promise<string[]> {
    await this.#packs.look();
    const first = prefix.slice(0, 2);
    const names = await namesIn(this.#place.fs, join(this.#place.commonDir, 'objects', first));
    const single = names.map((name) => first + name).filter((id) => /^[0-9a-f]{40}$/.test(id));
    const found = new Set([...single, ...(await this.#packs.beginningWith(first))]);
    return [...found].filter((id) => id.startsWith(prefix));
  }

  /** Reads an object that must be there. Throws InvalidStateError. */
  async need(oid: string, type: ObjectType): Promise<GitObject> {
    const object = await this.object(oid);
    if (object?.type === type) return object;
    throw new InvalidStateError(`the ${type} ${oid} is ${object === null ? 'missing' : `a ${object.type}`}`, {
      suggestions: ["See what is with 'git fsck'; a fresh clone has what the remote has"],
    });
  }

  /** Makes an object; `store` writes it. */
  make(type: ObjectType, data: Buffer): string {
    const oid = objectId(type, data);
    this.#made.set(oid, { oid, type, data });
    return oid;
  }

  /** Stores what was made, so that a kill or a power cut leaves all that a stored object names. Throws EnvironmentError. */
  async store(): Promise<void> {
    await this.#writeAll(this.#made);
  }

  /** Writes objects, each after those that it names, and takes them out of the map. */
  async #writeAll(objects: Map<string, GitObject>): Promise<void> {
    for (const round of inRounds(objects)) {
      await Promise.all(round.map((object) => this.#write(object)));
      for (const { oid } of round) objects.delete(oid);
    }
  }

  async #write({ type, data }: GitObject): Promise<void> {
    const { commonDir } = this.#place;
    if (!isType(type)) throw new RangeError(`no object has the type ${type}`);
    for (let left = WRITES; ; left--) {
      try {
        const where = { fs: this.#fs, gitdir: commonDir, dir: commonDir };
        await writeObject({ ...where, type, object: data, format: 'content' });
        return;
      } catch (error) {
        // A git that packs objects removes folders of theirs that are empty, also one that was just made for this object.
        if (left === 1 || !hasCode(error, 'ENOENT')) throw cannotKeep(join(commonDir, 'objects'), error);
      }
    }
  }

  async #stored(oid: string): Promise<GitObject | null> {
    if (oid === '') return null;
    const found =
      (await this.#packs.read(oid)) ?? (await looseObject(this.#place.fs, this.#place.commonDir, oid));
    if (found !== null) return found;
    // A git that joins packs removes packs and single files once all is in a new pack. Another read may have seen that first.
    await this.#packs.look();
    return this.#packs.read(oid);
  }

  async #isSingle(oid: string): Promise<boolean> {
    const { fs, commonDir } = this.#place;
    try {
      return (await fs.stat(join(commonDir, 'objects', oid.slice(0, 2), oid.slice(2)))).isFile();
    } catch (error) {
      if (!hasCode(error, 'ENOENT', 'ENOTDIR')) throw error;
      return false;
    }
  }

  /** Fetches a missing object; all that are asked for in one turn of the event loop come together. */
  #fetch(oid: string): Promise<void> {
    if (this.#missing === null) {
      const oids = new Set<string>();
      const fetched = new Promise<void>((resolve, reject) => {
        setImmediate(() => {
          this.#missing = null;
          this.#place.fetchMissing?.([...oids]).then(resolve, reject);
        });
      });
      this.#missing = { oids, fetched };
    }
    this.#missing.oids.add(oid);
    return this.#missing.fetched;
  }

  /**
   * Stores a pack that a server sent. Throws EnvironmentError; DamagedData for a damaged pack.
   *
   * As with `git index-pack --strict`, all that its objects name must be in it or here: an object that is here is never
   * asked for again, so that what is missing behind it would stay missing.
   * @returns false if something is missing; nothing is stored then
   */
  async addPack(pack: Buffer, { isPromised, needed, cut }: SentPack): Promise<boolean> {
    const count = pack.readUInt32BE(8);
    const id = pack.subarray(-20).toString('hex');
    if (createHash('sha1').update(pack.subarray(0, -20)).digest('hex') !== id) throw damaged('a pack');
    const folder = join(this.#place.commonDir, 'objects/pack');
    // Apart from what is made here: nothing of a pack that turns out to be damaged may be stored later.
    const unpacked = !isPromised && count <= UNPACK_LIMIT ? new Map<string, GitObject>() : null;
    const named = new Set(needed);
    let held = 0;
    const entries = await readPack(pack, (object) => {
      for (const oid of namedBy(object, cut, isPromised)) named.add(oid);
      if (unpacked === null) return;
      held += object.data.length;
      if (held > MAX_HELD) throw new DamagedData('the objects of a pack are too large');
      unpacked.set(object.oid, object);
    });
    for (let at = 0; at < entries.ids.length; at += 20)
      named.delete(entries.ids.toString('hex', at, at + 20));
    for (const oid of named) if (!(await this.has(oid))) return false;
    if (unpacked !== null) {
      await this.#writeAll(unpacked);
      return true;
    }
    if (count === 0) return true;
    await this.#place.fs.mkdir(folder, { recursive: true });
    const path = `pack-${id}`;
    if ((await namesIn(this.#place.fs, folder)).includes(`${path}.idx`)) return true;
    // The index makes the pack count, so it comes last.
    const { writeFile } = this.#fs.promises;
    if (isPromised) await writeFile(join(folder, `${path}.promisor`), '');
    await writeFile(join(folder, `${path}.pack`), pack);
    await writeFile(join(folder, `${path}.idx`), formatIndex(entries, pack.subarray(-20)));
    await this.#packs.look();
    return true;
  }
}

/**
 * The objects that an object names.
 * @param cut commits whose parents are cut off
 * @param isPromised whether commits alone are to be listed, and none but those that commits name
 */
function namedBy(
  { oid, type, data }: GitObject,
  cut?: ReadonlySet<string>,
  isPromised = false,
): readonly string[] {
  if (isPromised && type !== 'commit') return [];
  if (type === 'tree') return entryIds(data);
  if (type === 'tag') return /^object ([0-9a-f]{40})\n/.exec(data.toString('latin1'))?.slice(1) ?? [];
  if (type !== 'commit') return [];
  const { tree, parents } = parseCommit({ data });
  return [...(isPromised ? [] : [tree]), ...(cut?.has(oid) === true ? [] : parents)];
}

/** Puts objects in rounds: none names one of its own round, or of a later one. */
function inRounds(objects: ReadonlyMap<string, GitObject>): GitObject[][] {
  const rounds: GitObject[][] = [];
  const placed = new Map<string, number>();
  const stack = [...objects.values()].reverse();
  for (let object = stack.at(-1); object; object = stack.at(-1)) {
    const before = stack.length;
    let at = 0;
    for (const oid of placed.has(object.oid) ? [] : namedBy(object)) {
      const named = objects.get(oid);
      const place = placed.get(oid);
      if (place !== undefined) at = Math.max(at, place + 1);
      else if (named) stack.push(named);
    }
    // What it names comes first.
    if (stack.length > before) continue;
    stack.pop();
    if (placed.has(object.oid)) continue;
    placed.set(object.oid, at);
    const round = rounds[at] ?? [];
    round.push(object);
    rounds[at] = round;
  }
  return rounds;
}
