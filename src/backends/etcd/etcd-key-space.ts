import type { Cost, KeySpace, Put, SeenHead, Span, Stamped, Write, Written } from '../keyed/key-space.js';
import { readFailure, writeFailure } from '../server/server-errors.js';
import { checkedStoreName } from '../server/server-place.js';
import { EtcdConnection } from './etcd-connection.js';
import { foldersOf, markOf, marksNeeded, maybeEmptied, outermost } from './etcd-names.js';
import { type EtcdOptions, etcdTarget } from './etcd-options.js';
import {
  type Compare,
  Compare_CompareResult as Is,
  RangeRequest_SortOrder as Order,
  type RangeRequest,
  type RequestOp,
  StatusRequest,
  Compare_CompareTarget as Target,
  TxnRequest,
} from './proto/requests.js';
import { type KeyValue, type RangeResponse, StatusResponse, TxnResponse } from './proto/responses.js';

const TXN = { path: '/etcdserverpb.KV/Txn', request: TxnRequest, response: TxnResponse };
const STATUS = {
  path: '/etcdserverpb.Maintenance/Status',
  request: StatusRequest,
  response: StatusResponse,
};

/** Most operations, and most comparisons, of one transaction: etcd's default. */
const MAX_OPS = 128;
/** Most bytes of a request, etcd's default of 1,572,864 less room for comparisons. */
const MAX_BYTES = 1_450_000;
/** Bytes around each key and value of a request. */
const FRAME = 32;
/** Keys of a folder that one request for a range asks for beyond its limit: those in folders are left out. */
const PAGE = 100;
/** How often a write is tried when folders that it leaves empty change meanwhile. */
const MAX_TRIES = 20;
/** How long one wait for a change lasts, in ms. */
const WATCH_MS = 60_000;

const NOTHING = Buffer.alloc(0);

/** What the server tells about itself. */
export interface EtcdFacts {
  readonly version: string;
  /** Bytes of its database. */
  readonly size: number;
  /** Bytes that its database may have; null if the server does not tell, as before 3.6. */
  readonly quota: number | null;
  readonly hasLeader: boolean;
  /** Alarms, such as that its space is used up. */
  readonly alarms: readonly string[];
}

/** What has to hold of folders that a write leaves without keys, and their marks. */
interface Emptied {
  readonly compare: readonly Compare[];
  readonly marks: readonly string[];
}

/** The first key behind all that begin with `prefix`. */
function behind(prefix: Buffer): Buffer {
  const end = Buffer.from(prefix);
  // The last byte of UTF-8 text is never 0xff.
  end[end.length - 1] = (end.at(-1) ?? 0) + 1;
  return end;
}

const range = (key: Buffer, rangeEnd: Buffer, more: Partial<RangeRequest> = {}): RangeRequest => ({
  ...{ key, rangeEnd, limit: '0', sortOrder: Order.NONE, keysOnly: false },
  ...more,
});

const rangeOp = (value: RangeRequest): RequestOp => ({ request: { $case: 'requestRange', value } });

const compareCreated = (result: Is, key: Buffer, rangeEnd: Buffer = NOTHING): Compare => ({
  ...{ result, target: Target.CREATE, key, rangeEnd },
  targetUnion: { $case: 'createRevision', value: '0' },
});

const compareVersion = (key: Buffer, version: string | null): Compare =>
  version === null
    ? compareCreated(Is.EQUAL, key)
    : {
        ...{ result: Is.EQUAL, target: Target.MOD, key, rangeEnd: NOTHING },
        targetUnion: { $case: 'modRevision', value: version },
      };

/** Keys of an etcd cluster, below `/kgit/STORE/`. One transaction per write compares and puts. */
export class EtcdKeySpace implements KeySpace {
  readonly target: string;
  readonly limits: Cost = { ops: MAX_OPS, bytes: MAX_BYTES };
  readonly #connection: EtcdConnection;
  readonly #prefix: string;
  readonly #closed = new AbortController();

  /** Connects when it is first used. Throws UsageError if the store's name cannot be part of keys. */
  constructor(options: EtcdOptions) {
    this.#prefix = `/kgit/${checkedStoreName(options.store)}/`;
    this.target = etcdTarget(options);
    this.#connection = new EtcdConnection(options);
  }

