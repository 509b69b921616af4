import { createHash } from 'node:crypto';
import type {
  Append,
  AppendOutcome,
  Cost,
  KeySpace,
  Put,
  SeenHead,
  Span,
  Stamped,
  Write,
  Written,
} from '../keyed/key-space.js';
import { HEAD } from '../keyed/layout.js';
import { readFailure, writeFailure } from '../server/server-errors.js';
import { checkedStoreName } from '../server/server-place.js';
import { type RedisArgument, RedisConnection } from './redis-connection.js';
import { type RedisFacts, redisFacts, unsafeReason } from './redis-durability.js';
import { FEW_REPLICAS } from './redis-faults.js';
import { type RedisOptions, redisTarget } from './redis-options.js';
import { APPEND, WRITE } from './redis-scripts.js';

/** How long one wait for a change lasts, in ms: proxies cut connections that are silent for much longer. */
const BLOCK_MS = 25_000;
/** How long such a wait may go unanswered beyond that, in ms. */
const LATE_MS = 10_000;
/** Names that one page of a range asks for beyond its limit: those of folders are left out. */
const PAGE = 100;
/** Bytes around each key and value of a request. */
const FRAME = 32;
/** Longer than any name in UTF-8, of which no byte is 0xff. */
const BEHIND_ALL = Buffer.from([0xff]);

const versionOf = (value: string): string => createHash('sha1').update(value).digest('hex');

