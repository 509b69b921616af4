/**
 * Every failure that kgit reports on purpose: one class per failure, one exit-code table.
 * The table is the contract with scripts; codes are only ever added.
 */

/** Exit code of each error code, as `kgit COMMAND --help` and the README list them. */
export const EXIT_CODES = {
  INTERNAL: 1,
  USAGE: 2,
  FINDINGS: 3,
  NO_REPO: 10,
  LOCK_HELD: 11,
  CONFLICT: 12,
  FENCED: 13,
  INVALID_STATE: 14,
  NOT_FOUND: 15,
  REMOTE: 16,
  CLUSTER: 17,
  ENVIRONMENT: 18,
  SECRET: 19,
  REFUSED: 20,
  INTERRUPTED: 130,
} as const;

export type ErrorCode = keyof typeof EXIT_CODES;

/** What each code means, one line, for help texts and the README. */
export const EXIT_MEANINGS: Record<ErrorCode, string> = {
  INTERNAL: 'a bug in kgit',
  USAGE: 'bad flag, argument or input',
  FINDINGS: 'a check found something',
  NO_REPO: 'not a state repository',
  LOCK_HELD: "someone else's live lease",
  CONFLICT: 'a precondition does not hold, or an id is taken by other content',
  FENCED: 'the lease was taken over',
  INVALID_STATE: 'a file is not valid YAML or breaks its schema',
  NOT_FOUND: 'no such path, subject or revision',
  REMOTE: 'authentication, unknown repository, or network where publishing was required',
  CLUSTER: 'kubectl missing, cluster unreachable, access denied, no k0rdent',
  ENVIRONMENT: 'git missing or too old, disk full, read-only',
  SECRET: 'a value looks secret',
  REFUSED: 'branch protection, hook, no write access',
  INTERRUPTED: 'interrupted',
};

export interface ErrorDetails {
  /** What the user can do next, one imperative sentence each. */
  suggestions?: readonly string[];
  /** Structured facts for scripts; never a secret. */
  data?: Readonly<Record<string, unknown>>;
  cause?: unknown;
}

/** The JSON form of an error, as `-o json` prints it under `error`. */
export interface ErrorJson {
  code: ErrorCode;
  message: string;
  exitCode: number;
  suggestions: readonly string[];
  data: Readonly<Record<string, unknown>>;
}

/** Base of all reported failures. Subclasses fix the code; messages say what is wrong, suggestions what to do. */
export abstract class KgitError extends Error {
  abstract readonly code: ErrorCode;
  readonly suggestions: readonly string[];
  readonly data: Readonly<Record<string, unknown>>;

  constructor(message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.suggestions = details.suggestions ?? [];
    this.data = details.data ?? {};
  }

  get exitCode(): number {
    return EXIT_CODES[this.code];
  }

  /** What exactly failed, as one word for scripts: `timeout`; null if the error names nothing. */
  get causeWord(): string | null {
    const { cause } = this.data;
    return typeof cause === 'string' ? cause : null;
  }

  toJSON(): ErrorJson {
    return {
      code: this.code,
      message: this.message,
      exitCode: this.exitCode,
      suggestions: this.suggestions,
      data: this.data,
    };
  }
}

/** An invariant of kgit's own code is broken. */
export class InternalError extends KgitError {
  readonly code = 'INTERNAL';
}
/** The command line or its input is wrong. */
export class UsageError extends KgitError {
  readonly code = 'USAGE';
}
/** A check ran and found something. */
export class FindingsError extends KgitError {
  readonly code = 'FINDINGS';
}
/** No state repository where one is needed. */
export class NoRepositoryError extends KgitError {
  readonly code = 'NO_REPO';
}
/** Another holder has the lease. */
export class LockHeldError extends KgitError {
  readonly code = 'LOCK_HELD';
}
/** A precondition does not hold; `data` has what was expected and what is there. */
export class ConflictError extends KgitError {
  readonly code = 'CONFLICT';
}
/** The lease was taken over by another holder. */
export class FencedError extends KgitError {
  readonly code = 'FENCED';
}
/** A file of the repository is not what its place says; `data` has path, line, column. */
export class InvalidStateError extends KgitError {
  readonly code = 'INVALID_STATE';
}
/** What was asked for does not exist. */
export class NotFoundError extends KgitError {
  readonly code = 'NOT_FOUND';
}
/** The remote repository cannot be reached or does not let us in. */
export class RemoteError extends KgitError {
  readonly code = 'REMOTE';

  /** Whether it does not let us in, or does not know the repository: trying again later does not help. */
  get isDenied(): boolean {
    return this.data['remote'] === 'denied';
  }
}
/** Live status cannot be had. */
export class ClusterError extends KgitError {
  readonly code = 'CLUSTER';
}
/** This machine lacks something: git, disk space, write permission. */
export class EnvironmentError extends KgitError {
  readonly code = 'ENVIRONMENT';
}
/** A value to be written looks secret; the value itself is never in the message. */
export class SecretError extends KgitError {
  readonly code = 'SECRET';
}
/** The remote understood the write and refuses it for good. */
export class RefusedError extends KgitError {
  readonly code = 'REFUSED';

  /** Whether it was a branch that refused it, so that the same write can be proposed. */
  get isProposable(): boolean {
    return this.data['branch'] !== undefined;
  }

  /** Id of the refused operation if the outbox keeps it, else null. */
  get keptOperation(): string | null {
    const { operation, kept } = this.data;
    return kept === true && typeof operation === 'string' ? operation : null;
  }
}
/** The user or a signal ended the command. */
export class InterruptedError extends KgitError {
  readonly code = 'INTERRUPTED';
}

/** Every error class by its code: for restoring an error that another process wrote down. */
export const ERROR_CLASSES: Record<ErrorCode, new (message: string, details?: ErrorDetails) => KgitError> = {
  INTERNAL: InternalError,
  USAGE: UsageError,
  FINDINGS: FindingsError,
  NO_REPO: NoRepositoryError,
  LOCK_HELD: LockHeldError,
  CONFLICT: ConflictError,
  FENCED: FencedError,
  INVALID_STATE: InvalidStateError,
  NOT_FOUND: NotFoundError,
  REMOTE: RemoteError,
  CLUSTER: ClusterError,
  ENVIRONMENT: EnvironmentError,
  SECRET: SecretError,
  REFUSED: RefusedError,
  INTERRUPTED: InterruptedError,
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The JSON form of an error, read from a file that may be damaged; null where it holds none. */
export function readErrorJson(json: unknown): ErrorJson | null {
  if (!isRecord(json)) return null;
  const { code, message, suggestions, data } = json;
  if (typeof code !== 'string' || !Object.hasOwn(EXIT_CODES, code) || typeof message !== 'string')
    return null;
  if (!Array.isArray(suggestions) || !suggestions.every((each) => typeof each === 'string')) return null;
  if (!isRecord(data)) return null;
  const known = code as ErrorCode;
  return { code: known, message, exitCode: EXIT_CODES[known], suggestions, data };
}

/** The error that `json` describes, as its own class again. */
export function errorFromJson(json: ErrorJson): KgitError {
  const Class = ERROR_CLASSES[json.code] ?? InternalError;
  return new Class(json.message, { suggestions: json.suggestions, data: json.data });
}
