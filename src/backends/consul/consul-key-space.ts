import { RemoteError } from '../../errors.js';
import type { Cost, KeySpace, Put, SeenHead, Span, Stamped, Write, Written } from '../keyed/key-space.js';
import { readFailure, writeFailure } from '../server/server-errors.js';
import { checkedStoreName } from '../server/server-place.js';
import type { ConsulFacts } from './consul-checks.js';
import { consulFault, FORBIDDEN, NO_CONSUL } from './consul-faults.js';
import { type ConsulAnswer, ConsulHttp, type ConsulRequest } from './consul-http.js';
import { type ConsulOptions, consulTarget } from './consul-options.js';

/** Most operations of one transaction, since Consul 1.14. */
const MAX_OPS = 128;
/** Operations that are kept for comparisons of keys that the write does not put. */
const COMPARISONS = 16;
/** Most bytes of a request, less room for these comparisons. */
const MAX_BYTES = 524_288 - 16_384;
/** Bytes of JSON around each key and value. */
const FRAME = 80;
/** How long one wait for a change lasts, and how much later Consul may answer. */
const WAIT = '30s';
const WAIT_MS = 45_000;

/** An operation of a transaction. */
interface Operation {
  readonly KV: {
    readonly Verb:
      | 'set'
      | 'cas'
      | 'delete'
      | 'delete-cas'
      | 'get-or-empty'
      | 'check-index'
      | 'check-not-exists';
    readonly Key: string;
    readonly Value?: string;
    readonly Index?: number;
  };
}

/** A key as Consul tells it. */
interface Pair {
  readonly key: string;
  readonly value: string;
  readonly index: number;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const listOf = (json: unknown, name: string): readonly unknown[] => {
  const list = isObject(json) ? json[name] : null;
  return Array.isArray(list) ? list : [];
};

function pairOf(result: unknown): Pair | null {
  const pair = isObject(result) ? result['KV'] : null;
  if (!isObject(pair)) return null;
  const { Key: key, Value: value, ModifyIndex: index } = pair;
  if (typeof key !== 'string' || typeof index !== 'number') return null;
  const text = typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : '';
  return { key, value: text, index };
}

/** Keys of Consul's KV store, below `kgit/STORE/`. One transaction per write compares and puts. */
export class ConsulKeySpace implements KeySpace {
  readonly target: string;
  readonly limits: Cost = { ops: MAX_OPS - COMPARISONS, bytes: MAX_BYTES };
  readonly #http: ConsulHttp;
  readonly #prefix: string;
  readonly #closed = new AbortController();

  /** Connects when it is first used. Throws UsageError if the store's name cannot be part of keys. */
  constructor(options: ConsulOptions) {
    this.#prefix = `kgit/${checkedStoreName(options.store)}/`;
    this.target = consulTarget(options);
    this.#http = new ConsulHttp(options);
  }

