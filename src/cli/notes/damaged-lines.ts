import type { DamagedFile } from '../../store/local/damaged-files.js';

/** Describes the damaged files among kgit's own, one line each. */
export function damagedLines(damaged: readonly DamagedFile[]): string[] {
  return damaged.map(({ path, why, movedTo }) => {
    const kept = movedTo === null ? '' : `, and keeps it as ${movedTo}`;
    return `${path}: ${why}; kgit continues without it${kept}`;
  });
}
