import type { ErrorCode, KgitError } from '../../errors.js';

/** Why a file is not imported. */
export interface ImportError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly line?: number;
  readonly column?: number;
  readonly suggestions?: readonly string[];
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

/** Converts an error to that of a file's row. The row has the file's path, so the message omits it. */
export function importError(error: KgitError): ImportError {
  const { path, line, column } = error.data;
  const place = [path, line, column].filter((part) => part !== undefined).join(':');
  const message = error.message.startsWith(`${place}: `)
    ? error.message.slice(place.length + 2)
    : error.message;
  const at = { line: numberOf(line), column: numberOf(column) };
  return {
    code: error.code,
    message,
    ...(at.line === undefined ? {} : { line: at.line }),
    ...(at.column === undefined ? {} : { column: at.column }),
    // Advice on repairing a file of the repository does not apply to a legacy file.
    ...(error.code === 'INVALID_STATE' || error.suggestions.length === 0
      ? {}
      : { suggestions: error.suggestions }),
  };
}

const SHOWN = 3;

/** An entry that cannot be imported, and the line on which it begins. */
export interface BadEntry {
  readonly message: string;
  readonly line?: number;
}

/** The error of a file with entries that cannot become events. */
export function invalidEntriesError(invalid: readonly BadEntry[]): ImportError {
  const shown = invalid.slice(0, SHOWN).map(({ message }) => message);
  const more = invalid.length > SHOWN ? `, and ${invalid.length - SHOWN} more` : '';
  const line = invalid[0]?.line;
  return {
    code: 'INVALID_STATE',
    message: shown.join('; ') + more,
    ...(line === undefined ? {} : { line, column: 1 }),
    suggestions: ['Mend these entries, or leave them out with --skip-invalid'],
  };
}
