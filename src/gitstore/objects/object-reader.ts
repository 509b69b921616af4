import { InternalError } from '../../errors.js';
import type { Git } from '../process/git.js';
import { CatFile, type GitObject, type ObjectRequest } from './cat-file.js';
import type { LocalObjects } from './local-objects.js';

/** This many objects or more, asked for at once, get a process of their own, which answers in large pieces and ends. */
const MANY = 256;

/** What reads objects; an `ObjectReader` or the embedded git, which reads many no faster than one by one. */
export type Objects = Pick<ObjectReader, 'read'> & Partial<Pick<ObjectReader, 'readEach'>>;

/** An object to read, and its name in messages. */
export type NamedObject = Pick<ObjectRequest, 'name' | 'path'>;

/** Reads the first few objects itself, all others through one `git cat-file --batch`, whose requests are pipelined. */
export class ObjectReader {
  readonly #git: Git;
  readonly #local: LocalObjects | null;
  #asked: ObjectRequest[] = [];
  #steady: CatFile | null = null;
  #isClosed = false;

  /** @param local reads what it can without git; null if git is to read everything */
  constructor(git: Git, local: LocalObjects | null = null) {
    this.#git = git;
    this.#local = local;
  }

  /**
   * Reads the object that `name` (`<revision>:<path>`, an object id) means; null if there is none.
   * @param path name of the object in messages
   */
  async read(name: string, path = name): Promise<GitObject | null> {
    if (/[\n\r\0]/.test(name)) throw new InternalError('an object name has a line end');
    const found = await this.#local?.read(name);
    return found === undefined ? this.#request(name, path) : found;
  }

  /** Keeps an object that was just stored, so that it need not be read. */
  keep(object: GitObject): void {
    this.#local?.keep(object);
  }

  #request(name: string, path: string): Promise<GitObject | null> {
    return new Promise((resolve, reject) => {
      // All requests of one turn of the event loop go to git in one write.
      if (this.#asked.push({ name, path, resolve, reject }) === 1) setImmediate(() => this.#ask());
    });
  }

  /**
   * Reads many objects at the cost of one promise, and hands each, when it arrives, to `take` with its place in the list;
   * null if there is none. Rejects when one cannot be read, or `take` fails.
   */
  readEach(
    objects: readonly NamedObject[],
    take: (object: GitObject | null, place: number) => void,
  ): Promise<void> {
    if (objects.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      let left = objects.length;
      const took = (place: number) => (object: GitObject | null) => {
        try {
          take(object, place);
        } catch (error) {
          return reject(error);
        }
        left -= 1;
        if (left === 0) resolve();
      };
      if (this.#asked.length === 0) setImmediate(() => this.#ask());
      for (const [place, { name, path }] of objects.entries())
        this.#asked.push({ name, path, resolve: took(place), reject });
    });
  }

  #ask(): void {
    const requests = this.#asked;
    if (requests.length === 0) return;
    this.#asked = [];
    // A read that was under way at the end gets a process of its own as well, since nobody would end a steady one.
    if (this.#isClosed || requests.length >= MANY) {
      const bulk = new CatFile(this.#git, true);
      bulk.ask(requests);
      void bulk.end();
      return;
    }
    if (!this.#steady?.isRunning) this.#steady = new CatFile(this.#git, false);
    this.#steady.ask(requests);
  }

  /** Ends the process. */
  async close(): Promise<void> {
    this.#ask();
    this.#isClosed = true;
    const steady = this.#steady;
    this.#steady = null;
    await steady?.end();
  }
}
