import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { InternalError, InvalidStateError } from '../errors.js';
import type { Git } from './git.js';

/** Largest object that is read, in bytes: a sealed month or a month folder of a very busy subject. */
const MAX_OBJECT = 64 * 1024 * 1024;

export interface GitObject {
  readonly oid: string;
  readonly type: string;
  readonly data: Buffer;
}

interface Request {
  readonly name: string;
  readonly path: string;
  readonly resolve: (object: GitObject | null) => void;
  readonly reject: (error: Error) => void;
}

/** Reads objects through one `git cat-file --batch`, started at the first read, its requests pipelined. */
export class ObjectReader {
  readonly #git: Git;
  readonly #requests: Request[] = [];
  #process: ChildProcessWithoutNullStreams | null = null;
  #buffer: Buffer = Buffer.alloc(0);
  #chunks: Buffer[] = [];
  #size = 0;
  #needed = 0;

  constructor(git: Git) {
    this.#git = git;
  }

  /**
   * The object that `name` (`<revision>:<path>`, an object id) means; null where there is none.
   * @param path what it is called in messages
   */
  read(name: string, path = name): Promise<GitObject | null> {
    if (/[\n\r\0]/.test(name)) return Promise.reject(new InternalError('an object name has a line end'));
    return new Promise((resolve, reject) => {
      this.#requests.push({ name, path, resolve, reject });
      this.#running().stdin.write(`${name}\n`);
    });
  }

  #running(): ChildProcessWithoutNullStreams {
    if (this.#process) return this.#process;
    const child = this.#git.start(['cat-file', '--batch']);
    const fail = (error: Error) => {
      this.#process = null;
      for (const request of this.#requests.splice(0)) request.reject(error);
    };
    child.stdout.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#size += chunk.length;
      if (this.#size >= this.#needed) this.#answer();
    });
    child.on('error', fail);
    child.on('close', () => fail(new InternalError('git cat-file ended unasked')));
    child.stdin.on('error', () => undefined);
    this.#process = child;
    return child;
  }

  /** Answers all requests whose object has come whole. */
  #answer(): void {
    this.#buffer = Buffer.concat([this.#buffer, ...this.#chunks]);
    this.#chunks = [];
    for (;;) {
      const [request] = this.#requests;
      const lineEnd = request ? this.#buffer.indexOf(10) : -1;
      if (!request || lineEnd < 0) break;
      const header = this.#buffer.toString('utf8', 0, lineEnd);
      const match = /^([0-9a-f]{40,64}) (\w+) (\d+)$/.exec(header);
      let used = lineEnd + 1;
      if (match) {
        const length = Number(match[3]);
        used += length + 1;
        if (this.#buffer.length < used) {
          this.#size = this.#buffer.length;
          this.#needed = used;
          return;
        }
        const data = this.#buffer.subarray(lineEnd + 1, lineEnd + 1 + length);
        if (length > MAX_OBJECT) request.reject(tooLarge(request.path, length));
        else request.resolve({ oid: match[1] as string, type: match[2] as string, data });
      } else if (header.endsWith(' missing')) request.resolve(null);
      else request.reject(new InvalidStateError(`git cannot read ${request.name}: ${header.slice(0, 200)}`));
      this.#requests.shift();
      this.#buffer = this.#buffer.subarray(used);
    }
    this.#size = this.#buffer.length;
    this.#needed = 0;
  }

  /** Ends the process. */
  async close(): Promise<void> {
    const child = this.#process;
    if (!child) return;
    this.#process = null;
    child.removeAllListeners('close');
    await new Promise<void>((resolve) => {
      child.on('close', () => resolve());
      child.stdin.end();
    });
  }
}

function tooLarge(path: string, length: number): InvalidStateError {
  return new InvalidStateError(
    `${path}: ${length} bytes, more than the ${MAX_OBJECT / 1024 / 1024} MiB that are read`,
    {
      data: { path, bytes: length },
    },
  );
}
