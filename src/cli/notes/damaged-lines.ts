import type { DamagedFile } from '../../store/local/damaged-files.js';

/** What was damaged among kgit's own files, one line each. */
export function damagedLines(damaged: readonly DamagedFile[]): string[] {
  return damaged.map(({ path, why, movedTo }) => {
    const kept = movedTo === null ? '' : `, and keeps it as ${movedTo}`;
    return `${path}: ${why}; kgit goes on without${kept}`;
  });
}