/** The number of a head, from its JSON; 0 if it has none. */
function seqInHead(head: string): number {
  const [, seq = '0'] = /^\{"seq":\s*(\d{1,15})\b/.exec(head) ?? [];
  return Number(seq);
}

const texts = (answer: unknown): string[] =>
  Array.isArray(answer) ? answer.filter((each) => typeof each === 'string') : [];

/**
 * Keys of a Redis or Valkey server, below `kgit:{STORE}:`: the braces keep a store in one slot of a cluster. Values are
 * strings; `in/FOLDER` are sorted sets of names, and `feed` is a stream of the numbers of heads. One script per write
 * compares and puts.
 */
export class RedisKeySpace implements KeySpace {
  readonly target: string;
  readonly limits: Cost = { ops: 5_000, bytes: 32 * 1024 * 1024 };
  readonly #options: RedisOptions;
  readonly #connection: RedisConnection;
  readonly #prefix: string;
  /** Whether the server was found to be safe. */
  #isChecked: boolean;
  readonly #waiting = new Set<RedisConnection>();

  /** Connects when it is first used. Throws UsageError if the store's name cannot be part of keys. */
  constructor(options: RedisOptions) {
    this.#options = options;
    this.#prefix = `kgit:{${checkedStoreName(options.store)}}:`;
    this.target = redisTarget(options);
    this.#connection = new RedisConnection(options);
    this.#isChecked = options.durability === 'none';
  }

  cost(puts: readonly Put[]): Cost {
    let bytes = 0;
    for (const { key, value } of puts)
      bytes += Buffer.byteLength(key) + Buffer.byteLength(value ?? '') + this.#prefix.length + FRAME;
    return { ops: puts.length, bytes };
  }

  async get(keys: readonly string[], timeoutMs: number): Promise<(Stamped | null)[]> {
    if (keys.length === 0) return [];
    const answer = await this.#read('MGET', this.#keys(keys), AbortSignal.timeout(timeoutMs));
    const values: unknown[] = Array.isArray(answer) ? answer : [];
    return keys.map((_, at) => {
      const value = values[at];
      return typeof value === 'string' ? { value, version: versionOf(value) } : null;
    });
  }

  async names(folder: string, prefix: string, timeoutMs: number): Promise<string[]> {
    const [from, to] =
      prefix === '' ? ['-', '+'] : [`[${prefix}`, Buffer.concat([Buffer.from(`(${prefix}`), BEHIND_ALL])];
    const set = `${this.#prefix}in/${folder}`;
    return texts(await this.#read('ZRANGEBYLEX', [set, from, to], AbortSignal.timeout(timeoutMs)));
  }

  async range(
    { folder, from, to, limit, reverse = false }: Span,
    timeoutMs: number,
  ): Promise<[string, string][]> {
    const signal = AbortSignal.timeout(timeoutMs);
    const set = `${this.#prefix}in/${folder}`;
    const names: string[] = [];
    let [low, high] = [from === '' ? '-' : `[${from}`, `(${to}`];
    for (let isLast = false; !isLast && names.length < limit; ) {
      const count = limit - names.length + PAGE;
      const page = texts(
        reverse
          ? await this.#read('ZREVRANGEBYLEX', [set, high, low, 'LIMIT', 0, count], signal)
          : await this.#read('ZRANGEBYLEX', [set, low, high, 'LIMIT', 0, count], signal),
      );
      names.push(...page.filter((name) => !name.endsWith('/')));
      isLast = page.length < count;
      if (reverse) high = `(${page.at(-1)}`;
      else low = `(${page.at(-1)}`;
    }
    const found = names.slice(0, limit).map((name) => folder + name);
    const values = found.length === 0 ? [] : await this.#read('MGET', this.#keys(found), signal);
    if (!Array.isArray(values)) return [];
    // A key that was deleted since its name was read is left out.
    return found.flatMap((key, at): [string, string][] =>
      typeof values[at] === 'string' ? [[key, values[at]]] : [],
    );
  }

  async write({ expect, puts, tell = [] }: Write, timeoutMs: number): Promise<Written> {
    const signal = AbortSignal.timeout(timeoutMs);
    const expected = [...expect.keys()];
    const set = puts.filter(({ value }) => value !== null);
    const deleted = puts.filter(({ value }) => value === null);
    const head = set.find(({ key }) => key === HEAD)?.value ?? '';
    const keys = [...expected, ...set.map(({ key }) => key), ...deleted.map(({ key }) => key)];
    const args = [
      this.#prefix,
      expected.length,
      set.length,
      seqInHead(head),
      ...[...expect.values()].map((version) => version ?? ''),
      ...set.map(({ value }) => value ?? ''),
    ];
    try {
      await this.#check(signal);
      const stale = await this.#connection.script(WRITE, this.#keys(keys), args, signal);
      if (Array.isArray(stale) && stale.length > 0)
        return { kind: 'stale', keys: expected.filter((_, at) => stale.includes(at + 1)) };
      await this.#replicated(timeoutMs, signal);
    } catch (error) {
      return writeFailure(error);
    }
    const values = new Map(set.map(({ key, value }) => [key, value ?? '']));
    const versions = tell.flatMap((key): [string, string][] => {
      const value = values.get(key);
      return value === undefined ? [] : [[key, versionOf(value)]];
    });
    return { kind: 'done', versions: new Map(versions) };
  }

  async append(append: Append, timeoutMs: number): Promise<AppendOutcome> {
    const signal = AbortSignal.timeout(timeoutMs);
    const { base, expect, free, commits, now } = append;
    const time = new Date(now).toISOString();
    const text = JSON.stringify({ base, expect: [...expect], free, commits, time });
    try {
      await this.#check(signal);
      const answer = await this.#connection.script(APPEND, this.#keys([HEAD]), [this.#prefix, text], signal);
      const [value, ...revisions] = texts(answer);
      if (value === undefined) return { kind: 'stale' };
      await this.#replicated(timeoutMs, signal);
      return { kind: 'done', head: { value, version: versionOf(value) }, revisions };
    } catch (error) {
      return writeFailure(error);
    }
  }

  async changed({ seq }: SeenHead, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    // A connection of its own: nothing else gets through one that waits.
    const connection = new RedisConnection(this.#options);
    this.#waiting.add(connection);
    const limit = AbortSignal.any([signal, AbortSignal.timeout(BLOCK_MS + LATE_MS)]);
    try {
      const feed = ['STREAMS', `${this.#prefix}feed`, `${seq}-0`];
      await connection.call('XREAD', ['COUNT', 1, 'BLOCK', BLOCK_MS, ...feed], limit);
    } catch (error) {
      if (!signal.aborted) throw readFailure(error);
    } finally {
      this.#waiting.delete(connection);
      connection.close();
    }
  }

  /** What the server tells about itself, for `kgit doctor`. Throws RemoteError. */
  async facts(timeoutMs: number): Promise<RedisFacts> {
    return this.#facts(AbortSignal.timeout(timeoutMs));
  }

  async close(): Promise<void> {
    for (const connection of [this.#connection, ...this.#waiting]) connection.close();
  }

  #keys(keys: readonly string[]): string[] {
    return keys.map((key) => this.#prefix + key);
  }

  async #read(command: string, args: readonly RedisArgument[], signal: AbortSignal): Promise<unknown> {
    try {
      return await this.#connection.call(command, args, signal);
    } catch (error) {
      throw readFailure(error);
    }
  }

  async #facts(signal: AbortSignal): Promise<RedisFacts> {
    const info = await this.#read('INFO', [], signal);
    let config: unknown = null;
    try {
      config = await this.#read('CONFIG', ['GET', 'appendfsync'], signal);
    } catch (error) {
      // Few users may ask this.
      if (writeFailure(error).kind !== 'denied') throw error;
    }
    return redisFacts(typeof info === 'string' ? info : '', config);
  }

  /** Throws RefusedError if the server may lose writes that it acknowledged. */
  async #check(signal: AbortSignal): Promise<void> {
    if (this.#isChecked) return;
    const info = await this.#read('INFO', [], signal);
    const facts = redisFacts(typeof info === 'string' ? info : '', null);
    // Then the write tells.
    if (facts.isLoading) return;
    const reason = unsafeReason(facts);
    if (reason) throw this.#connection.errors.error(reason);
    this.#isChecked = true;
  }

  /** Waits until enough replicas have what was written. */
  async #replicated(timeoutMs: number, signal: AbortSignal): Promise<void> {
    const { waitReplicas } = this.#options;
    if (waitReplicas === 0) return;
    const have = await this.#connection.call('WAIT', [waitReplicas, Math.ceil(timeoutMs / 2)], signal);
    if (typeof have !== 'number' || have < waitReplicas) throw this.#connection.errors.error(FEW_REPLICAS);
  }
}
