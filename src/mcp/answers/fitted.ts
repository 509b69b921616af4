import { UsageError } from '../../errors.js';
import { isMap } from '../../model/value/value.js';
import type { Json } from './document.js';
import { plainValue } from './plain-text.js';
import { jsonBytes, shrunk } from './shrunk.js';

/**
 * Largest document of an answer, in bytes of its JSON. A tool's result holds it twice, once as text within JSON, so that
 * the result stays below 256 KiB.
 */
export const MAX_DOCUMENT_BYTES = 80 * 1024;
/** Room for the keys that tell of a cut, in bytes. */
const MARGIN = 512;

/** The rows of a document, of which some are left out if it is too large. */
export interface Rows {
  readonly key: string;
  /** Whether the first rows are kept or the last; of short rows such as changes, all are shortened before any is left out. */
  readonly keep: 'first' | 'last' | 'all';
  /** Where the next page begins behind these rows, which are not all that there are; left out if there are no pages. */
  readonly next?: (kept: readonly unknown[]) => unknown;
}

/**
 * Makes a document fit for an answer: its texts are plain, and it is no larger than `MAX_DOCUMENT_BYTES`. `truncated` says
 * that something is left out, and `next` where the next page begins.
 * @param rows the part that may be cut; with it, all else is shortened too if it takes more than half of the room
 * @throws UsageError if it is too large and has no rows
 */
export function fitted(document: Json, rows?: Rows): Json {
  const { value, isCut } = plainValue(document);
  const shown: Json = isMap(value) ? value : {};
  const told = isCut ? { ...shown, truncated: true } : shown;
  if (jsonBytes(told) <= MAX_DOCUMENT_BYTES) return told;
  if (rows === undefined) throw tooLarge(jsonBytes(shown));
  const { [rows.key]: given, ...others } = shown;
  const beside = shrunk(others, MAX_DOCUMENT_BYTES / 2);
  const rest = { ...shown, ...(isMap(beside) ? beside : {}), truncated: true };
  if (!Array.isArray(given)) return rest;
  const all: readonly unknown[] = given;
  const room = MAX_DOCUMENT_BYTES - MARGIN - jsonBytes({ ...rest, [rows.key]: [] });
  if (rows.keep === 'all') return { ...rest, [rows.key]: shrunk(all, room) };
  const kept = keptRows(all, rows.keep, room);
  const next = rows.next && kept.length < all.length ? { next: rows.next(kept) } : {};
  return { ...rest, [rows.key]: kept, ...next };
}

/** Keeps as many rows as fit, at least one; a row that does not fit alone is shortened. */
function keptRows(all: readonly unknown[], keep: 'first' | 'last', room: number): unknown[] {
  const inOrder = keep === 'first' ? all : [...all].reverse();
  const kept: unknown[] = [];
  let left = room;
  for (const row of inOrder) {
    const bytes = jsonBytes(row) + 1;
    if (bytes > left) {
      if (kept.length === 0) kept.push(shrunk(row, room));
      break;
    }
    left -= bytes;
    kept.push(row);
  }
  return keep === 'first' ? kept : kept.reverse();
}

function tooLarge(bytes: number): UsageError {
  return new UsageError(`the answer has ${bytes} bytes, more than ${MAX_DOCUMENT_BYTES}`, {
    suggestions: ['Ask for a part of it'],
    data: { bytes, most: MAX_DOCUMENT_BYTES },
  });
}
