import { ConflictError, EnvironmentError, InvalidStateError } from '../../errors.js';
import { placeOfPath } from '../../model/subject/place.js';
import { privateFolder } from '../../store/local/durable-files.js';
import type { WholeRevision } from '../../store/port/history.js';
import type { Clock } from '../../store/port/host.js';
import type { Revision } from '../../store/port/state-store.js';
import { KeyReader, type StampedHead } from '../keyed/key-reader.js';
import type { KeySpace, Put } from '../keyed/key-space.js';
import { KeyedHistory } from '../keyed/keyed-history.js';
import type { KeyedStore } from '../keyed/keyed-store.js';
import { isMarked, KeyedView } from '../keyed/keyed-view.js';
import {
  ADDED,
  FORMAT,
  fileKey,
  formerFolder,
  formerName,
  HEAD,
  pathsKey,
  revisionKey,
} from '../keyed/layout.js';
import {
  digestOf,
  formatHead,
  formatText,
  type HeadRecord,
  parseRecord,
  revisionAfter,
  seqOf,
} from '../keyed/records.js';
import { valuePuts } from '../keyed/state-values.js';

/** How many revisions, and bytes of text, are put into a copy at a time. */
const REVISIONS = 64;
const BYTES = 256 * 1024;

/** A revision and its number. */
type Known = Pick<HeadRecord, 'seq' | 'revision'>;

/** Where a copy is, and what it is a copy of. */
export interface CopyParts {
  /** The folder of the copy. */
  readonly folder: string;
  /** The keys in that folder, and the store that they are. */
  readonly space: KeySpace;
  readonly store: KeyedStore;
  readonly server: KeySpace;
  readonly clock: Pick<Clock, 'now'>;
  /** How long a call may take, in ms. */
  readonly timeoutMs: number;
}

/** How much of what is new at the server one pull takes. */
export interface PullLimit {
  /** Bytes of text to read; the batch that exceeds them is the last one. */
  readonly bytes: number;
  /** ms since the epoch; one batch is read whatever it is. */
  readonly deadline: number;
}

/**
 * A readable copy of a store on a server, which replication alone writes: the same records and files under the same
 * keys, without locks. It is always one revision of the server, the newest one or an older one.
 */
export class Copy {
  readonly folder: string;
  readonly #space: KeySpace;
  readonly #store: KeyedStore;
  readonly #server: KeySpace;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #timeoutMs: number;
  readonly #reader: KeyReader;
  /** Why the copy cannot be read; null if it can. */
  fault: InvalidStateError | EnvironmentError | null = null;

  constructor({ folder, space, store, server, clock, timeoutMs }: CopyParts) {
    this.folder = folder;
    this.#space = space;
    this.#store = store;
    this.#server = server;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#reader = new KeyReader(space, timeoutMs);
  }

  /** The newest revision of the copy; null if there is none, or `fault` is set now. */
  async head(): Promise<StampedHead | null> {
    this.fault = null;
    try {
      // Another process may have filled it from another store.
      this.#reader.store = undefined;
      return await this.#reader.head();
    } catch (error) {
      if (error instanceof EnvironmentError) this.fault = error;
      else if (error instanceof InvalidStateError) this.fault = this.#damaged(error);
      else throw error;
      return null;
    }
  }

