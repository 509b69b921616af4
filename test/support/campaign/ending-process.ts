import { existsSync, type PathLike } from 'node:fs';
import nodeFs, { type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { thisHost } from '../../../src/setup/this-host.js';
import type { Host } from '../../../src/store/port/host.js';
import type { FileSystem, HttpClient } from '../../../src/store/port/means.js';

/** A process that nobody finds alive. */
const ENDED: Host = { ...thisHost, pid: 999_999, processStart: () => null };

/**
 * A file system and an HTTP client for one process on a machine whose power is cut at one of its steps: before a file is opened to write, before
 * and in the middle of its data, before it is synced, named, renamed or removed, and before a request and its answer. Nothing
 * that it began goes on then.
 */
export class EndingProcess {
  readonly host = ENDED;
  readonly fs: FileSystem;
  /** What it did, in order. */
  readonly steps: string[] = [];
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
  readonly #at: number;
  readonly #open = new Set<FileHandle>();
  /** Paths of files with data that was not synced. */
  readonly #unsynced = new Set<string>();
  #end: () => void = () => undefined;

  /** @param at number of the step that it does not take, from 1; Infinity: it takes all */
  constructor(at: number) {
    this.#at = at;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.fs = this.#fileSystem();
  }

  /** Runs work until it is done, or the process has ended. Returns null if it has. */
  async run<T>(work: () => Promise<T>): Promise<T | null> {
    return Promise.race([work(), this.ended.then(() => null)]);
  }

  /** Takes a step; never resolves once the process has ended. */
  async #step(what: string): Promise<void> {
    if (this.steps.length + 1 >= this.#at) {
      this.#end();
      return new Promise(() => undefined);
    }
    this.steps.push(what);
  }

  #fileSystem(): FileSystem {
    const named =
      <A extends PathLike, B, R>(name: string, call: (path: A, more: B) => Promise<R>) =>
      async (path: A, more: B): Promise<R> => {
        await this.#step(`${name} ${basename(String(path))}`);
        return call(path, more);
      };
    const only =
      (name: string, call: (path: PathLike) => Promise<void>): ((path: PathLike) => Promise<void>) =>
      (path) =>
        named(name, call)(path, undefined);
    /** What was not synced is lost under each of its names. */
    const carry = (from: PathLike, to: PathLike) =>
      this.#unsynced.has(String(from)) ? this.#unsynced.add(String(to)) : this.#unsynced.delete(String(to));
    return {
      ...nodeFs,
      rename: named('rename', async (from: PathLike, to: PathLike) => {
        await nodeFs.rename(from, to);
        carry(from, to);
        this.#unsynced.delete(String(from));
      }),
      link: named('link', async (from: PathLike, to: PathLike) => {
        await nodeFs.link(from, to);
        carry(from, to);
      }),
      unlink: only('unlink', async (path) => {
        await nodeFs.unlink(path);
        this.#unsynced.delete(String(path));
      }),
      rmdir: only('rmdir', nodeFs.rmdir),
      mkdir: named('mkdir', nodeFs.mkdir) as FileSystem['mkdir'],
      open: async (path, flags, mode) => {
        const name = basename(String(path));
        if (flags !== 'r') await this.#step(`open ${name}`);
        return this.#watched(await nodeFs.open(path, flags, mode), String(path));
      },
    };
  }

  /** Closes what the process had open, as the system does, and cuts the power: what was not synced is lost. */
  async cutPower(): Promise<void> {
    for (const handle of this.#open) await handle.close();
    for (const path of this.#unsynced) if (existsSync(path)) await nodeFs.truncate(path, 0);
  }

  #watched(handle: FileHandle, path: string): FileHandle {
    this.#open.add(handle);
    const name = basename(path);
    const [sync, write] = [handle.sync.bind(handle), handle.writeFile.bind(handle)];
    return Object.assign(handle, {
      sync: async () => {
        await this.#step(`sync ${name}`);
        await sync();
        this.#unsynced.delete(path);
      },
      writeFile: async (data: Uint8Array | string) => {
        const bytes = Buffer.from(data);
        await this.#step(`write ${name}`);
        if (bytes.length > 0) this.#unsynced.add(path);
        const half = bytes.length >> 1;
        await write(bytes.subarray(0, half));
        await this.#step(`write the rest of ${name}`);
        await write(bytes.subarray(half));
      },
    });
  }

  /** A client of the process. */
  client(inner: HttpClient): HttpClient {
    return {
      request: async (request) => {
        const what = `${request.method} ${basename(new URL(request.url).pathname)}`;
        await this.#step(`${what}: not sent`);
        const response = await inner.request(request);
        // Once its answer begins, the server is done.
        const parts: Uint8Array[] = [];
        for await (const part of response.body ?? []) parts.push(part);
        await this.#step(`${what}: answered`);
        return {
          ...response,
          body: (async function* () {
            yield* parts;
          })(),
        };
      },
    };
  }
}