  cost(puts: readonly Put[]): Cost {
    let bytes = 0;
    for (const { key, value } of puts)
      bytes +=
        Buffer.byteLength(JSON.stringify(this.#prefix + key)) +
        4 * Math.ceil(Buffer.byteLength(value ?? '') / 3) +
        FRAME;
    return { ops: puts.length, bytes };
  }

  async get(keys: readonly string[], timeoutMs: number): Promise<(Stamped | null)[]> {
    return this.#get(keys, AbortSignal.timeout(timeoutMs));
  }

  async names(folder: string, prefix: string, timeoutMs: number): Promise<string[]> {
    return this.#names(folder, prefix, AbortSignal.timeout(timeoutMs));
  }

  async range(
    { folder, from, to, limit, reverse = false }: Span,
    timeoutMs: number,
  ): Promise<[string, string][]> {
    const signal = AbortSignal.timeout(timeoutMs);
    let common = 0;
    while (common < from.length && from[common] === to[common] && !/[\ud800-\udfff]/.test(from[common] ?? ''))
      common++;
    const [low, high] = [Buffer.from(from), Buffer.from(to)];
    const names = (await this.#names(folder, from.slice(0, common), signal))
      .filter((name) => !name.endsWith('/'))
      .map((name) => ({ name, bytes: Buffer.from(name) }))
      .filter(({ bytes }) => Buffer.compare(bytes, low) >= 0 && Buffer.compare(bytes, high) < 0)
      .sort((a, b) => (reverse ? -1 : 1) * Buffer.compare(a.bytes, b.bytes))
      .slice(0, limit);
    const found: [string, string][] = [];
    for (let at = 0; at < names.length; at += MAX_OPS) {
      const keys = names.slice(at, at + MAX_OPS).map(({ name }) => folder + name);
      const values = await this.#get(keys, signal);
      for (const [n, key] of keys.entries()) {
        const value = values[n]?.value;
        // A key that was deleted since its name was read is left out.
        if (value !== undefined) found.push([key, value]);
      }
    }
    return found;
  }

  async write({ expect, puts, tell = [] }: Write, timeoutMs: number): Promise<Written> {
    const signal = AbortSignal.timeout(timeoutMs);
    const put = new Set(puts.map(({ key }) => key));
    const compared = [...expect].filter(([key]) => !put.has(key));
    const operations = [
      ...compared.map(([key, version]) => this.#comparison(key, version)),
      ...puts.map(({ key, value }) => this.#operation(key, value, expect.get(key))),
    ];
    if (operations.length === 0) return { kind: 'done', versions: new Map() };
    try {
      const { status, json } = await this.#http.ask(
        { method: 'PUT', path: '/v1/txn', body: operations, accepts: [409] },
        signal,
      );
      if (status === 409) return { kind: 'stale', keys: this.#stale(json, operations) };
      const indexes = new Map(
        listOf(json, 'Results').flatMap((result): [string, string][] => {
          const pair = pairOf(result);
          return pair ? [[pair.key.slice(this.#prefix.length), String(pair.index)]] : [];
        }),
      );
      return { kind: 'done', versions: new Map(tell.map((key) => [key, indexes.get(key) ?? ''])) };
    } catch (error) {
      return writeFailure(error);
    }
  }

  async changed({ version }: SeenHead, signal: AbortSignal): Promise<void> {
    const limit = AbortSignal.any([signal, this.#closed.signal, AbortSignal.timeout(WAIT_MS)]);
    if (limit.aborted) return;
    const path = this.#path('head');
    try {
      let index = version;
      if (index === null) {
        const { status, headers } = await this.#read({ method: 'GET', path, accepts: [404] }, limit);
        if (status === 200) return;
        index = String(headers['x-consul-index'] ?? '1');
      }
      await this.#read({ method: 'GET', path, query: { index, wait: WAIT }, accepts: [404] }, limit);
    } catch (error) {
      if (!limit.aborted) throw error;
    }
  }

  /** What the agent tells about itself, for `kgit doctor`. Throws RemoteError. */
  async facts(timeoutMs: number): Promise<ConsulFacts> {
    const signal = AbortSignal.timeout(timeoutMs);
    const leader = await this.#read({ method: 'GET', path: '/v1/status/leader' }, signal);
    const self = await this.#self(signal);
    const field = (part: string, name: string) => {
      const section = isObject(self) ? self[part] : null;
      return isObject(section) ? section[name] : null;
    };
    const numberOf = (value: unknown) => (typeof value === 'number' ? value : null);
    const version = field('Config', 'Version');
    return {
      version: typeof version === 'string' ? version : null,
      hasLeader: typeof leader.json === 'string' && leader.json !== '',
      maxValueBytes: numberOf(field('DebugConfig', 'KVMaxValueSize')),
      maxTransactionBytes: numberOf(field('DebugConfig', 'TxnMaxReqLen')),
      date: leader.headers.date,
    };
  }

  /** The settings of the agent; null if the token may not ask for them, as few may. */
  async #self(signal: AbortSignal): Promise<unknown> {
    try {
      return (await this.#read({ method: 'GET', path: '/v1/agent/self' }, signal)).json;
    } catch (error) {
      if (error instanceof RemoteError && error.isDenied) return null;
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#closed.abort();
    this.#http.close();
  }

  #path(key: string): string {
    return `/v1/kv/${(this.#prefix + key).split('/').map(encodeURIComponent).join('/')}`;
  }

  async #read(request: ConsulRequest, signal: AbortSignal): Promise<ConsulAnswer> {
    try {
      const answer = await this.#http.ask(request, signal);
      // Consul leaves out what the token must not read, and says so from 1.11 on.
      if (answer.headers['x-consul-results-filtered-by-acls'] === 'true')
        throw this.#http.errors.error(FORBIDDEN);
      return answer;
    } catch (error) {
      throw readFailure(error);
    }
  }

  async #get(keys: readonly string[], signal: AbortSignal): Promise<(Stamped | null)[]> {
    if (keys.length === 0) return [];
    const body = keys.map((key): Operation => ({ KV: { Verb: 'get-or-empty', Key: this.#prefix + key } }));
    const query = { consistent: '' };
    const { json } = await this.#read({ method: 'PUT', path: '/v1/txn', query, body }, signal);
    const results = listOf(json, 'Results');
    if (results.length !== keys.length) throw this.#http.errors.error(FORBIDDEN);
    return results.map((result) => {
      const pair = pairOf(result);
      return pair && pair.index > 0 ? { value: pair.value, version: String(pair.index) } : null;
    });
  }

  async #names(folder: string, prefix: string, signal: AbortSignal): Promise<string[]> {
    const query = { keys: '', separator: '/', consistent: '' };
    const request: ConsulRequest = {
      method: 'GET',
      path: this.#path(folder + prefix),
      query,
      accepts: [404],
    };
    const { status, json } = await this.#read(request, signal);
    if (status === 404) return [];
    if (!Array.isArray(json)) throw this.#http.errors.error(NO_CONSUL);
    const start = this.#prefix.length + folder.length;
    return json.flatMap((key: unknown) => (typeof key === 'string' ? [key.slice(start)] : []));
  }

  #comparison(key: string, version: string | null): Operation {
    const Key = this.#prefix + key;
    return version === null
      ? { KV: { Verb: 'check-not-exists', Key } }
      : { KV: { Verb: 'check-index', Key, Index: Number(version) } };
  }

  /** The operation that puts or deletes a key, and compares it if a version is expected. */
  #operation(key: string, value: string | null, expected: string | null | undefined): Operation {
    const Key = this.#prefix + key;
    const Index = Number(expected ?? 0);
    if (value === null) {
      if (expected === null) return this.#comparison(key, null);
      return { KV: expected === undefined ? { Verb: 'delete', Key } : { Verb: 'delete-cas', Key, Index } };
    }
    const Value = Buffer.from(value).toString('base64');
    return { KV: expected === undefined ? { Verb: 'set', Key, Value } : { Verb: 'cas', Key, Value, Index } };
  }

  /** The keys whose comparison failed. Throws RemoteError if the token may not write them. */
  #stale(json: unknown, operations: readonly Operation[]): string[] {
    const keys = new Set<string>();
    for (const error of listOf(json, 'Errors')) {
      const { OpIndex: at, What: what } = isObject(error) ? error : {};
      const words = typeof what === 'string' ? what : '';
      if (/permission denied|ACL not found/i.test(words))
        throw this.#http.errors.error(consulFault(403, words), words);
      const operation = typeof at === 'number' ? operations[at] : undefined;
      if (operation) keys.add(operation.KV.Key.slice(this.#prefix.length));
    }
    return [...keys];
  }
}
