import { UsageError } from '../../errors.js';
import type { Json } from './document.js';
import { plainValue } from './plain-text.js';

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
  /** Whether the first rows are kept or the last. */
  readonly keep: 'first' | 'last';
  /** Where the next page begins behind these rows, which are not all that there are. */
  readonly next: (kept: readonly unknown[]) => unknown;
}

/** Measures a value, in bytes of its JSON. */
export function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? '');
}

/**
 * Makes a document fit for an answer: its texts are plain, and it is no larger than `MAX_DOCUMENT_BYTES`. `truncated` says
 * that something is left out, and `next` where the next page begins.
 * @throws UsageError if it is too large without its rows
 */
export function fitted(document: Json, rows?: Rows): Json {
  const { value, isCut } = plainValue(document);
  const shown: Json = typeof value === 'object' && value !== null ? { ...value } : {};
  const told = isCut ? { ...shown, truncated: true } : shown;
  if (jsonBytes(told) <= MAX_DOCUMENT_BYTES) return told;
  const all = rows === undefined ? undefined : shown[rows.key];
  if (rows === undefined || !Array.isArray(all)) throw tooLarge(jsonBytes(shown));
  const room = MAX_DOCUMENT_BYTES - MARGIN - jsonBytes({ ...shown, [rows.key]: [] });
  if (room < MAX_DOCUMENT_BYTES / 4) throw tooLarge(jsonBytes(shown));
  const kept = keptRows(all, rows.keep, room);
  const next = kept.length < all.length ? { next: rows.next(kept) } : {};
  return { ...shown, [rows.key]: kept, ...next, truncated: true };
}

/** Keeps as many rows as fit, at least one; a row that does not fit alone is shortened. */
function keptRows(all: readonly unknown[], keep: Rows['keep'], room: number): unknown[] {
  const inOrder = keep === 'first' ? all : [...all].reverse();
  const kept: unknown[] = [];
  let left = room;
  for (const row of inOrder) {
    const bytes = jsonBytes(row) + 1;
    if (bytes > left) {
      if (kept.length === 0) kept.push(shortenedRow(row, room));
      break;
    }
    left -= bytes;
    kept.push(row);
  }
  return keep === 'first' ? kept : kept.reverse();
}

/** Leaves out the largest values of a row until it fits; each is replaced by one of its type that says so. */
function shortenedRow(row: unknown, room: number): unknown {
  if (typeof row !== 'object' || row === null) return null;
  const shown: Record<string, unknown> = { ...row };
  const bySize = Object.entries(shown)
    .map(([key, value]) => ({ key, value, bytes: jsonBytes(value) }))
    .sort((a, b) => b.bytes - a.bytes);
  for (const { key, value, bytes } of bySize) {
    if (jsonBytes(shown) <= room) break;
    const said = `(left out: ${bytes} bytes)`;
    shown[key] = typeof value === 'string' ? said : Array.isArray(value) ? [] : { '…': said };
  }
  return shown;
}

function tooLarge(bytes: number): UsageError {
  return new UsageError(`the answer has ${bytes} bytes, more than ${MAX_DOCUMENT_BYTES}`, {
    suggestions: ['Ask for less: one subject, one path, a smaller limit'],
    data: { bytes, most: MAX_DOCUMENT_BYTES },
  });
}
