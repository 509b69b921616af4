/** What a campaign records: every call of kgit, its times, and its answer. */

/** Content of a register: a text, or nothing. */
export type Held = string | null;

/** What a call was asked to do. */
export type Step =
  | { readonly kind: 'event'; readonly lock?: string }
  | {
      readonly kind: 'set';
      readonly path: string;
      readonly value: string;
      /** The expected content; omitted if there is no condition. */
      readonly expected?: Held;
      readonly lock?: string;
    }
  | { readonly kind: 'unset'; readonly path: string; readonly lock?: string }
  /** A read of a register, with a fetch; it must not disturb writers. */
  | { readonly kind: 'look'; readonly at: string; readonly lock?: never }
  | { readonly kind: 'lock'; readonly lock: string }
  | { readonly kind: 'unlock'; readonly lock: string }
  /** Ends anybody's lease. */
  | { readonly kind: 'break'; readonly lock: string };

/** The parts of kgit's JSON answer that the checker uses. */
export interface Answer {
  readonly id?: string;
  readonly delivery?: 'published' | 'queued' | 'unchanged';
  readonly token?: number;
  /** For a lease that was ended. */
  readonly broke?: { readonly audit: { readonly event: string } | null } | null;
  readonly error?: {
    readonly code: string;
    readonly message?: string;
    readonly data?: {
      readonly path?: string;
      readonly expected?: unknown;
      readonly actual?: unknown;
      readonly kept?: boolean;
      readonly outcome?: string;
    };
  };
}

/** One call of kgit. */
export interface Call {
  /** Also the `run_id` of its event, which identifies it on the branch. */
  readonly id: string;
  readonly clone: number;
  readonly step: Step;
  /** ms on one clock for all calls. */
  readonly began: number;
  readonly ended: number;
  /** Exit code; null if it was killed. */
  readonly code: number | null;
  /** Null if it was killed before it answered. */
  readonly answer: Answer | null;
}

/** Whether the caller was told that the write is done or will be done. */
export function isAcknowledged({ code, answer }: Call): boolean {
  return code === 0 && (answer?.delivery === 'published' || answer?.delivery === 'queued');
}

/** Whether the outcome is unknown: the call was killed, or said so. */
export function isUnknown({ code, answer }: Call): boolean {
  return code === null || answer === null || answer.error?.data?.outcome === 'unknown';
}

/** Whether the call may have found nothing to remove and so left no event. The registers prove it. */
export function mayFindNothing({ step, answer }: Call): boolean {
  return step.kind === 'unset' && answer?.delivery === 'queued';
}

/** Whether the call writes an event. */
export function isWrite({ step }: Call): boolean {
  return step.kind === 'event' || step.kind === 'set' || step.kind === 'unset';
}

/** An event on the branch, in the order of publishing. */
export interface PublishedEvent {
  readonly revision: string;
  readonly path: string;
  readonly id: string;
  readonly subject: string;
  readonly runId: string | null;
  readonly changes: readonly { readonly path: string; readonly before?: unknown; readonly after?: unknown }[];
  /** Token of the lease whose end it reports. */
  readonly ended?: number;
}

/** One commit of a lock's chain. */
export interface ChainStep {
  readonly action: string;
  readonly token: number;
}

/** What one commit of the branch did. */
export interface PublishedCommit {
  readonly revision: string;
  /** The operation that it names (`Kgit-Op`); null for a commit not made by kgit. */
  readonly operation: string | null;
  /** Whether it changes no file. */
  readonly isEmpty: boolean;
  /** Seconds since the epoch. */
  readonly committed: number;
  readonly events: readonly PublishedEvent[];
  /** State documents that it wrote, by deployment. */
  readonly states: ReadonlyMap<string, unknown>;
  /** Event files that it changed or removed; there must be none. */
  readonly rewritten: readonly string[];
}

/** Everything that the checker uses. */
export interface History {
  readonly calls: readonly Call[];
  /** Oldest first. */
  readonly commits: readonly PublishedCommit[];
  /** Run ids of what still waits in an outbox of any clone. */
  readonly waiting: readonly string[];
  /** The chains of the locks by name, oldest commit first. */
  readonly chains: ReadonlyMap<string, readonly ChainStep[]>;
}
