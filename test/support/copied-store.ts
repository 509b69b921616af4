import { join } from 'node:path';
import { CopiedStore } from '../../src/backends/copy/copied-store.js';
import { Copy } from '../../src/backends/copy/copy.js';
import { FileKeySpace } from '../../src/backends/file/file-key-space.js';
import type { KeySpace, Span, Write } from '../../src/backends/keyed/key-space.js';
import { KeyedStore } from '../../src/backends/keyed/keyed-store.js';
import { RemoteError } from '../../src/errors.js';
import { systemClock, thisHost } from '../../src/setup/this-host.js';
import { temporaryFolder } from './git-fixtures.js';

const MS = 20_000;

/** A server that can be away. */
export class AwaySpace implements KeySpace {
  isAway = false;
  /** How often it was asked. */
  asked = 0;
  readonly #space: KeySpace;
  readonly target: string;
  readonly limits: KeySpace['limits'];

  constructor(space: KeySpace) {
    this.#space = space;
    this.target = space.target;
    this.limits = space.limits;
  }

  #there(): KeySpace {
    this.asked += 1;
    if (this.isAway) throw new RemoteError('the server is away');
    return this.#space;
  }

  cost: KeySpace['cost'] = (puts) => this.#space.cost(puts);
  get = async (keys: readonly string[], ms: number) => this.#there().get(keys, ms);
  names = async (folder: string, prefix: string, ms: number) => this.#there().names(folder, prefix, ms);
  range = async (span: Span, ms: number) => this.#there().range(span, ms);
  write = async (write: Write, ms: number) => this.#there().write(write, ms);
  changed: KeySpace['changed'] = async (after, signal) => this.#there().changed(after, signal);
  close = () => this.#space.close();
}

/** A copied store of a test, and its parts. */
export interface CopiedParts {
  readonly store: CopiedStore;
  readonly copy: Copy;
  readonly folder: string;
  readonly files: FileKeySpace;
}

/** Opens a store over a key space, with its copy in a folder of its own unless one is named. */
export function copiedStore(
  space: KeySpace,
  folder = join(temporaryFolder('kgit-copy-'), 'copy'),
): CopiedParts {
  const files = new FileKeySpace(folder, thisHost, systemClock);
  const options = { clock: systemClock, timeoutMs: MS };
  const local = new KeyedStore(files, { ...options, isRemote: false });
  const copy = new Copy({ ...options, folder, space: files, store: local, server: space });
  const warn = (message: string) => {
    throw new Error(message);
  };
  const store = new CopiedStore({
    server: new KeyedStore(space, { ...options, isRemote: true, knownFile: `${folder}.known` }),
    ...{ local, copy, clock: systemClock, readsRemotely: true, warn },
  });
  return { store, copy, folder, files };
}

/** The same, with a server that is away but for swaps and refreshes: all reads come from the copy. */
export function awayStore(space: KeySpace): CopiedStore {
  const server = new AwaySpace(space);
  const { store } = copiedStore(server);
  const swap = store.swap.bind(store);
  const refresh = store.refresh.bind(store);
  server.isAway = true;
  const whileThere = async <T>(work: () => Promise<T>): Promise<T> => {
    server.isAway = false;
    try {
      return await work();
    } finally {
      await store.copy.pull(systemClock.now() + MS);
      server.isAway = true;
      await refresh(MS).catch(() => undefined);
    }
  };
  store.swap = (...all) => whileThere(() => swap(...all));
  store.refresh = (ms) => whileThere(() => refresh(ms));
  return store;
}
