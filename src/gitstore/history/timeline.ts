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

function parseRecord(record: string): TimelineEntry {
  const [revision = '', ...paths] = record.split('\0').filter(Boolean);
  return { revision, added: paths.map((path) => path.replace(/^\n/, '')) };
}

/**
 * Yields the revisions from `revision` backwards along first parents, with the files that each added. git runs only as
 * far as the caller reads.
 * @param ahead how many are likely to be read: git compares no more than these until the caller goes on
 */
export async function* timeline(git: Git, revision: Revision, ahead?: number): AsyncGenerator<TimelineEntry> {
  if (ahead === undefined) return yield* walk(git, revision, []);
  let count = 0;
  for await (const entry of walk(git, revision, [`--max-count=${ahead}`])) {
    count += 1;
    yield entry;
  }
  if (count === ahead) yield* walk(git, revision, [`--skip=${ahead}`]);
}

async function* walk(git: Git, revision: Revision, range: readonly string[]): AsyncGenerator<TimelineEntry> {
  for await (const records of gitRecords(git, [...ARGS, ...range, revision, '--'], RECORD))
    for (const record of records) if (record) yield parseRecord(record);
}
