import { InternalError } from '../errors.js';
import type { Revision, TimelineEntry } from '../store/state-store.js';
import type { Git } from './git.js';

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

/** Revisions from `revision` backwards along first parents, with the files that each added; git runs as far as it is read. */
export async function* timeline(git: Git, revision: Revision): AsyncGenerator<TimelineEntry> {
  const child = git.start([...ARGS, revision, '--']);
  child.stdin.end();
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString('utf8')).slice(-2000);
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  try {
    let rest = '';
    child.stdout.setEncoding('utf8');
    for await (const chunk of child.stdout) {
      const records = (rest + chunk).split(RECORD);
      rest = records.pop() ?? '';
      for (const record of records) if (record) yield parseRecord(record);
    }
    if (rest) yield parseRecord(rest);
    const code = await ended;
    if (code !== 0) throw new InternalError(`git log ended with ${code}: ${stderr.trim().slice(0, 300)}`);
  } finally {
    child.kill();
    await ended;
  }
}
