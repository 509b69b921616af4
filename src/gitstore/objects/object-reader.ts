import { InternalError } from '../../errors.js';
import type { Git } from '../process/git.js';
import { CatFile, type GitObject, type NamedObject, ObjectBatch, type ObjectTaker } from './cat-file.js';
import type { LocalObjects } from './local-objects.js';

/** This many objects or more, asked for at once, get a process of their own, which answers in large pieces and ends. */
export const MANY = 256;
/** This many objects or fewer are read one by one, since they may lie here. */
const FEW = 4;

/** What reads objects; an `ObjectReader` or the embedded git, which reads many no faster than one by one. */
export type Objects = Pick<ObjectReader, 'read'> &
  Partial<Pick<ObjectReader, 'begin' | 'hasAll' | 'prepare' | 'readEach' | 'readStream'>>;

/** What each object is handed to when it arrives, with what was asked for; null if there is none. */
export type TakeObject<T extends NamedObject> = (object: GitObject | null, asked: T) => void;

/** Objects that are asked for little by little, of a process of their own. */
export interface ObjectStream<T extends NamedObject> {
  ask(objects: readonly T[]): void;
  /** Ends when all were taken. Rejects when one could not be read, or taking it failed. */
  end(): Promise<void>;
}

/** Reads the first few objects itself, all others through one `git cat-file --batch`, whose requests are pipelined. */
export class ObjectReader {
  readonly #git: Git;
  readonly #local: LocalObjects | null;
  #asked: ObjectBatch[] = [];
  #steady: CatFile | null = null;
  /** Processes that wait for a read of many objects. */
  #ready: CatFile[] = [];
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

  /** Whether all objects are here: git fetches none that is read. */
  get hasAll(): boolean {
    return this.#git.lazyFetches === null;
  }

  /** Starts git ahead of many reads that are about to come; none of them is done here. */
  begin(): void {
    if (this.#isClosed) return;
    this.#local?.stop();
    this.#start();
  }

  /**
   * Starts git ahead of so many reads of `MANY` objects or more: each has a process of its own, which takes a while to
   * start, and longer once others are at work.
   */
  prepare(reads: number): void {
    while (!this.#isClosed && this.#ready.length < reads) this.#ready.push(new CatFile(this.#git, true));
  }

  #bulk(): CatFile {
    const ready = this.#ready.shift();
    return ready?.isRunning ? ready : new CatFile(this.#git, true);
  }

  #start(): CatFile {
    if (!this.#steady?.isRunning) this.#steady = new CatFile(this.#git, false);
    return this.#steady;
  }

  /** Keeps an object that was just stored, so that it need not be read. */
  keep(object: GitObject): void {
    this.#local?.keep(object);
  }

  #request(name: string, path: string): Promise<GitObject | null> {
    return new Promise((take, fail) => this.#add(new ObjectBatch([{ name, path }], { take, fail })));
  }

  #add(batch: ObjectBatch): void {
    // All requests of one turn of the event loop go to git in one write.
    if (this.#asked.push(batch) === 1) setImmediate(() => this.#ask());
  }

  /**
   * Reads many objects at the cost of one promise, and hands each to `take`. Rejects when one cannot be read, or `take`
   * fails.
   */
  async readEach<T extends NamedObject>(objects: readonly T[], take: TakeObject<T>): Promise<void> {
    if (objects.length <= FEW) {
      const read = await Promise.all(objects.map(({ name, path }) => this.read(name, path)));
      for (const [place, asked] of objects.entries()) take(read[place] ?? null, asked);
      return;
    }
    const taking = new Taking(take);
    this.#add(taking.batch(objects));
    return taking.end();
  }

  /** Begins to read many objects, each of which is handed to `take`; more can be asked for while they arrive. */
  readStream<T extends NamedObject>(take: TakeObject<T>): ObjectStream<T> {
    const taking = new Taking(take);
    let process: CatFile | null = null;
    let asked: T[] = [];
    // What is asked for in one turn of the event loop goes to git in one write.
    const send = () => {
      if (asked.length === 0) return;
      process ??= this.#bulk();
      process.ask([taking.batch(asked)]);
      asked = [];
    };
    return {
      ask: (objects) => {
        if (asked.length === 0 && objects.length > 0) setImmediate(send);
        for (const object of objects) asked.push(object);
      },
      end: async () => {
        send();
        await process?.end();
        await taking.end();
      },
    };
  }

  #ask(): void {
    const asked = this.#asked;
    if (asked.length === 0) return;
    this.#asked = [];
    // A read that was under way at the end gets a process of its own as well, since nobody would end a steady one.
    const count = asked.reduce((sum, { size }) => sum + size, 0);
    if (this.#isClosed || count >= MANY) {
      const bulk = this.#bulk();
      bulk.ask(asked);
      void bulk.end();
      return;
    }
    this.#start().ask(asked);
  }

  /** Ends all processes. */
  async close(): Promise<void> {
    this.#ask();
    this.#isClosed = true;
    const unused = [...this.#ready, ...(this.#steady ? [this.#steady] : [])];
    this.#ready = [];
    this.#steady = null;
    await Promise.all(unused.map((process) => process.end()));
  }
}

/** Objects of which each is handed to `take`. Nothing is taken any more after the first failure. */
class Taking<T extends NamedObject> implements ObjectTaker<T> {
  readonly #take: TakeObject<T>;
  #left = 0;
  #failure: { readonly error: unknown } | null = null;
  #settle: () => void = () => undefined;

  constructor(take: TakeObject<T>) {
    this.#take = take;
  }

  batch(objects: readonly T[]): ObjectBatch {
    this.#left += objects.length;
    return new ObjectBatch(objects, this);
  }

  take(object: GitObject | null, asked: T): void {
    if (this.#failure !== null) return;
    try {
      this.#take(object, asked);
    } catch (error) {
      this.fail(error);
      return;
    }
    this.#left -= 1;
    if (this.#left === 0) this.#settle();
  }

  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#settle();
  }

  /** Ends when all that was asked for was taken. Rejects with the first failure. */
  async end(): Promise<void> {
    if (this.#failure === null && this.#left > 0)
      await new Promise<void>((resolve) => {
        this.#settle = resolve;
      });
    if (this.#failure !== null) throw this.#failure.error;
  }
}
