import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { hasCode } from '../../model/value/error-codes.js';
import { readAtMost } from '../../store/local/durable-files.js';
import { digestOf, revisionAfter } from '../keyed/records.js';
import {
  type ArchiveCounts,
  type ArchivedRevision,
  type ArchiveHead,
  type ArchiveLine,
  brokenArchive,
  MAX_LINE,
  parseHeadLine,
  parseLine,
} from './archive-lines.js';

const GZIP = '\x1f\x8b';

/** What a whole archive is of, once all of it was read. */
export interface CheckedArchive extends ArchiveHead, ArchiveCounts {
  /** Number of its newest revision. */
  readonly seq: number;
}

/** Throws InvalidStateError for a file that cannot be an archive. */
async function requireArchive(file: string): Promise<void> {
  const broken = (why: string) => brokenArchive(file, why, 'Name a file that kgit backup wrote');
  try {
    const stats = await stat(file);
    if (!stats.isFile()) throw broken(stats.isDirectory() ? 'it is a folder' : 'it is not a regular file');
    const head = (await readAtMost(file, 20)).toString('latin1');
    if (head === '') throw broken('it is empty');
    if (/^# v\d git bundle\n/.test(head))
      throw brokenArchive(
        file,
        'it is the backup of a git repository',
        'Restore it without --repo, with backend: git',
      );
    if (!head.startsWith(GZIP)) throw broken('it is not an archive of kgit');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) throw broken('there is no such file');
    if (hasCode(error, 'EACCES', 'EPERM')) throw broken('you have no permission to read it');
    throw error;
  }
}

/** Yields the lines of a compressed file. Throws InvalidStateError if it is damaged, or a line is too long. */
async function* linesOf(file: string): AsyncGenerator<string> {
  const unpacked = createGunzip();
  pipeline(createReadStream(file), unpacked, () => undefined);
  let rest: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of unpacked as AsyncIterable<Buffer>) {
      let from = 0;
      for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
        yield Buffer.concat([...rest, chunk.subarray(from, end)]).toString('utf8');
        [rest, bytes, from] = [[], 0, end + 1];
      }
      rest.push(chunk.subarray(from));
      bytes += chunk.length - from;
      if (bytes > MAX_LINE) throw brokenArchive(file, `a line of it has more than ${MAX_LINE} bytes`);
    }
  } catch (error) {
    if (hasCode(error, 'Z_DATA_ERROR', 'Z_BUF_ERROR'))
      throw brokenArchive(file, 'it is truncated or damaged');
    throw error;
  } finally {
    unpacked.destroy();
  }
  if (bytes > 0) throw brokenArchive(file, 'it is truncated or damaged');
}

/** The kinds of lines in the order in which an archive has them. */
const ORDER: readonly ArchiveLine['kind'][] = ['revision', 'lock', 'waiting', 'end'];

/**
 * Yields the lines of an archive behind the first; the last one it checks itself. Throws InvalidStateError for anything
 * but an archive of kgit: other lines, in another order, or without an end.
 */
export async function* archiveLines(file: string): AsyncGenerator<ArchiveHead | ArchiveLine> {
  await requireArchive(file);
  let isFirst = true;
  let step = 0;
  const found = { revision: 0, lock: 0, waiting: 0, end: 0 };
  for await (const text of linesOf(file)) {
    if (isFirst) {
      const head = parseHeadLine(text, file);
      if (head === null)
        throw brokenArchive(file, 'it is not an archive of kgit', 'Name a file that kgit backup wrote');
      isFirst = false;
      yield head;
      continue;
    }
    const parsed = found.end === 0 ? parseLine(text) : null;
    if (parsed === null || ORDER.indexOf(parsed.kind) < step)
      throw brokenArchive(file, 'it holds something that kgit never wrote');
    step = ORDER.indexOf(parsed.kind);
    found[parsed.kind] += 1;
    if (parsed.kind === 'end') {
      const { revisions, locks, operations } = parsed.value;
      if (revisions !== found.revision || locks !== found.lock || operations !== found.waiting)
        throw brokenArchive(file, 'it does not hold what its last line says');
    }
    yield parsed;
  }
  if (found.end === 0) throw brokenArchive(file, 'it is truncated or damaged');
}

/**
 * Reads a whole archive and changes nothing: each revision must follow from the one before it and from what it did to the
 * files, as the chain of a keyed store does. Throws InvalidStateError.
 * @param onRevision called for each revision
 */
export async function checkArchive(
  file: string,
  onRevision: (seq: number, revision: ArchivedRevision) => void,
): Promise<CheckedArchive> {
  let head: ArchiveHead | null = null;
  let counts: ArchiveCounts = { revisions: 0, locks: 0, operations: 0 };
  let before: { readonly revision: string; readonly time: number } | null = null;
  let seq = 0;
  for await (const line of archiveLines(file)) {
    if (!('kind' in line)) head = line;
    else if (line.kind === 'end') counts = line.value;
    else if (line.kind === 'revision') {
      const { revision, parent, time, message, author, files } = line.value;
      seq += 1;
      const follows = revisionAfter(parent, seq, digestOf(message, author, files)) === revision;
      if (!follows || parent !== (before?.revision ?? null) || time < (before?.time ?? 0))
        throw brokenArchive(file, `revision ${revision.slice(0, 40)} does not follow from the one before it`);
      before = { revision, time };
      onRevision(seq, line.value);
    }
  }
  if (head === null || before === null || before.revision !== head.revision)
    throw brokenArchive(file, 'its newest revision is not the one that its first line names');
  return { ...head, ...counts, seq };
}