  #damaged({ message }: InvalidStateError): InvalidStateError {
    return new InvalidStateError(`the copy in ${this.folder} is damaged: ${message}`, {
      suggestions: [
        'The next command that reaches the server makes it anew',
        `If it does not, delete it: rm -r ${this.folder}`,
      ],
      data: { path: this.folder },
    });
  }

  /** Whether the copy holds a revision. */
  async keeps(revision: Revision): Promise<boolean> {
    const seq = seqOf(revision) ?? 0;
    const head = await this.head();
    return head !== null && head.seq >= seq && (await this.#reader.record(seq))?.revision === revision;
  }

  /**
   * Brings the copy nearer to the head of the server. Where the server went back, the copy goes back to the last revision
   * that both have; where another store is there, it is made anew. An empty server changes nothing.
   * Throws RemoteError, EnvironmentError; InvalidStateError for a damaged server.
   * @returns how many revisions the server has more
   */
  async pull({ bytes, deadline }: PullLimit): Promise<number> {
    const mine = await this.#mine();
    const server = new KeyReader(this.#server, this.#timeoutMs);
    const key = revisionKey(mine?.seq ?? 0);
    const { head, values } = await server.get([key]);
    const { store } = server;
    if (head === null || typeof store !== 'string') return 0;
    let at: Known | null = mine;
    if (mine !== null) {
      const [text = null] = values;
      const isOfStore = this.#reader.store === store;
      const isOnLine = text !== null && parseRecord(key, text).revision === mine.revision;
      if (!isOfStore || !isOnLine) {
        const back = isOfStore ? await this.#back(mine, head, server) : await this.#empty();
        // Another process brings it there.
        if (back === 'stale') return 0;
        at = back;
      }
    }
    if (at === null) {
      await privateFolder(this.folder);
      if ((await this.#put(null, [{ key: FORMAT, value: formatText(store) }])) === 'stale') return 0;
    }
    const history = new KeyedHistory(server, (revision) => new KeyedView(server, revision));
    let left = bytes;
    for await (const batch of inBatches(history, at, head)) {
      const next = await this.#add(at, batch.revisions);
      if (next === 'stale') return 0;
      at = next;
      left -= batch.bytes;
      if (left <= 0 || this.#clock.now() >= deadline) break;
    }
    return head.seq - (at?.seq ?? 0);
  }

  /** The head of the copy; a damaged copy is emptied. */
  async #mine(): Promise<StampedHead | null> {
    const head = await this.head();
    if (this.fault instanceof EnvironmentError) throw this.fault;
    if (this.fault !== null) await this.#empty();
    return head;
  }

  /** Adds revisions to the copy under their own names. */
  async #add(from: Known | null, revisions: readonly WholeRevision[]): Promise<Known | 'stale'> {
    let at = from;
    for (let left = revisions; left.length > 0; ) {
      const outcome = await this.#store.swap(at?.revision ?? null, left, this.#timeoutMs);
      if (outcome.kind === 'moved' || outcome.kind === 'fenced' || outcome.kind === 'busy') return 'stale';
      if (outcome.kind !== 'swapped') throw outcome.error;
      const revision = outcome.revisions.at(-1) ?? '';
      at = { revision, seq: seqOf(revision) ?? 0 };
      left = left.slice(outcome.revisions.length);
    }
    return at ?? 'stale';
  }

  /** Changes keys, if the head of the copy is where it was. */
  async #put(head: string | null, puts: readonly Put[]): Promise<'done' | 'stale'> {
    const written = await this.#space.write({ expect: new Map([[HEAD, head]]), puts }, this.#timeoutMs);
    if (written.kind === 'done' || written.kind === 'stale') return written.kind;
    throw written.error;
  }

  /** Removes all keys. */
  async #empty(): Promise<null | 'stale'> {
    const [head = null] = await this.#space.get([HEAD], this.#timeoutMs);
    const puts: Put[] = [];
    const visit = async (folder: string): Promise<void> => {
      for (const name of await this.#space.names(folder, '', this.#timeoutMs)) {
        if (name.endsWith('/')) await visit(folder + name);
        else puts.push({ key: folder + name, value: null });
      }
    };
    await visit('');
    return (await this.#put(head?.version ?? null, puts)) === 'stale' ? 'stale' : null;
  }

  /** Takes the copy back to the newest revision that the server has, too. */
  async #back(mine: StampedHead, head: StampedHead, server: KeyReader): Promise<Known | null | 'stale'> {
    let [low, high] = [0, Math.min(mine.seq, head.seq)];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      const [ours, theirs] = [await this.#reader.record(middle), await server.record(middle)];
      if (ours !== null && ours.revision === theirs?.revision) low = middle;
      else high = middle - 1;
    }
    const common = low === 0 ? null : await this.#reader.record(low);
    if (common === null) return this.#empty();
    const puts = new Map<string, string | null>();
    const paths = new Set<string>();
    let seq = low;
    for await (const record of this.#reader.records(low + 1, mine.seq)) {
      seq += 1;
      puts.set(revisionKey(seq), null);
      for (let n = 0; n < record.lists; n++) puts.set(pathsKey(seq, n), null);
      for (const path of record.added)
        if (isMarked(path)) puts.set(formerFolder(path) + formerName(seq) + ADDED, null);
      for (const path of [...record.changed, ...record.removed])
        puts.set(formerFolder(path) + formerName(seq), null);
      for (const path of [...record.added, ...record.changed, ...record.removed]) paths.add(path);
    }
    const touched = [...paths];
    const before = await new KeyedView(this.#reader, mine.revision).readMany(touched);
    const after = await new KeyedView(this.#reader, common.revision).readMany(touched);
    for (const [i, path] of touched.entries()) {
      puts.set(fileKey(path), after[i] ?? null);
      const place = placeOfPath(path);
      if (place.kind !== 'state') continue;
      for (const [key, value] of valuePuts(place.subject.id, before[i] ?? null, after[i] ?? null))
        puts.set(key, value);
    }
    const { revision, time } = common;
    const to = formatHead({ seq: low, revision, time, applied: low, parts: 0 });
    const all = [...puts].map(([key, value]) => ({ key, value }));
    const written = await this.#put(mine.version, [...all, { key: HEAD, value: to }]);
    return written === 'stale' ? 'stale' : { seq: low, revision };
  }
}

interface Batch {
  readonly revisions: readonly WholeRevision[];
  /** Of their texts. */
  readonly bytes: number;
}

/** The revisions behind one, some at a time. Ends early if the history is replaced meanwhile. Throws as `whole` does. */
async function* inBatches(history: KeyedHistory, from: Known | null, to: Known): AsyncGenerator<Batch> {
  let parent = from?.revision ?? null;
  let revisions: WholeRevision[] = [];
  let bytes = 0;
  let fault: InvalidStateError | null = null;
  if (parent === to.revision) return;
  try {
    for await (const whole of history.whole(parent, to.revision)) {
      const { revision, message, author, files } = whole;
      const seq = seqOf(revision) ?? 0;
      // What somebody changed by hand is not copied under this name.
      if (revisionAfter(parent, seq, digestOf(message, author, files)) !== revision) {
        fault = altered(revision);
        break;
      }
      parent = revision;
      revisions.push(whole);
      for (const [path, text] of files) bytes += path.length + Buffer.byteLength(text ?? '');
      if (revisions.length < REVISIONS && bytes < BYTES) continue;
      yield { revisions, bytes };
      [revisions, bytes] = [[], 0];
    }
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
  }
  if (revisions.length > 0) yield { revisions, bytes };
  if (fault !== null) throw fault;
}

function altered(revision: Revision): InvalidStateError {
  return new InvalidStateError(`the files of revision ${revision} are not those that it was made of`, {
    suggestions: ["'kgit verify' shows what was changed by hand"],
    data: { revision },
  });
}
