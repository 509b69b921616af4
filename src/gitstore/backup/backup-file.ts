import { stat } from 'node:fs/promises';
import { hasCode } from '../../model/value/error-codes.js';
import { readAtMost } from '../../store/local/durable-files.js';

/** The first line of a git bundle; a backup is one. */
const BUNDLE = /^# v[23] git bundle\n/;
/** How much of a file is read to identify it, in bytes: the mark of a tar archive is at 257. */
const HEAD_BYTES = 512;

/** Other kinds of files, by their first bytes. */
const OTHERS: readonly (readonly [what: string, isIt: (head: Buffer) => boolean])[] = [
  ['it is empty', (head) => head.length === 0],
  [
    'it is compressed by gzip: if another back end wrote it, name an empty store with --repo, else unpack it first',
    (head) => head.toString('latin1', 0, 2) === '\x1f\x8b',
  ],
  ['it is a zip archive', (head) => head.toString('latin1', 0, 2) === 'PK'],
  ['it is a tar archive: unpack it first', (head) => head.toString('latin1', 257, 262) === 'ustar'],
  ['it is a text file, and a backup is a git bundle', (head) => !head.includes(0)],
];

/** Why a file cannot be a backup; null if it is a git bundle, which may be one. */
export async function notABackup(file: string): Promise<string | null> {
  try {
    const stats = await stat(file);
    if (stats.isDirectory()) return 'it is a folder';
    if (!stats.isFile()) return 'it is not a regular file';
    const head = await readAtMost(file, HEAD_BYTES);
    if (BUNDLE.test(head.toString('latin1'))) return null;
    const [what = 'it is not a git bundle, which every backup is'] =
      OTHERS.find(([, isIt]) => isIt(head)) ?? [];
    return what;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return 'there is no such file';
    if (hasCode(error, 'EACCES', 'EPERM')) return 'you have no permission to read it';
    throw error;
  }
}
