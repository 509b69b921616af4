import { type Context, readConfigured } from '../app/open/configured.js';
import type { LocalSettings } from '../setup/config.js';
import type { FetchPolicy } from '../store/outbox/outcomes.js';

/** Longest use of the network by one call, in ms: clients give up after a minute. */
export const TALK_MS = 45_000;

/** Opens the repository and reads it for the first time. Throws KgitError. */
export type OpenRepositoryFirst = () => Promise<{ readonly context: Context; readonly local: LocalSettings }>;

/**
 * The repository of a server: it is opened by the first call, so that a client is answered at once and can show why it
 * cannot be opened; a later call tries again. Each call reads it anew.
 */
export class ServedRepository {
  readonly #open: OpenRepositoryFirst;
  readonly #policy: FetchPolicy | undefined;
  #opened: { readonly context: Context; readonly local: LocalSettings } | null = null;
  #turn: Promise<unknown> = Promise.resolve();

  /** @param policy whether calls fetch first; if undefined, when the last fetch is older than `read.maxAge` */
  constructor(open: OpenRepositoryFirst, policy: FetchPolicy | undefined) {
    this.#open = open;
    this.#policy = policy;
  }

  /**
   * Reads the repository as it is now, one call after another. Throws KgitError.
   * @param policy whether to fetch first, if not as every call does
   */
  read(policy = this.#policy): Promise<Context> {
    const read = this.#turn.then(() => this.#read(policy));
    this.#turn = read.catch(() => undefined);
    return read.then(withinCall);
  }

  async #read(policy: FetchPolicy | undefined): Promise<Context> {
    if (this.#opened === null) {
      this.#opened = await this.#open();
      return this.#opened.context;
    }
    const { context, local } = this.#opened;
    return readConfigured(context.opened, local, policy);
  }
}

/** Limits the time that the settings allow to what a call may take. */
function withinCall(context: Context): Context {
  const { settings } = context;
  return { ...context, settings: { ...settings, timeout: Math.min(TALK_MS, settings.timeout) } };
}
