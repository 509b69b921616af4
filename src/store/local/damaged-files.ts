import { basename, join } from 'node:path';
import { EnvironmentError } from '../../errors.js';
import { hasCode } from '../../model/value/error-codes.js';
import { isMap } from '../../model/value/value.js';
import { readdir, rename } from '../../platform/small-files.js';
import { privateFolder, readNamed } from './durable-files.js';
import { randomBytes } from './random-bytes.js';

/** The subfolder of a clone's `kgit` folder for damaged files that were set aside. */
export const DAMAGED = 'damaged';

const json = (isRight: (value: Record<string, unknown>) => boolean) => (text: string) => {
  try {
    const value: unknown = JSON.parse(text);
    return isMap(value) && isRight(value);
  } catch {
    return false;
  }
};
/** An empty lock file, as a power loss leaves it, is valid: nobody holds it. */
const holder = (text: string) =>
  text === '' || json(({ pid, nonce }) => typeof pid === 'number' && typeof nonce === 'string')(text);
const lines = (line: RegExp) => (text: string) =>
  text.split('\n').every((each) => each === '' || line.test(each));

/** Checks of the content of each file. `checkout.json` is judged by its own reader. */
const FILES: Readonly<Record<string, (text: string) => boolean>> = {
  'checkout.json': () => true,
  'fetched-at': (text) => /^\d+$/.test(text),
  'locks-not-rewound': () => true,
  known: (text) => /^[0-9a-f]{40,64}\n?$/.test(text),
  'packs-joined': () => true,
  'publish.lock': holder,
  'publisher.lock': holder,
  'ref-locks.lock': holder,
  pushes: lines(/^\{.*\}$/),
  rewrites: json(({ untold }) => Array.isArray(untold)),
  verified: lines(/^[!-~]{1,200} ./),
};
/** Files that may be folders, on file systems without hard links. */
const NAMED: readonly string[] = ['publish.lock', 'publisher.lock', 'ref-locks.lock'];
/** Folders, and whether they hold plain files only. */
const FOLDERS: Readonly<Record<string, boolean>> = {
  copy: false,
  outbox: false,
  published: false,
  'lock-tokens': false,
  troubles: true,
  results: true,
  leases: true,
  'locks-seen': true,
  'ref-locks': true,
  imports: true,
  notify: true,
  'script-calls': true,
  scripts: false,
  serve: false,
  withheld: true,
};

/** A damaged file of kgit's own. */
export interface DamagedFile {
  readonly path: string;
  readonly why: string;
  /** Where it was moved; null if it could not be moved. */
  readonly movedTo: string | null;
}

type Entry = { readonly name: string; isDirectory(): boolean };

async function entriesOf(folder: string): Promise<Entry[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    // A file in the place of a folder is reported by its own entry; an unreadable folder by whatever needs it.
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EPERM')) return [];
    throw error;
  }
}

/** What is wrong with a file; null if nothing is, or it is gone. */
async function faultOf(
  path: string,
  entry: Entry,
  isRight: (text: string) => boolean,
): Promise<string | null> {
  if (entry.isDirectory()) {
    if (!NAMED.includes(entry.name)) return 'it is a folder';
    // An empty one may be about to get its content.
    const inside = await entriesOf(path);
    if (inside.length > 0 && (await readNamed(path)) === null) return 'it is a folder';
    return null;
  }
  try {
    const bytes = await readNamed(path);
    return bytes === undefined || bytes === null || isRight(bytes.toString('utf8')) ? null : 'it is damaged';
  } catch (error) {
    if (hasCode(error, 'EACCES', 'EPERM', 'EIO', 'EINVAL')) return 'it cannot be read';
    throw error;
  }
}

async function* damagedIn(folder: string): AsyncGenerator<Omit<DamagedFile, 'movedTo'>> {
  const entries = await entriesOf(folder);
  for (const entry of entries) {
    const path = join(folder, entry.name);
    const isRight = Object.hasOwn(FILES, entry.name) ? FILES[entry.name] : undefined;
    if (isRight) {
      const why = await faultOf(path, entry, isRight);
      if (why !== null) yield { path, why };
    } else if (Object.hasOwn(FOLDERS, entry.name)) {
      if (!entry.isDirectory()) yield { path, why: 'it is not a folder' };
      else if (FOLDERS[entry.name])
        for (const inner of await entriesOf(path))
          if (inner.isDirectory()) yield { path: join(path, inner.name), why: 'it is a folder' };
    }
  }
}

/**
 * Moves damaged files of a clone's `kgit` folder out of the way, and keeps them: kgit can do without each of them and
 * starts it anew. Entries of the outbox stay where they are. Throws EnvironmentError if the path itself is not a folder.
 */
export async function setAsideDamaged(folder: string): Promise<DamagedFile[]> {
  const moved: DamagedFile[] = [];
  for await (const { path, why } of damagedIn(folder))
    moved.push({ path, why, movedTo: await moveAside(folder, path) });
  return moved;
}

/**
 * Moves a file or folder to where damaged ones are kept. Throws EnvironmentError if the file system fails.
 * @param folder the clone's `kgit` folder
 * @returns its new path; null if it could not be moved
 */
export async function moveAside(folder: string, path: string): Promise<string | null> {
  const to = join(folder, DAMAGED, `${basename(path)}-${randomBytes(4).toString('hex')}`);
  try {
    await privateFolder(join(folder, DAMAGED));
    await rename(path, to);
    return to;
  } catch (error) {
    // A read-only clone, or another process was faster.
    const isKnown = error instanceof EnvironmentError || hasCode(error, 'ENOENT', 'EACCES', 'EPERM', 'EROFS');
    if (!isKnown) throw error;
    return null;
  }
}

/** Files that were set aside earlier and still lie there. */
export async function damagedBefore(folder: string): Promise<string[]> {
  return (await entriesOf(join(folder, DAMAGED))).map(({ name }) => join(folder, DAMAGED, name));
}
