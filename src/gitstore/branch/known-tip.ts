import { join } from 'node:path';
import { readFile } from '../../platform/small-files.js';
import { orIfGone, privateFolder, replaceWhole } from '../../store/local/durable-files.js';
import type { Revision } from '../../store/port/state-store.js';
import type { Graph } from '../history/graph.js';
import type { Remote } from './git-remote.js';
import type { RefStore } from './refs.js';

const REVISION = /^[0-9a-f]{40}$/;

/**
 * The last known tip of a URL's branch, stored beside the outbox and outside the clone that kgit keeps: that clone may
 * be deleted or replaced while operations that were made for its history wait.
 */
export class KnownTip {
  readonly #folder: string;
  readonly #file: string;

  /** @param folder the folder of the outbox */
  constructor(folder: string) {
    this.#folder = folder;
    this.#file = join(folder, 'known');
  }

  /** The recorded tip; null if there is none. */
  async read(): Promise<Revision | null> {
    const text = (await orIfGone(readFile(this.#file, 'utf8'), '')).trim();
    return REVISION.test(text) ? text : null;
  }

  /** Records a tip. Throws EnvironmentError. */
  async note(tip: Revision): Promise<void> {
    await privateFolder(this.#folder);
    await replaceWhole(this.#file, `${tip}\n`);
  }
}

/** A tip that was known before a clone was made and that the remote no longer has. */
export interface LostTip {
  readonly tip: Revision;
  /** Whether operations that were made for it wait. */
  readonly hasWaiting: boolean;
}

/** What works on a new clone. */
export interface ClonedParts {
  readonly refs: Pick<RefStore, 'read'>;
  readonly graph: Pick<Graph, 'isAncestor'>;
  readonly remote: Pick<Remote, 'fetch'>;
}

export interface NewClone {
  readonly branch: string;
  /** The folder of the outbox. */
  readonly folder: string;
  /** Whether the clone has the tip alone. */
  readonly isTipOnly: boolean;
  readonly timeoutMs: number;
  /** Whether operations wait, and whether published ones are kept. */
  readonly holds: () => Promise<readonly [waiting: boolean, published: boolean]>;
}

/**
 * Sets a new clone back to the tip that was known before, if operations wait or were published lately, so that it sees
 * a rewrite as the old clone would have.
 * @returns the known tip if the remote no longer has it, else null
 */
export async function recallTip(
  { refs, graph, remote }: ClonedParts,
  { branch, folder, isTipOnly, timeoutMs, holds }: NewClone,
): Promise<LostTip | null> {
  const trackingRef = `refs/kgit/remote/${branch}`;
  const known = await new KnownTip(folder).read();
  const tracked = (await refs.read([trackingRef])).get(trackingRef);
  if (!known || !tracked || tracked === known) return null;
  const [hasWaiting, hasPublished] = await holds();
  if (!(hasWaiting || hasPublished) || (await graph.isAncestor(known, tracked))) return null;
  const refspec = `+${known}:${trackingRef}`;
  const { code } = await remote.fetch([refspec], { timeoutMs, ...(isTipOnly ? { depth: 'tip' } : {}) });
  return code === 0 ? null : { tip: known, hasWaiting };
}
