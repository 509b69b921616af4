import type { Value } from '../value/value.js';
import { parseSealedSecret } from './secret-document.js';
import { pathOfSecretFile } from './secret-name.js';

/** Who set or removed a secret on one side of a merge, and when. */
export interface SecretSide {
  readonly user: string;
  /** RFC 3339. */
  readonly timestamp: string;
  readonly removed?: true;
}

/** A secret that both sides of a merge changed; null for a side of which nobody is known. */
export interface SecretConflict {
  readonly path: string;
  readonly ours: SecretSide | null;
  readonly theirs: SecretSide | null;
}

/** The path of a secret by the name of its file, else by its document. Throws InvalidStateError. */
export function pathOfSecret(file: string, document: string): string {
  return pathOfSecretFile(file.slice(file.lastIndexOf('/') + 1)) ?? parseSealedSecret(document, file).path;
}

/** What one side did to a secret, as words: `ada set it at 2026-…`. */
export function secretSideText(side: SecretSide | null): string {
  if (side === null) return 'somebody changed it';
  return `${side.user} ${side.removed ? 'removed' : 'set'} it at ${side.timestamp}`;
}

/** A conflict for scripts: `{"secret": true}` with who and when in the place of each value. */
export function shownSecretConflict({ path, ours, theirs }: SecretConflict): {
  readonly path: string;
  readonly ours?: Value;
  readonly theirs?: Value;
} {
  return { path, ...shownSide('ours', ours), ...shownSide('theirs', theirs) };
}

function shownSide(name: 'ours' | 'theirs', side: SecretSide | null): { readonly [side: string]: Value } {
  if (side === null) return { [name]: { secret: true } };
  const { user, timestamp, removed } = side;
  return { [name]: { ...(removed ? { removed } : { secret: true }), user, timestamp } };
}
