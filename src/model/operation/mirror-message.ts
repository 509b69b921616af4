import { withTrailers } from './origin-trailer.js';

/** The store that a mirror copies, and the revision there that a commit of the mirror is a copy of. */
export interface MirroredRevision {
  /** The store, as its driver names it. */
  readonly store: string;
  readonly revision: string;
}

/** The last lines of the message of every commit of a mirror. */
const MARK = /(?:^|\n)Kgit-Revision: (\S{1,200})\nKgit-Mirror-Of: ([^\n]{1,1000})\n*$/;

/** The line that names the revision of the store, or its beginning. */
export const mirroredLine = (revision: string): string => `Kgit-Revision: ${revision}`;

/** The message of a commit of a mirror: that of the revision with two more trailers. */
export function mirrorMessage(message: string, { store, revision }: MirroredRevision): string {
  return withTrailers(message, mirroredLine(revision), `Kgit-Mirror-Of: ${store}`);
}

/** Reads what `mirrorMessage` added; null for the message of any other commit. */
export function mirroredRevision(message: string): MirroredRevision | null {
  const [, revision, store] = MARK.exec(message) ?? [];
  return revision === undefined || store === undefined ? null : { store, revision };
}
