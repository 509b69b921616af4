/** Edits that `kgit init` makes in the text of a kgit.yaml. */

import type { LockPlace } from '../../model/lease/lock-place.js';
import { editState, parseState } from '../../model/state/state-document.js';
import { MARKER_FILE } from '../../model/subject/layout.js';
import { DEFAULT_MANAGEMENT } from '../../model/subject/subject.js';
import { managementsOf } from '../../store/read/records.js';

/** Adds the management cluster to those that a marker lists. */
export function listingManagement(marker: string, name: string | undefined): string {
  if (name === undefined || managementsOf(parseState(marker, MARKER_FILE)).has(name)) return marker;
  return editState(marker, [{ op: 'set', path: ['managements', name], value: {} }], MARKER_FILE);
}

/** Makes the marker of a new repository list this management cluster alone. */
export function withManagement(marker: string, name: string | undefined): string {
  if (name === undefined || name === DEFAULT_MANAGEMENT) return marker;
  const edits = [
    { op: 'set' as const, path: ['managements', name], value: {} },
    { op: 'unset' as const, path: ['managements', DEFAULT_MANAGEMENT] },
  ];
  return editState(marker, edits, MARKER_FILE);
}

/** Records the place of locks in a marker. */
export function namingLockPlace(marker: string, place: LockPlace): string {
  return editState(marker, [{ op: 'set', path: ['settings', 'locks'], value: place }], MARKER_FILE);
}
