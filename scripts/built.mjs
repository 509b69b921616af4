/** Tells whether the program was built from what is there now, so that a run of the tests need not build it again. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sourceCommit, sourceDate } from './source-commit.mjs';

/** Where a build notes at its end what it read and wrote; neither git nor the package takes this file. */
const NOTE = '.built';
/** What a build reads. npm lists in `node_modules/.package-lock.json` what is installed. */
const READ = [
  'src',
  'scripts',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'node_modules/.package-lock.json',
];
const WRITTEN = ['dist', 'oclif.manifest.json'];
/** What others put into `dist`: the library's declarations, and code that an installer keeps. */
const OF_OTHERS = ['dist/types', 'dist/code'];

/** Adds the files below `path` to a digest: names and bytes. */
function add(hash, root, path) {
  const place = join(root, path);
  if (OF_OTHERS.includes(path) || !existsSync(place)) return;
  if (statSync(place).isDirectory()) {
    for (const name of readdirSync(place).sort()) add(hash, root, `${path}/${name}`);
    return;
  }
  const bytes = readFileSync(place);
  hash.update(`${path}\0${bytes.length}\0`).update(bytes);
}

function digest(root, paths, ...more) {
  const hash = createHash('sha256');
  for (const path of paths) add(hash, root, path);
  return hash.update(JSON.stringify(more)).digest('hex');
}

/** Digest of what a build at `root` is made from; a build also names the commit and its date. */
const digestOfRead = (root) => digest(root, READ, process.version, sourceCommit(root), sourceDate(root));
const digestOfWritten = (root) => digest(root, WRITTEN);

/** Whether the last build at `root` came to its end, read what is there now, and is there as it was written. */
export function isBuilt(root) {
  const note = join(root, NOTE);
  if (!existsSync(note)) return false;
  return readFileSync(note, 'utf8') === `${digestOfRead(root)} ${digestOfWritten(root)}\n`;
}

/** Notes that a build at `root` begins, and returns what notes its end: a file that changed meanwhile was not read. */
export function beginBuild(root) {
  rmSync(join(root, NOTE), { force: true });
  const read = digestOfRead(root);
  return () => writeFileSync(join(root, NOTE), `${read} ${digestOfWritten(root)}\n`);
}