  cost(puts: readonly Put[]): Cost {
    const marks = new Set([...marksNeeded(puts), ...maybeEmptied(puts).keys()]);
    let [ops, bytes] = [marks.size, 0];
    for (const { key, value } of puts) {
      // What is deleted is also compared: whether it leaves its folder empty.
      ops += value === null ? 2 : 1;
      bytes += 2 * this.#key(key).length + Buffer.byteLength(value ?? '') + FRAME;
    }
    for (const folder of marks) bytes += 2 * (this.#prefix.length + Buffer.byteLength(folder) + FRAME);
    return { ops, bytes };
  }

  async get(keys: readonly string[], timeoutMs: number): Promise<(Stamped | null)[]> {
    if (keys.length === 0) return [];
    const ranges = keys.map((key) => range(this.#key(key), NOTHING));
    const found = await this.#ranges(ranges, AbortSignal.timeout(timeoutMs));
    return found.map(({ kvs: [pair] }) =>
      pair ? { value: pair.value.toString('utf8'), version: pair.modRevision } : null,
    );
  }

  async names(folder: string, prefix: string, timeoutMs: number): Promise<string[]> {
    const signal = AbortSignal.timeout(timeoutMs);
    const marks = `in/${folder}:`;
    const marked = this.#key(marks + prefix);
    const below = range(marked, behind(marked), { keysOnly: true });
    const [inMarks] = await this.#ranges([below], signal);
    const folders = this.#names(inMarks?.kvs ?? [], marks).filter(
      (name) => name.indexOf('/') === name.length - 1,
    );
    // Names right below the folder lie between its folders.
    const starts = [folder + prefix, ...folders.map((name) => folder + name)].map((each) => this.#key(each));
    starts.sort(Buffer.compare);
    const [first = NOTHING, ...rest] = starts;
    const gaps: RangeRequest[] = [];
    let from = first;
    for (const start of rest) {
      if (Buffer.compare(from, start) < 0) gaps.push(range(from, start, { keysOnly: true }));
      from = behind(start);
    }
    gaps.push(range(from, behind(first), { keysOnly: true }));
    const names: string[] = [...folders];
    for (let at = 0; at < gaps.length; at += MAX_OPS)
      // A folder that appeared meanwhile is not taken for keys.
      for (const { kvs } of await this.#ranges(gaps.slice(at, at + MAX_OPS), signal))
        names.push(...this.#names(kvs, folder).filter((name) => !name.includes('/')));
    return folder === '' ? names.filter((name) => name !== 'in/') : names;
  }

  async range(
    { folder, from, to, limit, reverse = false }: Span,
    timeoutMs: number,
  ): Promise<[string, string][]> {
    const signal = AbortSignal.timeout(timeoutMs);
    const found: [string, string][] = [];
    let [low, high] = [this.#key(folder + from), this.#key(folder + to)];
    while (found.length < limit && Buffer.compare(low, high) < 0) {
      const count = limit - found.length + PAGE;
      const order = { limit: String(count), sortOrder: reverse ? Order.DESCEND : Order.NONE };
      const [page] = await this.#ranges([range(low, high, order)], signal);
      for (const pair of page?.kvs ?? []) {
        const key = this.#text(pair);
        if (!key.slice(folder.length).includes('/')) found.push([key, pair.value.toString('utf8')]);
      }
      const last = page?.kvs.at(-1);
      if (!page?.more || !last) break;
      // The rest of a folder is skipped.
      const inFolder = /^[^/]*\//.exec(this.#text(last).slice(folder.length))?.[0];
      const skipped = inFolder === undefined ? null : this.#key(folder + inFolder);
      if (reverse) high = skipped ?? last.key;
      else low = skipped ? behind(skipped) : Buffer.concat([last.key, Buffer.of(0)]);
    }
    return found.slice(0, limit);
  }

  async write({ expect, puts, tell = [] }: Write, timeoutMs: number): Promise<Written> {
    const signal = AbortSignal.timeout(timeoutMs);
    const expected = [...expect.keys()];
    const compare = [...expect].map(([key, version]) => compareVersion(this.#key(key), version));
    const failure = expected.map((key) => rangeOp(range(this.#key(key), NOTHING, { keysOnly: true })));
    try {
      for (let tries = 0; ; tries++) {
        const emptied = await this.#emptied(puts, signal);
        const success = this.#operations(puts, emptied.marks);
        const request = { compare: [...compare, ...emptied.compare], success, failure };
        const { succeeded, header, responses } = await this.#connection.call(TXN, request, signal);
        const version = header?.revision ?? '';
        if (succeeded) return { kind: 'done', versions: new Map(tell.map((key) => [key, version])) };
        const keys = expected.filter((key, at) => {
          const pair = responses[at]?.response?.value.kvs[0];
          return (pair?.modRevision ?? null) !== expect.get(key);
        });
        if (keys.length > 0 || tries === MAX_TRIES) return { kind: 'stale', keys };
      }
    } catch (error) {
      return writeFailure(error);
    }
  }

  async changed({ version }: SeenHead, signal: AbortSignal): Promise<void> {
    const limit = AbortSignal.any([signal, this.#closed.signal, AbortSignal.timeout(WATCH_MS)]);
    if (limit.aborted) return;
    const head = range(this.#key('head'), NOTHING, { keysOnly: true });
    try {
      await this.#connection.watch(
        this.#key('head'),
        async () => {
          const [found] = await this.#ranges([head], limit);
          return (found?.kvs[0]?.modRevision ?? null) !== version;
        },
        limit,
      );
    } catch (error) {
      if (!limit.aborted) throw readFailure(error);
    }
  }

  /** What the server tells about itself, for `kgit doctor`. Throws RemoteError. */
  async facts(timeoutMs: number): Promise<EtcdFacts> {
    try {
      const answer = await this.#connection.call(STATUS, {}, AbortSignal.timeout(timeoutMs));
      const { version, dbSize, dbSizeQuota, leader, errors } = answer;
      const quota = Number(dbSizeQuota) || null;
      return { version, size: Number(dbSize), quota, hasLeader: leader !== '0', alarms: errors };
    } catch (error) {
      throw readFailure(error);
    }
  }

  async close(): Promise<void> {
    this.#closed.abort();
    this.#connection.close();
  }

  #key(key: string): Buffer {
    return Buffer.from(this.#prefix + key);
  }

  #text({ key }: KeyValue): string {
    return key.toString('utf8').slice(this.#prefix.length);
  }

  #names(pairs: readonly KeyValue[], folder: string): string[] {
    return pairs.map((pair) => this.#text(pair).slice(folder.length));
  }

  /** Reads ranges, at most `MAX_OPS`, at one moment. */
  async #ranges(ranges: readonly RangeRequest[], signal: AbortSignal): Promise<RangeResponse[]> {
    const request = { compare: [], success: ranges.map(rangeOp), failure: [] };
    try {
      const { responses } = await this.#connection.call(TXN, request, signal);
      return responses.map(({ response }) => response?.value ?? { kvs: [], more: false });
    } catch (error) {
      throw readFailure(error);
    }
  }

  /** The operations of a write. Each key and mark is in one of them at most. */
  #operations(puts: readonly Put[], unmarked: readonly string[]): RequestOp[] {
    const put = (key: Buffer, value: string): RequestOp => ({
      request: { $case: 'requestPut', value: { key, value: Buffer.from(value) } },
    });
    const deleted = (key: Buffer): RequestOp => ({
      request: { $case: 'requestDeleteRange', value: { key } },
    });
    // A mark that is there stays as it is, so that the server keeps no revision of it.
    const marked = (key: Buffer): RequestOp => {
      const compare = [compareCreated(Is.GREATER, key)];
      return { request: { $case: 'requestTxn', value: { compare, success: [], failure: [put(key, '')] } } };
    };
    return [
      ...puts.map(({ key, value }) =>
        value === null ? deleted(this.#key(key)) : put(this.#key(key), value),
      ),
      ...[...marksNeeded(puts)].map((folder) => marked(this.#key(markOf(folder)))),
      ...unmarked.map((folder) => deleted(this.#key(markOf(folder)))),
    ];
  }

  /**
   * Finds the folders that these puts leave empty, and what must hold when they do: nothing else is in them, and the
   * others have a key still.
   */
  async #emptied(puts: readonly Put[], signal: AbortSignal): Promise<Emptied> {
    const maybe = [...maybeEmptied(puts)];
    const deleted = new Set(puts.flatMap(({ key, value }) => (value === null ? [key] : [])));
    const compare: Compare[] = [];
    const marks: string[] = [];
    for (let at = 0; at < maybe.length; at += MAX_OPS) {
      const chunk = maybe.slice(at, at + MAX_OPS);
      const ranges = chunk.map(([folder, count]) => {
        const key = this.#key(folder);
        return range(key, behind(key), { limit: String(count + 1), keysOnly: true });
      });
      const found = await this.#ranges(ranges, signal);
      for (const [n, [folder]] of chunk.entries()) {
        const stays = found[n]?.kvs.find((pair) => !deleted.has(this.#text(pair)));
        if (stays) compare.push(compareCreated(Is.GREATER, stays.key));
        else marks.push(folder);
      }
    }
    for (const folder of outermost(marks)) {
      const own = [...deleted].filter((key) => foldersOf(key).includes(folder)).map((key) => this.#key(key));
      own.sort(Buffer.compare);
      let from = this.#key(folder);
      const end = behind(from);
      for (const key of own) {
        if (Buffer.compare(from, key) < 0) compare.push(compareCreated(Is.EQUAL, from, key));
        from = Buffer.concat([key, Buffer.of(0)]);
      }
      compare.push(compareCreated(Is.EQUAL, from, end));
    }
    return { compare, marks };
  }
}
