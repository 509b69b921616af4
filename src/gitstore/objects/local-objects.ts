import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { EnvironmentError, InvalidStateError } from '../../errors.js';
import { isOfSystem } from '../../model/value/error-codes.js';
import { looseContent } from '../embedded/loose-objects.js';
import { nameOf, parseTree } from '../embedded/object-formats.js';
import type { ReadableFiles } from '../embedded/packs/file-blocks.js';
import { StoredPacks } from '../embedded/packs/stored-packs.js';
import type { GitObject } from './cat-file.js';

/** Most objects that are read here: git starts slowly, and then reads faster. */
const FEW = 16;
/** Largest tree or commit that is kept, in bytes. */
const MAX_KEPT = 256 * 1024;
/** Most bytes of all that are kept: those of some dozen writes. */
const MAX_ALL_KEPT = 4 * 1024 * 1024;
/** Most packs that are searched here. */
const MAX_PACKS = 64;

/** git has other meanings for paths that begin with a dot and a slash, have two slashes, or end with one. */
const NAME = /^([0-9a-f]{40})(?:\^\{tree\}|:((?!\.{0,2}\/|.*\/\/)[^\0-\x1f]*[^\0-\x1f/]))?$/;
const TREE = /^tree ([0-9a-f]{40})\n/;

/** Reads at once: a few small reads take less time than handing them to another thread. */
const FILES: ReadableFiles = {
  readdir: async (path) => readdirSync(path),
  open: async (path, flags) => {
    const file = openSync(path, flags);
    return {
      stat: async () => fstatSync(file),
      read: async (into, at, length, from) => ({ bytesRead: readSync(file, into, at, length, from) }),
      close: async () => closeSync(file),
    };
  },
};

/**
 * Reads a few objects of a repository from git's files, without git. What it cannot read, or what is not here, git is
 * asked for: it knows of alternates and of servers that have it, and says what is damaged.
 */
export class LocalObjects {
  readonly #folder: string;
  readonly #packs: StoredPacks;
  /** Trees and commits that were read or made, oldest first: the way to each file leads through the same ones. */
  readonly #kept = new Map<string, GitObject>();
  #keptBytes = 0;
  /** How many more objects are read here. What is kept is answered from memory after that, too. */
  #left = FEW;

  /** @param commonDir the folder that all worktrees share */
  constructor(commonDir: string) {
    this.#folder = join(commonDir, 'objects');
    this.#packs = new StoredPacks(FILES, join(this.#folder, 'pack'));
  }

  /**
   * Reads an object by its id, the tree of a commit or of itself (`<id>^{tree}`), or what is at a path of it (`<id>:<path>`). As with
   * git, the content of what is stored is not compared with the id.
   * @returns null if there is nothing at the path; undefined if git is to be asked
   */
  async read(name: string): Promise<GitObject | null | undefined> {
    const [, oid, path] = NAME.exec(name) ?? [];
    // Looking for a path in kept trees would take longer than asking git, which has the file at the end of it as well.
    if (oid === undefined || (path !== undefined && this.#left <= 0)) return undefined;
    try {
      const object = await this.#object(oid);
      if (name === oid || object === undefined) return object;
      const tree = object.type === 'tree' ? object : await this.#treeOf(object);
      return path === undefined || tree === undefined ? tree : await this.#at(tree, path);
    } catch (error) {
      // git reads it again, and says what is wrong with it.
      if (error instanceof EnvironmentError || error instanceof InvalidStateError || isOfSystem(error))
        return undefined;
      throw error;
    }
  }

  async #treeOf(commit: GitObject): Promise<GitObject | undefined> {
    const root = commit.type === 'commit' ? TREE.exec(commit.data.toString('latin1', 0, 46))?.[1] : undefined;
    return root === undefined ? undefined : this.#object(root);
  }

  /** What is at a path below a tree. */
  async #at(tree: GitObject, path: string): Promise<GitObject | null | undefined> {
    let at: GitObject | undefined = tree;
    for (const part of path.split('/')) {
      if (at.type !== 'tree') return null;
      const entry = parseTree(at.data).find(({ name }) => name === nameOf(part));
      if (entry === undefined) return null;
      at = await this.#object(entry.oid);
      if (at === undefined) return undefined;
    }
    return at;
  }

  async #object(oid: string): Promise<GitObject | undefined> {
    const known = this.#kept.get(oid);
    if (known) return known;
    if (this.#left <= 0) return undefined;
    this.#left -= 1;
    const found = (await looseContent(FILES, this.#folder, oid)) ?? (await this.#packed(oid)) ?? undefined;
    if (found !== undefined) this.keep(found);
    return found;
  }

  /** Answers from memory alone from now on. */
  stop(): void {
    this.#left = 0;
  }

  /** Keeps an object that was read or just stored, unless it is large or a file. The oldest ones make room for it. */
  keep(object: GitObject): void {
    const { oid, type, data } = object;
    if (type === 'blob' || data.length > MAX_KEPT || this.#kept.has(oid)) return;
    this.#kept.set(oid, object);
    this.#keptBytes += data.length;
    for (const [old, { data: dropped }] of this.#kept) {
      if (this.#keptBytes <= MAX_ALL_KEPT) return;
      this.#kept.delete(old);
      this.#keptBytes -= dropped.length;
    }
  }

  async #packed(oid: string): Promise<GitObject | null> {
    if ((await this.#packs.count()) > MAX_PACKS) return null;
    const found = await this.#packs.read(oid);
    if (found !== null) return found;
    // Another git, or one of this process's own, has added a pack, or joined those that were known.
    await this.#packs.look();
    return this.#packs.read(oid);
  }
}
