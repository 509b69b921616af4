import type { TimelineEntry } from '../../store/port/history.js';
import type { Revision } from '../../store/port/state-store.js';
import type { Git } from '../process/git.js';
import { gitRecords } from '../process/git-records.js';

const RECORD = '\u0001';
const ARGS = [
  'log',
  '--first-parent',
  '-m',
  '--root',
  `--format=%x01%H`,
  '--name-only',
  '--diff-filter=A',
  '--no-renames',
  '--no-show-signature',
  '--no-color',
  '--no-ext-diff',
  '-z',
];

export interface TimelineOptions {
  /** How many revisions are likely to be read: git compares no more than these until the caller goes on. */
  readonly ahead?: number | undefined;
  /** The same for those published before it, in ms since the epoch. */
  readonly from?: number | undefined;
  /** Called when git was started. */
  readonly onStart?: (() => void) | undefined;
}

function parseRecord(record: string): TimelineEntry {
  const [revision = '', ...paths] = record.split('\0').filter(Boolean);
  return { revision, added: paths.map((path) => path.replace(/^\n/, '')) };
}

/**
 * Yields the revisions from `revision` backwards along first parents, with the files that each added. git runs only as
 * far as the caller reads, and about 2,000 revisions further, which fit into the pipe. With a likely end, some revisions
 * may come twice if others before them add no file.
 */
export async function* timeline(
  git: Git,
  revision: Revision,
  { ahead = Number.POSITIVE_INFINITY, from = Number.NEGATIVE_INFINITY, onStart }: TimelineOptions = {},
): AsyncGenerator<TimelineEntry> {
  const likely = [
    ...(Number.isFinite(ahead) ? [`--max-count=${ahead}`] : []),
    // git stops at the first revision that is older.
    ...(from > 0 ? [`--max-age=${Math.floor(from / 1000)}`] : []),
  ];
  let count = 0;
  for (let range = likely; ; range = [`--skip=${count}`]) {
    const isFirst = range === likely;
    const args = [...ARGS, ...range, revision, '--'];
    for await (const records of gitRecords(git, args, RECORD, isFirst ? onStart : undefined)) {
      for (const record of records) {
        if (record === '') continue;
        count += 1;
        yield parseRecord(record);
      }
    }
    if (!isFirst || !(from > 0 || count === ahead)) return;
  }
}
