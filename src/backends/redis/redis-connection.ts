import { Redis } from 'ioredis';
import { inTime } from '../server/in-time.js';
import {
  ANSWER_TIMEOUT,
  BROKEN_OFF,
  CONNECT_TIMEOUT,
  connectFault,
  wordsOf,
} from '../server/network-faults.js';
import { ServerErrors } from '../server/server-errors.js';
import type { HostPort } from '../server/server-place.js';
import { answerFault, answerWords } from './redis-faults.js';
import { type RedisOptions, redisPlace } from './redis-options.js';

export type RedisArgument = string | Buffer | number;

/** A Lua script, and the SHA-1 by which a server that ran it once knows it. */
export interface RedisScript {
  readonly text: string;
  readonly hash: string;
}

/** What a server said instead of carrying out a command. */
class Refusal {
  readonly words: string;

  constructor(words: string) {
    this.words = words;
  }
}

/** No connection stays half open for longer, in ms. Calls have shorter limits of their own. */
const CONNECT_MS = 60_000;

/**
 * One connection to a Redis or Valkey server, made when it is first needed and again after it broke. No command that
 * the server may have carried out is repeated.
 */
export class RedisConnection {
  readonly errors: ServerErrors;
  readonly #options: RedisOptions;
  /** The node of a cluster that has the store's slot, once the server named it. */
  #node: HostPort | null = null;
  #redis: Promise<Redis> | null = null;
  /** What broke a connection. */
  readonly #failures = new WeakMap<Redis, unknown>();

  constructor(options: RedisOptions) {
    const { password, sentinelPassword, tls } = options;
    this.#options = options;
    this.errors = new ServerErrors(`Redis at ${redisPlace(options)}`, [password, sentinelPassword, tls?.key]);
  }

  /**
   * Sends a command and returns the answer. Throws RemoteError, with `data.remote: 'unknown'` if the command may have
   * been carried out, and RefusedError.
   * @param signal ends the wait
   */
  async call(command: string, args: readonly RedisArgument[], signal: AbortSignal): Promise<unknown> {
    return this.#value(await this.#ask(command, args, signal));
  }

  /** Runs a script, by its hash if the server knows it. Throws as `call` does. */
  async script(
    { text, hash }: RedisScript,
    keys: readonly RedisArgument[],
    args: readonly RedisArgument[],
    signal: AbortSignal,
  ): Promise<unknown> {
    const rest = [keys.length, ...keys, ...args];
    const answer = await this.#ask('EVALSHA', [hash, ...rest], signal);
    const isNew = answer instanceof Refusal && answer.words.startsWith('NOSCRIPT');
    return isNew ? this.call('EVAL', [text, ...rest], signal) : this.#value(answer);
  }

  /** Breaks the connection off. */
  close(): void {
    this.#redis?.then(
      (redis) => redis.disconnect(),
      () => undefined,
    );
    this.#redis = null;
  }

  #value(answer: unknown): unknown {
    if (!(answer instanceof Refusal)) return answer;
    throw this.errors.error(answerFault(answer.words), answerWords(answer.words));
  }

  /** Sends a command, a second time if the first server says that another one has to carry it out. */
  async #ask(command: string, args: readonly RedisArgument[], signal: AbortSignal): Promise<unknown> {
    const answer = await this.#send(command, args, signal);
    return answer instanceof Refusal && this.#turnsElsewhere(answer.words)
      ? this.#send(command, args, signal)
      : answer;
  }

  /** Whether another server has to be asked; the next connection goes there. */
  #turnsElsewhere(words: string): boolean {
    const [, host, port] = /^MOVED \d+ (\S*):(\d+)$/.exec(words) ?? [];
    if (port !== undefined) this.#node = { host: host || this.#options.host, port: Number(port) };
    // Sentinels know by now which server became the master.
    else if (!words.startsWith('READONLY') || this.#options.sentinels.length === 0) return false;
    this.close();
    return true;
  }

  async #send(command: string, args: readonly RedisArgument[], signal: AbortSignal): Promise<unknown> {
    const redis = await this.#connected(signal);
    const late = () => {
      // What arrives on this connection from now on answers a question that nobody asks any more.
      this.#drop(redis);
      return this.errors.error(ANSWER_TIMEOUT);
    };
    const answer = redis.call(command, [...args]).catch((error: unknown) => {
      if (error instanceof Error && error.name === 'ReplyError') return new Refusal(error.message);
      this.#drop(redis);
      // In TLS 1.3 a server looks at the client's certificate after the client may send.
      const failure = this.#failures.get(redis);
      const fault = connectFault(failure);
      throw this.errors.error(fault.kind === 'denied' ? fault : BROKEN_OFF, failure ? wordsOf(failure) : '');
    });
    return inTime(answer, signal, late);
  }

  #drop(redis: Redis): void {
    this.#redis = null;
    redis.disconnect();
  }

  async #connected(signal: AbortSignal): Promise<Redis> {
    for (;;) {
      this.#redis ??= this.#connect();
      const connecting = this.#redis;
      const late = () => {
        this.close();
        return this.errors.error(CONNECT_TIMEOUT);
      };
      try {
        const redis = await inTime(connecting, signal, late);
        if (redis.status === 'ready') return redis;
      } catch (error) {
        if (this.#redis === connecting) this.#redis = null;
        throw error;
      }
      if (this.#redis === connecting) this.#redis = null;
    }
  }

  async #connect(): Promise<Redis> {
    const { host, port, username, password, tls, sentinels, master, database } = this.#options;
    const { sentinelUsername, sentinelPassword } = this.#options;
    const secure = tls && { ...tls };
    const redis = new Redis({
      ...(sentinels.length > 0
        ? {
            sentinels: [...sentinels],
            name: master,
            sentinelUsername: sentinelUsername || undefined,
            sentinelPassword: sentinelPassword || undefined,
            sentinelRetryStrategy: () => null,
            enableTLSForSentinelMode: secure !== undefined,
            sentinelTLS: secure,
          }
        : (this.#node ?? { host, port })),
      ...(password === '' ? {} : { username: username || 'default', password }),
      ...(secure && { tls: { ...secure, servername: this.#serverName() } }),
      lazyConnect: true,
      protocol: 2,
      connectTimeout: CONNECT_MS,
      disableClientInfo: true,
      // The library shall neither connect again nor repeat a command on its own.
      retryStrategy: () => null,
      enableOfflineQueue: false,
      enableReadyCheck: false,
      autoResendUnfulfilledCommands: false,
      autoResubscribe: false,
    });
    redis.on('error', (error) => {
      if (!this.#failures.has(redis)) this.#failures.set(redis, error);
    });
    try {
      await redis.connect();
      // The library goes on in database 0 if this fails, so it is not left to it.
      if (database !== 0) await redis.call('SELECT', [database]);
      return redis;
    } catch (error) {
      redis.disconnect();
      throw this.#connectError(this.#failures.get(redis) ?? error);
    }
  }

  /** The name that the server's certificate must have; undefined for an address. */
  #serverName(): string | undefined {
    const { host, sentinels } = this.#options;
    return this.#node !== null || sentinels.length > 0 || /^[\d.]+$|:/.test(host) ? undefined : host;
  }

  #connectError(error: unknown): Error {
    const words = wordsOf(error);
    if (!(error instanceof Error && error.name === 'ReplyError'))
      return this.errors.error(connectFault(error), words);
    const fault = answerFault(words);
    // No command was sent yet.
    return this.errors.error(
      fault.kind === 'unknown' ? { ...fault, kind: 'unreachable' } : fault,
      answerWords(words),
    );
  }
}
