/** What the server learns, in the order in which it learned it: source of the stream and of notifications. */

/** A change of the state repository, as `kgit watch --json` prints it. */
export interface ChangeNews {
  readonly kind: 'change';
  /** A WatchResult: secrets are masked. */
  readonly document: ChangeDocument;
}

/** A change of the state of a live cluster, as `kgit status --watch -o jsonl` prints it. */
export interface TransitionNews {
  readonly kind: 'transition';
  readonly document: TransitionDocument;
}

/** A divergence between record and cluster that was found, or is no longer there. */
export interface DivergenceNews {
  readonly kind: 'divergence';
  readonly document: DivergenceDocument;
}

/** Writes that wait in this machine's outbox for too long, or no longer do. */
export interface OutboxNews {
  readonly kind: 'outbox';
  readonly document: OutboxDocument;
}

/** A rewrite of the shared history, as by a force-push: what follows is not built on what was told before. */
export interface RepositoryNews {
  readonly kind: 'repository';
  readonly document: RepositoryDocument;
}

/** News that has no place in the journal yet. */
export type News = ChangeNews | TransitionNews | DivergenceNews | OutboxNews | RepositoryNews;

/** The kinds of news. */
export const NEWS_KINDS = [
  'change',
  'transition',
  'divergence',
  'outbox',
  'repository',
] as const satisfies readonly News['kind'][];

/** News in its place in the journal. */
export type NewsItem = News & {
  /** `JOURNAL-NUMBER`: numbers of one journal grow by one. The id of server-sent events. */
  readonly id: string;
  /** When the server learned it, in ms since the epoch. */
  readonly time: number;
};

/** An event of a change; `subject` in the form of `formatSubject`. */
export interface EventDocument {
  readonly id: string;
  readonly timestamp: string;
  readonly action: string;
  readonly subject: string;
  readonly outcome?: string;
  readonly user?: string;
  readonly [field: string]: unknown;
}

export interface ChangeDocument {
  readonly revision: string;
  readonly parent: string | null;
  readonly timestamp: string;
  readonly author: string;
  readonly title: string;
  readonly events: readonly EventDocument[];
  readonly changes: readonly {
    readonly subject: string;
    readonly path: string;
    readonly [field: string]: unknown;
  }[];
  readonly files: readonly string[];
  /** Set if events, changes or files were left out, or values in them, because the document would be too large. */
  readonly truncated?: true;
}

export interface TransitionDocument {
  /** `missed`: it happened while the server was not watching. */
  readonly type: 'changed' | 'missed';
  readonly management: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string | null;
  /** Null: the cluster was not there. */
  readonly from: string | null;
  /** Null: the cluster is gone. */
  readonly to: string | null;
  readonly at: string;
  /** How `at` is known. */
  readonly dated: string;
  readonly cause: string | null;
  readonly observedAt: string;
}

export interface DivergenceDocument {
  readonly type: 'found' | 'resolved';
  /** `untracked`, `vanished`, `lingering`, `drifted` or `template-changed`. */
  readonly divergence: string;
  readonly management: string;
  readonly namespace: string | null;
  readonly name: string | null;
  readonly detail: string;
  readonly path?: string;
  readonly observedAt: string;
}

export interface OutboxDocument {
  readonly type: 'stuck' | 'published';
  readonly waiting: number;
  /** When the oldest waiting write was made; null if none waits. */
  readonly oldest: string | null;
  readonly observedAt: string;
}

export interface RepositoryDocument {
  readonly type: 'rewritten';
  /** The last revision that was told, which is not in the store any more. */
  readonly from: string;
  /** Where the server goes on; null if the store is empty. */
  readonly to: string | null;
  readonly observedAt: string;
}
