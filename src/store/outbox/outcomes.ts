/** What reading, writing and publishing a state repository answer. */
import type { EnvironmentError, KgitError, RemoteError } from '../../errors.js';
import type { Change } from '../../model/event/event.js';
import type { Operation } from '../../model/operation/operation.js';
import type { Sealing } from '../plan/seal-months.js';
import type { Head, Revision } from '../port/state-store.js';
import type { OverlayView } from '../read/overlay-view.js';
import type { OutboxEntry } from './outbox.js';

/** When a read asks the remote first. */
export type FetchPolicy =
  /** Whatever it takes; a remote that does not answer is an error. */
  | 'always'
  /** Whatever it takes; a remote that does not answer makes the answer stale. */
  | 'try'
  | 'never'
  /** When the last fetch is older than this many ms, and for a moment only. */
  | { readonly olderThan: number };

/** The repository as a reader sees it: the head, with the operations that wait applied to it. */
export interface Reading {
  readonly revision: Revision | null;
  readonly fetchedAt: number | null;
  readonly pending: readonly Operation[];
  readonly view: OverlayView;
  /** Why the remote was not asked, where it should have been. */
  readonly staleness: RemoteError | EnvironmentError | null;
}

export interface WriteOptions {
  /** Durable, no network: it is published later. */
  readonly queue: boolean;
  /** Fail rather than leave it queued. */
  readonly requirePublish: boolean;
  readonly dryRun: boolean;
  /** Take it back rather than keep it when it cannot be published now: nobody would check its condition. */
  readonly withdraw: boolean;
  /** ms since the epoch. */
  readonly deadline: number;
  /** How long it waits for others to go along with it, in ms. */
  readonly interval?: number;
}

/** Where a write was proposed. */
export interface ProposalPlace {
  readonly branch: string;
  /** The tip of that branch. */
  readonly revision: Revision;
  /** The page of the request to merge, or, where kgit could not open one, the page to open it at; null where neither is known. */
  readonly url: string | null;
  /** Of the request to merge; null where there is none yet. */
  readonly number: number | null;
  /** What the request to merge is to say, for a person to open it; left out where kgit opened or amended it. */
  readonly request?: { readonly title: string; readonly body: string };
}

/** How a write ended, when it did not fail. */
export interface WriteOutcome {
  readonly operation: string;
  /** Null until it is published. */
  readonly revision: Revision | null;
  readonly delivery: 'published' | 'queued' | 'proposed' | 'unchanged' | 'dry-run';
  readonly attempts: number;
  readonly changes: readonly Change[];
  /** Ids of its events that were there already. */
  readonly duplicates: readonly string[];
  /** Where it was proposed, where it was. */
  readonly proposal?: ProposalPlace;
  /** Of a compact: what it sealed, once that is known. */
  readonly sealing?: Sealing;
  /** What the user should know, such as why it was queued. */
  readonly notes: readonly string[];
}

export interface SyncReport {
  readonly published: readonly string[];
  readonly rejected: readonly { readonly id: string; readonly error: KgitError }[];
  readonly pending: readonly OutboxEntry[];
  readonly head: Head;
  /** How many revisions the checkout is behind, where something is in its way. */
  readonly behind: number;
  readonly notes: readonly string[];
  /** Why not all was published, where something waits still. */
  readonly error: KgitError | null;
}

/** The outcome of an operation that is kept and not published. */
export function waiting(operation: string): WriteOutcome & { delivery: 'queued' } {
  return {
    operation,
    revision: null,
    delivery: 'queued',
    attempts: 0,
    changes: [],
    duplicates: [],
    notes: [],
  };
}
