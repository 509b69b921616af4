import { wentBack } from '../../store/port/shared-history.js';
import type { Revision, RevisionChange } from '../../store/port/state-store.js';
import type { KeyReader, StampedHead } from './key-reader.js';
import type { KeySpace } from './key-space.js';
import type { KeyedView } from './keyed-view.js';
import { revisionKey } from './layout.js';
import { parseRecord, seqOf } from './records.js';

/** How often the head is read although nothing hints at a change, in ms. */
const READ_MS = 5_000;

/** Waits for changes of the head of a key space, one after another. */
class HeadWatch {
  readonly #space: Pick<KeySpace, 'changed'>;
  readonly #stop = new AbortController();
  /** The hint that is waited for; it gives what it threw. */
  #hint: Promise<readonly unknown[]> | null = null;

  constructor(space: Pick<KeySpace, 'changed'>) {
    this.#space = space;
  }

  /**
   * Resolves when the head may have changed since it was seen, after 5 seconds, or at the end of the watch. Throws as the
   * reads of the key space do.
   */
  async next(seen: StampedHead | null): Promise<void> {
    const head = { seq: seen?.seq ?? 0, version: seen?.version ?? null };
    // A hint that was asked for before goes on, so that one connection serves for long.
    this.#hint ??= this.#space.changed(head, this.#stop.signal).then(
      () => [],
      (error: unknown) => [error],
    );
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(resolve, READ_MS, null);
    });
    const failed = await Promise.race([this.#hint, late]);
    clearTimeout(timer);
    if (failed === null) return;
    this.#hint = null;
    if (failed.length > 0) throw failed[0];
  }

  end(): void {
    this.#stop.abort();
  }
}

/**
 * Yields the records behind a revision, in pages, then new ones until `signal` aborts. The records are without gaps; what
 * a server notices only says when to read them. Throws RemoteError, and `wentBack`.
 */
export async function* keyedChanges(
  space: Pick<KeySpace, 'changed'>,
  reader: KeyReader,
  viewOf: (revision: Revision) => KeyedView,
  after: Revision | null,
  signal: AbortSignal,
): AsyncGenerator<RevisionChange> {
  const watch = new HeadWatch(space);
  const end = () => watch.end();
  signal.addEventListener('abort', end);
  try {
    for (let at = after; !signal.aborted; ) {
      const head = await headBehind(reader, at);
      if (head && head.revision !== at)
        for await (const record of reader.records((seqOf(at ?? '') ?? 0) + 1, head.seq)) {
          if (signal.aborted) return;
          if (record.parent !== at) throw wentBack(at ?? record.revision);
          at = record.revision;
          const { revision } = record;
          yield { ...record, read: (paths) => viewOf(revision).readWritten(paths) };
        }
      await watch.next(head);
    }
  } finally {
    signal.removeEventListener('abort', end);
    end();
  }
}

/** Asks for the head. Throws `wentBack` if the revision `at` does not lead there. */
async function headBehind(reader: KeyReader, at: Revision | null): Promise<StampedHead | null> {
  if (at === null) return reader.head();
  const key = revisionKey(seqOf(at) ?? 0);
  const { head, values } = await reader.get([key]);
  if (values[0] == null || parseRecord(key, values[0]).revision !== at) throw wentBack(at);
  return head;
}
