import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { EnvironmentError, InvalidStateError } from '../../errors.js';
import { looseContent } from '../embedded/loose-objects.js';
import type { ReadableFiles } from '../embedded/packs/file-blocks.js';
import { StoredPacks } from '../embedded/packs/stored-packs.js';
import type { GitObject } from './cat-file.js';

/** Most objects that are read here: git starts slowly, and then reads faster. */
const FEW = 64;
/** Most packs that are searched here. */
const MAX_PACKS = 24;

const NAME = /^([0-9a-f]{40})(\^\{tree\})?$/;
const TREE = /^tree ([0-9a-f]{40})\n/;

/** Reads at once: a few small reads take less time than handing them to another thread. */
const FILES: ReadableFiles = {
  readFile: async (path) => readFileSync(path),
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
  #left = FEW;

  /** @param commonDir the folder that all worktrees share */
  constructor(commonDir: string) {
    this.#folder = join(commonDir, 'objects');
    this.#packs = new StoredPacks(FILES, join(this.#folder, 'pack'));
  }

  /**
   * Reads an object by its id, or the tree of a commit (`<id>^{tree}`). Null if git is to be asked. As with git, the
   * content of what is stored is not compared with the id.
   */
  async read(name: string): Promise<GitObject | null> {
    const [, oid, tree] = NAME.exec(name) ?? [];
    if (oid === undefined || this.#left <= 0) return null;
    this.#left -= 1;
    try {
      const object = await this.#object(oid);
      if (tree === undefined || object === null) return object;
      const root =
        object.type === 'commit' ? TREE.exec(object.data.toString('latin1', 0, 46))?.[1] : undefined;
      return root === undefined ? null : await this.#object(root);
    } catch (error) {
      // git reads it again, and says what is wrong with it.
      if (error instanceof EnvironmentError || error instanceof InvalidStateError || isOfSystem(error))
        return null;
      throw error;
    }
  }

  async #object(oid: string): Promise<GitObject | null> {
    const found = await looseContent(FILES, this.#folder, oid);
    if (found !== null) return found;
    return (await this.#packs.count()) > MAX_PACKS ? null : this.#packs.read(oid);
  }
}

/** Whether the system refused to read a file. */
function isOfSystem(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
