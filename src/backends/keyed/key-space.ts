import type { KgitError, RefusedError, RemoteError } from '../../errors.js';

/** A value, and what the server compares to know whether it changed (mod revision, index, row version, SHA-1). */
export interface Stamped {
  readonly value: string;
  readonly version: string;
}

/** A key and its new value; null deletes it. */
export interface Put {
  readonly key: string;
  readonly value: string | null;
}

/** What one write costs, or may cost at most. */
export interface Cost {
  /** Operations of a transaction: keys, and whatever else the server counts. */
  readonly ops: number;
  /** Bytes of the request as sent. */
  readonly bytes: number;
}

/** Keys right below a folder, by their names there. */
export interface Span {
  /** Ends with `/`. */
  readonly folder: string;
  /** First name, inclusive; '' for the first of all. */
  readonly from: string;
  /** Last name, exclusive. */
  readonly to: string;
  readonly limit: number;
  /** From the last name to the first. */
  readonly reverse?: boolean | undefined;
}

export interface Write {
  /** The version that each of these keys must have; null if there must be no such key. */
  readonly expect: ReadonlyMap<string, string | null>;
  /** Each key at most once. Keys that are deleted need not exist. */
  readonly puts: readonly Put[];
  /** Keys of `puts` whose new versions the caller needs. */
  readonly tell?: readonly string[] | undefined;
}

/** How a write that did not happen ended, or may have. */
export type WriteFailure =
  | { readonly kind: 'unreachable' | 'denied'; readonly error: RemoteError }
  /** The server refuses for good: no memory, no space, too large. */
  | { readonly kind: 'refused'; readonly error: RefusedError }
  /** The connection broke after the request was sent; it may have been carried out. */
  | { readonly kind: 'unknown'; readonly error: KgitError };

export type Written =
  /** `versions` has those of the keys of `tell`. */
  | { readonly kind: 'done'; readonly versions: ReadonlyMap<string, string> }
  /** These keys do not have the expected version. Nothing was written. */
  | { readonly kind: 'stale'; readonly keys: readonly string[] }
  | WriteFailure;

/** A commit that only adds files, so that its record can be completed where it is put. */
export interface AppendedCommit {
  /** As `revisionAfter` takes it. */
  readonly digest: string;
  /** Text of the record from the author on. */
  readonly rest: string;
  /** The files. */
  readonly puts: readonly Put[];
}

/** Commits for whatever head there is. */
export interface Append {
  /** The record of the revision that they were planned on, and how it begins if the store still has it. */
  readonly base: { readonly key: string; readonly beginning: string };
  /** The values that these keys must have; null if there must be no such key. */
  readonly expect: ReadonlyMap<string, string | null>;
  /** How no key may begin: a folder, and the beginning of a name there. */
  readonly free: readonly string[];
  /** At least one. */
  readonly commits: readonly AppendedCommit[];
  /** ms since the epoch. */
  readonly now: number;
}

export type AppendOutcome =
  | {
      readonly kind: 'done';
      /** The new value of the key `head`, and its version. */
      readonly head: Stamped;
      /** One for each commit. */
      readonly revisions: readonly string[];
    }
  /** There is no head, a large write is in progress, or something is not as it must be. Nothing was written. */
  | { readonly kind: 'stale' }
  | WriteFailure;

/** The head as it was seen, for `changed`. */
export interface SeenHead {
  /** Number of its revision; 0 if nothing was ever published. */
  readonly seq: number;
  /** Version of the key `head`; null if there was none. */
  readonly version: string | null;
}

/**
 * Ordered keys with text values that change in transactions: what a `KeyedStore` needs of a server, a database or a
 * folder. Keys are relative to the store (`head`, `rev/000000001042`, `tip/kgit.yaml`); each key space adds its own
 * prefix. A key is one or more names separated by `/`; a name is not empty, not `.` or `..`, and has any characters but
 * NUL and lone surrogates. No key is also the folder of another. Values are any text without lone surrogates.
 * `test/support/key-space-contract.ts` says what each method must do.
 *
 * Reads throw RemoteError (unreachable, denied), or EnvironmentError where this machine is at fault. `timeoutMs` bounds
 * a whole call.
 */
export interface KeySpace {
  /** Names the store, for users and in the outbox; no secret in it. */
  readonly target: string;
  /** The most that one write may cost. */
  readonly limits: Cost;
  /** What these puts cost, with everything that this key space sends along for them. Comparisons are not counted. */
  cost(puts: readonly Put[]): Cost;
  /** The values of at most `limits.ops` keys at one moment; null where there is none. */
  get(keys: readonly string[], timeoutMs: number): Promise<(Stamped | null)[]>;
  /**
   * Names right below a folder, in any order; those of folders end with `/`. Empty if there is no such folder.
   * @param folder ends with `/`
   * @param prefix names begin with it
   */
  names(folder: string, prefix: string, timeoutMs: number): Promise<string[]>;
  /** Keys (whole) and values right below a folder, ordered by the bytes of their names in UTF-8. */
  range(span: Span, timeoutMs: number): Promise<[key: string, value: string][]>;
  /** Changes all keys of `puts`, or none. */
  write(write: Write, timeoutMs: number): Promise<Written>;
  /**
   * Puts commits on top of the head that is there, exactly as `appendTo` does, and moves the head. Absent where a server
   * cannot compute; then they are compared with the head that was read.
   */
  append?(append: Append, timeoutMs: number): Promise<AppendOutcome>;
  /**
   * Resolves once the key `head` may have changed since it was seen, or after some time, or when `signal` aborts. A
   * hint: callers read again, and ask again. Throws as reads do.
   */
  changed(after: SeenHead, signal: AbortSignal): Promise<void>;
  /** Ends connections. */
  close(): Promise<void>;
}
