import { open, readdir, readFile, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { PRIVATE_FILE } from '../platform/file-modes.js';
import { type DamagedFile, moveAside } from '../store/local/damaged-files.js';
import { privateFolder, removeFile, replaceDurably } from '../store/local/durable-files.js';
import { encodeBatch, encodeHead, moved, type Positions, parseSegment, type Segment } from './segment.js';

const DIGITS = 12;
const NAME = /^(\d{12})\.ndjson$/;
/** More numbers than a segment can have items: so far the numbers jump where some were lost. */
const JUMP = 1_000_000;
/** Largest segment that is read, in bytes. */
const MAX_BYTES = 256 * 1024 * 1024;

/** An open segment. Throws what the file system throws. */
export interface SegmentFile {
  /** Adds text durably. */
  append(text: string): Promise<void>;
  /** Shortens the file to a length in bytes. */
  cut(bytes: number): Promise<void>;
  close(): Promise<void>;
}

/** Writes the files of a journal; tests replace it by one that fails. */
export interface JournalFiles {
  /** Creates a file whole, or not at all. Throws EnvironmentError. */
  create(path: string, text: string): Promise<void>;
  open(path: string): Promise<SegmentFile>;
  /** Throws EnvironmentError. */
  remove(path: string): Promise<void>;
}

/** The file system. */
export const JOURNAL_FILES: JournalFiles = {
  create: replaceDurably,
  remove: removeFile,
  open: async (path) => {
    const handle = await open(path, 'a', PRIVATE_FILE);
    return {
      append: async (text) => {
        await handle.writeFile(text);
        await handle.sync();
      },
      cut: (bytes) => handle.truncate(bytes),
      close: () => handle.close(),
    };
  },
};

/** A segment that nothing is added to any more, or the one that is. */
export interface KeptSegment {
  readonly path: string;
  /** Number of its first item. */
  readonly first: number;
  readonly count: number;
  readonly headBytes: number;
  readonly bytes: number;
}

/** A journal as it lies in its folder. */
export interface FoundJournal {
  /** Null if there is none yet. */
  readonly journal: string | null;
  /** Oldest first. */
  readonly segments: readonly KeptSegment[];
  readonly positions: Positions;
  /** Number of the next item. */
  readonly next: number;
  readonly damaged: readonly DamagedFile[];
}

export function segmentPath(folder: string, first: number): string {
  return join(folder, `${String(first).padStart(DIGITS, '0')}.ndjson`);
}

/**
 * Reads all segments of a journal, and mends them. What a power cut left incomplete is cut off. A damaged segment is set
 * aside; what can be read of it, up to the damage, is kept. The positions are then those before the damage, so that what was lost
 * is learned and told again, under new numbers.
 * @param local the folder for data of this machine, which keeps damaged files
 */
export async function readJournal(folder: string, local: string): Promise<FoundJournal> {
  await privateFolder(folder);
  const names = (await readdir(folder)).filter((name) => NAME.test(name)).sort();
  let journal: string | null = null;
  let next = 1;
  let positions: Positions = new Map();
  const segments: KeptSegment[] = [];
  const damaged: DamagedFile[] = [];
  let isNewestWhole = true;
  for (const name of names) {
    const path = join(folder, name);
    const named = Number(name.slice(0, DIGITS));
    const stats = await stat(path);
    const text = stats.isFile() && stats.size <= MAX_BYTES ? await readFile(path) : null;
    const segment: Segment | null = text && ownSegment(parseSegment(text), { journal, named, next });
    isNewestWhole = segment !== null && !segment.isDamaged;
    if (!isNewestWhole) {
      damaged.push({ path, why: 'it is damaged', movedTo: await moveAside(local, path) });
      if (segment !== null) await replaceDurably(path, prefixOf(segment));
    } else if (segment !== null && segment.bytes < stats.size) await truncate(path, segment.bytes);
    if (segment === null) continue;
    const { head, batches, headBytes, bytes }: Segment = segment;
    const count = batches.reduce((sum, { news }) => sum + news.length, 0);
    journal = head.journal;
    segments.push({ path, first: head.first, count, headBytes, bytes });
    positions = moved(new Map(), head.positions, ...batches.map((batch) => batch.positions));
    next = head.first + count;
  }
  if (!isNewestWhole) next = Math.max(next, Number(names.at(-1)?.slice(0, DIGITS))) + JUMP;
  return { journal, segments, positions, next, damaged };
}

/** The segment if it is the one of this name and journal, behind those before it. */
function ownSegment(
  segment: Segment | null,
  {
    journal,
    named,
    next,
  }: { readonly journal: string | null; readonly named: number; readonly next: number },
): Segment | null {
  if (segment === null || segment.head.first !== named || named < next) return null;
  return journal === null || segment.head.journal === journal ? segment : null;
}

function prefixOf({ head, batches }: Segment): string {
  return encodeHead(head) + batches.map(encodeBatch).join('');
}
