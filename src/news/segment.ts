import { isMap, isValue, type Value } from '../model/value/value.js';
import { NEWS_KINDS, type News } from './news-item.js';

const VERSION = 'kgit/news/v1';
const JOURNAL_ID = /^[0-9a-f]{16}$/;

/** Where news comes from, by name. A position is kept with the news that it results from, in one line. */
export type Positions = ReadonlyMap<string, Value>;
/** Positions that changed; null for one that is no longer there. */
export type PositionChanges = Readonly<Record<string, Value>>;

/** What one line of a segment adds. */
export interface Batch {
  /** When the server learned it, in ms since the epoch. */
  readonly time: number;
  readonly news: readonly News[];
  readonly positions: PositionChanges;
}

/** The first line of a segment: with it, nothing before the segment is needed. */
export interface SegmentHead {
  /** Id of the journal. */
  readonly journal: string;
  /** Number of the first item. */
  readonly first: number;
  /** The positions before the first item. */
  readonly positions: PositionChanges;
}

/** What a segment holds. */
export interface Segment {
  readonly head: SegmentHead;
  readonly batches: readonly Batch[];
  /** Length in bytes of the head, and of all lines that could be read. */
  readonly headBytes: number;
  readonly bytes: number;
  /** Whether a line before the last one cannot be read, so that those behind it are lost, too. */
  readonly isDamaged: boolean;
}

export function encodeHead({ journal, first, positions }: SegmentHead): string {
  return `${JSON.stringify({ version: VERSION, journal, first, positions })}\n`;
}

export function encodeBatch({ time, news, positions }: Batch): string {
  return `${JSON.stringify({ time, news, positions })}\n`;
}

/**
 * Reads a segment. Each write adds one line, so that a power cut may leave only the last one incomplete: that one was
 * never acknowledged, and is left out. Null if the head cannot be read.
 */
export function parseSegment(text: Buffer): Segment | null {
  const headBytes = text.indexOf('\n') + 1;
  const head = headBytes === 0 ? null : readHead(parsed(text, 0, headBytes));
  if (head === null) return null;
  const batches: Batch[] = [];
  let bytes = headBytes;
  while (bytes < text.length) {
    const end = text.indexOf('\n', bytes) + 1;
    const batch = end === 0 ? null : readBatch(parsed(text, bytes, end));
    if (batch === null)
      return { head, batches, headBytes, bytes, isDamaged: end !== 0 && end !== text.length };
    batches.push(batch);
    bytes = end;
  }
  return { head, batches, headBytes, bytes, isDamaged: false };
}

function parsed(text: Buffer, from: number, to: number): unknown {
  try {
    return JSON.parse(text.toString('utf8', from, to));
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function readHead(json: unknown): SegmentHead | null {
  if (!isMap(json) || json['version'] !== VERSION) return null;
  const { journal, first, positions } = json;
  if (typeof journal !== 'string' || !JOURNAL_ID.test(journal)) return null;
  if (typeof first !== 'number' || !Number.isSafeInteger(first) || first < 1) return null;
  return isPositions(positions) ? { journal, first, positions } : null;
}

function readBatch(json: unknown): Batch | null {
  if (!isMap(json)) return null;
  const { time, news, positions } = json;
  if (typeof time !== 'number' || !Array.isArray(news) || !news.every(isNews)) return null;
  return isPositions(positions) ? { time, news, positions } : null;
}

function isPositions(value: unknown): value is PositionChanges {
  return isMap(value) && Object.values(value).every((one) => isValue(one));
}

/** Whether it is news that this program wrote: the fields of a document are its own. */
function isNews(value: unknown): value is News {
  if (!isMap(value) || !isMap(value['document'])) return false;
  const { kind } = value;
  return NEWS_KINDS.some((known) => known === kind);
}

/** Returns positions after changes. */
export function moved(positions: Positions, ...changes: readonly PositionChanges[]): Map<string, Value> {
  const after = new Map(positions);
  for (const change of changes)
    for (const [name, value] of Object.entries(change))
      if (value === null) after.delete(name);
      else after.set(name, value);
  return after;
}
