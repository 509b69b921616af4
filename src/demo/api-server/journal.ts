import type { KubeObject } from './objects.js';

export type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** One change of an object, as a watch reports it. */
export interface Change {
  readonly version: number;
  readonly type: ChangeType;
  readonly object: KubeObject;
  /** The object before the change; null if it is new. */
  readonly before: KubeObject | null;
}

/**
 * What happens to a watch besides changes: `end` ends it normally, `goaway` announces that its connection will close,
 * as a stopping server does, and `cut` breaks the connection in the middle of a line.
 */
export type Signal = 'bookmark' | 'end' | 'goaway' | 'cut';

/** The changes since the server started, by version, as etcd keeps them. */
export class Journal {
  version = 480_000;
  #oldest = 0;
  #changes: Change[] = [];
  readonly #listeners = new Set<(news: Change | Signal) => void>();

  /** How many watches are open. */
  get watches(): number {
    return this.#listeners.size;
  }

  /** The oldest version from which a watch may begin. */
  get oldest(): number {
    return this.#oldest;
  }

  /** Records a change and notifies all open watches; returns the object with its new version. */
  note(type: ChangeType, object: KubeObject, before: KubeObject | null): KubeObject {
    this.version += 1;
    const metadata = { ...object.metadata, resourceVersion: String(this.version) };
    const change: Change = { version: this.version, type, object: { ...object, metadata }, before };
    this.#changes.push(change);
    for (const listener of this.#listeners) listener(change);
    return change.object;
  }

  /** Forgets all changes so far, as etcd's compaction does: a watch from an earlier version gets a 410. */
  compact(): void {
    this.version += 1;
    this.#oldest = this.version;
    this.#changes = [];
  }

  /** Notifies all open watches. */
  tell(signal: Signal): void {
    for (const listener of [...this.#listeners]) listener(signal);
  }

  /** The changes after `version`; null if they are forgotten. */
  since(version: number): readonly Change[] | null {
    if (version < this.#oldest) return null;
    return this.#changes.filter((change) => change.version > version);
  }

  /** Calls `listener` for all changes and signals to come; returns a function that stops that. */
  listen(listener: (news: Change | Signal) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
