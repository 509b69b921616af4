import type { ChangedFile } from '../../store/port/review.js';

/** A file's line in git's `--raw` output. */
const DIFFERENCE = /^:(\d{6}) (\d{6}) ([0-9a-f]{40,64}) ([0-9a-f]{40,64}) [A-Z]\d*$/;
const NOTHING = '000000';

/** Parses a changed file from a line of `--raw` and its path. */
export function changedFile(raw: string, path: string): ChangedFile {
  const [, was, is, before = '', after = ''] = DIFFERENCE.exec(raw) ?? [];
  const side = (mode: string | undefined, oid: string) => (mode === NOTHING ? null : oid);
  return { path, before: side(was, before), after: side(is, after) };
}
