import { ConflictError, KgitError } from '../../errors.js';
import type { Actor } from '../../model/operation/operation.js';
import { refuseTexts } from '../../model/secret/guard-secrets.js';
import { MARKER_FILE } from '../../model/subject/layout.js';
import type { StorePlace } from '../../store/port/abilities.js';
import type { Revision, StateStore, StateView } from '../../store/port/state-store.js';
import { withoutOutbox } from '../../store/publish/publish-errors.js';
import { checkVersion } from '../../store/read/records.js';

/** How often a layout is tried again after another writer has moved the branch. */
const LAYOUT_TRIES = 5;

/** What a state repository should hold. */
export interface Layout {
  readonly files: ReadonlyMap<string, string>;
  /** Adds what an existing marker file lacks; returns the same text if it lacks nothing. */
  readonly amendMarker: (text: string) => string;
  /** First line of the commit's message. */
  readonly subject: string;
}

/** Result of `layOut`: the revision that has every file, and the files that were added. */
export interface LaidOut {
  readonly revision: Revision;
  readonly added: readonly string[];
  /** How many times it tried to move the branch. */
  readonly attempts: number;
}

/** Returns the files of a layout that `view` lacks, except those that the user has at the place of the store. */
export async function missingFiles(
  view: Pick<StateView, 'read'>,
  hasFile: StorePlace['hasFile'],
  { files, amendMarker }: Layout,
): Promise<Map<string, string>> {
  const missing = new Map<string, string>();
  for (const [path, text] of files) {
    const there = await view.read(path);
    const isUsers = path !== MARKER_FILE && (await hasFile(path));
    if (there === null && !isUsers) missing.set(path, text);
    else if (there !== null && path === MARKER_FILE && amendMarker(there) !== there)
      missing.set(path, amendMarker(there));
  }
  return missing;
}

/** Rethrows an error of the remote with advice for `kgit init`. */
function toInitAgain(error: unknown): never {
  throw error instanceof KgitError ? withoutOutbox(error, 'kgit init') : error;
}

/** The store that is laid out, and its place. */
export interface LayoutTarget extends Pick<StorePlace, 'hasFile'> {
  readonly store: StateStore;
}

/** Author and time of the commit, and how long one exchange with a server may take. */
export interface LayoutStamp {
  readonly author: Actor;
  /** ms since the epoch */
  readonly time: number;
  readonly timeoutMs: number;
}

/**
 * Adds the files that a state repository lacks, in one commit. It touches nothing else, neither committed files nor
 * those of the user. Throws SecretError, InvalidStateError for a store that was upgraded or migrated, and the error of the swap if the commit cannot be published.
 */
export async function layOut(
  { store, hasFile }: LayoutTarget,
  layout: Layout,
  { author, time, timeoutMs }: LayoutStamp,
): Promise<LaidOut> {
  refuseTexts({ user: author.name, email: author.email });
  let unknown: KgitError | null = null;
  for (let attempt = 0; attempt < LAYOUT_TRIES; attempt++) {
    const { revision } = await store.refresh(timeoutMs).catch(toInitAgain);
    await checkVersion(store.view(revision), store.target);
    const missing = await missingFiles(store.view(revision), hasFile, layout);
    const isComplete = missing.size === 0 && revision !== null;
    if (isComplete && !store.isRemote) return { revision, added: [], attempts: attempt };
    const commit = { message: `${layout.subject}\n`, author, time, files: missing };
    // A complete layout may still be unpublished, if its remote was added later.
    const outcome = await store.swap(revision, isComplete ? [] : [commit], timeoutMs);
    if (outcome.kind === 'swapped') {
      const laid = (outcome.revisions[0] ?? revision) as Revision;
      return { revision: laid, added: [...missing.keys()], attempts: isComplete ? attempt : attempt + 1 };
    }
    // The next look shows whether a push without an answer landed.
    unknown = outcome.kind === 'unknown' ? outcome.error : null;
    if (unknown === null && outcome.kind !== 'busy' && 'error' in outcome) toInitAgain(outcome.error);
  }
  if (unknown !== null) toInitAgain(unknown);
  throw new ConflictError('the branch moved again and again while it was laid out', {
    suggestions: ['Run kgit init again'],
  });
}
