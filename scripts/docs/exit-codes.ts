import { type ErrorCode, EXIT_CODES, EXIT_MEANINGS } from '../../src/errors.js';
import { markdownTable } from './table.js';

/** The table of exit codes, from the one in `src/errors.ts`. */
export function exitCodeTable(): string {
  const codes = Object.entries(EXIT_CODES) as [ErrorCode, number][];
  return markdownTable(
    ['exit code', 'name', 'meaning'],
    [['0', '', 'done'], ...codes.map(([name, code]) => [String(code), `\`${name}\``, EXIT_MEANINGS[name]])],
  );
}
