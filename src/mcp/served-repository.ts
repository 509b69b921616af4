import { type Context, readConfigured } from '../app/open/configured.js';
import { rewriteNote } from '../app/open/rewrite-note.js';
import { type EnvironmentError, RemoteError } from '../errors.js';
import type { LocalSettings } from '../setup/config.js';
import type { FetchPolicy } from '../store/outbox/outcomes.js';
import type { ToldRewrite } from '../store/publish/rewrites.js';
import type { Turn } from './calls.js';

/** How long a remote that did not answer is not asked again, in ms: calls that waited for it would wait once more. */
const AWAY_MS = 10_000;

/** Opens the repository and reads it for the first time. Throws KgitError. */
export type OpenRepositoryFirst = () => Promise<{ readonly context: Context; readonly local: LocalSettings }>;

/** The repository as a call reads it. */
export interface ServedContext extends Context {
  /** Rewrites of the remote's history that nobody was told of. */
  readonly rewrites: readonly ToldRewrite[];
}

export interface ServedRepositoryOptions {
  /** Whether calls fetch first; if undefined, when the last fetch is older than `read.maxAge`. */
  readonly policy: FetchPolicy | undefined;
  /** ms since the epoch */
  readonly now: () => number;
  /** Tells the operator something, on stderr. */
  readonly note: (message: string) => void;
}

/** A remote that did not answer. */
interface Away {
  readonly error: RemoteError | EnvironmentError;
  /** ms since the epoch */
  readonly at: number;
}

/**
 * The repository of a server: it is opened by the first call, so that a client is answered at once and can show why it
 * cannot be opened; a later call tries again. Each call reads it anew.
 */
export class ServedRepository {
  readonly #open: OpenRepositoryFirst;
  readonly #options: ServedRepositoryOptions;
  #opened: { readonly context: Context; readonly local: LocalSettings } | null = null;
  #queue: Promise<unknown> = Promise.resolve();
  #away: Away | null = null;

  constructor(open: OpenRepositoryFirst, options: ServedRepositoryOptions) {
    this.#open = open;
    this.#options = options;
  }

  /**
   * Reads the repository as it is now, for a call: those that may fetch one after another. Throws KgitError.
   * @param policy whether to fetch first, if not as every call does
   */
  async read(turn: Turn, policy = this.#options.policy): Promise<ServedContext> {
    // What needs no network does not wait for it.
    const context =
      policy === 'never' && this.#opened !== null
        ? await this.#readAgain(this.#opened, policy, turn)
        : await this.#inQueue(turn, () => this.#read(policy, turn));
    const { opened, settings } = context;
    const rewrites = await opened.repository.rewrites.take();
    for (const rewrite of rewrites) this.#options.note(rewriteNote(rewrite, opened.name));
    return { ...context, rewrites, settings: withinCall(settings, turn) };
  }

  #inQueue<T>({ signal }: Turn, work: () => Promise<T>): Promise<T> {
    const worked = this.#queue.then(() => {
      signal.throwIfAborted();
      return work();
    });
    this.#queue = worked.catch(() => undefined);
    return worked;
  }

  async #read(policy: FetchPolicy | undefined, turn: Turn): Promise<Context> {
    const away = this.#recentlyAway();
    if (this.#opened === null) {
      if (away) throw away;
      this.#opened = await this.#noticing(this.#open(), ({ context }) => context);
      return this.#opened.context;
    }
    if (away === null)
      return this.#noticing(this.#readAgain(this.#opened, policy, turn), (context) => context);
    if (policy === 'always') throw away;
    const context = await this.#readAgain(this.#opened, 'never', turn);
    return policy === 'never' ? context : { ...context, reading: { ...context.reading, staleness: away } };
  }

  #readAgain(
    { context: { opened }, local }: { readonly context: Context; readonly local: LocalSettings },
    policy: FetchPolicy | undefined,
    turn: Turn,
  ): Promise<Context> {
    return readConfigured(opened, { ...local, settings: withinCall(local.settings, turn) }, policy);
  }

  #recentlyAway(): Away['error'] | null {
    if (this.#away === null || this.#options.now() - this.#away.at >= AWAY_MS) return null;
    return this.#away.error;
  }

  /** Remembers whether the remote answered, and tells the operator when that changes. Throws what `read` throws. */
  async #noticing<T>(read: Promise<T>, contextOf: (result: T) => Context): Promise<T> {
    try {
      const result = await read;
      const { staleness, fetchedAt } = contextOf(result).reading;
      if (staleness) this.#isAway(staleness);
      else if (this.#away !== null && (fetchedAt ?? 0) > this.#away.at) {
        this.#away = null;
        this.#options.note('the remote answers again');
      }
      return result;
    } catch (error) {
      if (error instanceof RemoteError) this.#isAway(error);
      throw error;
    }
  }

  #isAway(error: Away['error']): void {
    if (this.#away === null)
      this.#options.note(`the remote cannot be asked, so answers may be out of date: ${error.message}`);
    this.#away = { error, at: this.#options.now() };
  }
}

/** Limits the time that settings allow to what a call may still take. */
function withinCall<T extends { readonly timeout: number }>(settings: T, { leftMs }: Turn): T {
  return { ...settings, timeout: Math.min(leftMs(), settings.timeout) };
}
