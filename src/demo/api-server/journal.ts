import type { KubeObject } from './objects.js';

export type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** One change of an object, as a watch tells it. */
export interface Change {
  readonly version: number;
  readonly type: ChangeType;
  readonly object: KubeObject;
  /** The object before it; null where there was none. */
  readonly before: KubeObject | null;
}

/**
 * What happens to a watch beside changes: `end` ends it in order, `goaway` announces that its connection will close, as
 * a server that stops does, and `cut` breaks the connection in the middle of a line.
 */
export type Signal = 'bookmark' | 'end' | 'goaway' | 'cut';

/** The changes since the server began, by version, as etcd keeps them. */
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

  /** Notes a change, and tells all open watches; gives the object with its new version. */
  note(type: ChangeType, object: KubeObject, before: KubeObject | null): KubeObject {
    this.version += 1;
    const metadata = { ...object.metadata, resourceVersion: String(this.version) };
    const change: Change = { version: this.version, type, object: { ...object, metadata }, before };
    this.#changes.push(change);
    for (const listener of this.#listeners) listener(change);
    return change.object;
  }

  /** Forgets the changes until now, as etcd's compaction does: a watch from before gets 410. */
  compact(): void {
    this.version += 1;
    this.#oldest = this.version;
    this.#changes = [];
  }

  /** Tells all open watches. */
  tell(signal: Signal): void {
    for (const listener of [...this.#listeners]) listener(signal);
  }

  /** The changes after `version`, or null where they are forgotten. */
  since(version: number): readonly Change[] | null {
    if (version < this.#oldest) return null;
    return this.#changes.filter((change) => change.version > version);
  }

  /** Has `listener` told of what comes; gives what ends that. */
  listen(listener: (news: Change | Signal) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
