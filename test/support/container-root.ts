/** A root folder as that of a distroless image: Node and kgit, no git, no shell, no other program. */
import { execFileSync } from 'node:child_process';
import { constants, copyFileSync, cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from './git-fixtures.js';

const PACKAGE = fileURLToPath(new URL('../..', import.meta.url));
/** What npm installs of the package. */
const { files } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')) as { files: string[] };

export interface ContainerRoot {
  /** Where it is, seen from outside. */
  readonly path: string;
  /** What runs a program in it: `under` of `kgitProcess`. */
  readonly under: readonly string[];
  /** Puts a file of this machine to a place in it. */
  put(file: string, place: string): void;
  remove(): void;
}

/** The program itself, and the shared libraries that the loader opens with it. */
function filesOf(program: string): readonly string[] {
  const libraries = execFileSync('ldd', [program], { encoding: 'utf8' });
  return [program, ...[...libraries.matchAll(/(\/\S+) \(0x/g)].map(([, path = '']) => path)];
}

/**
 * Makes such a root; each file is at the place that it has on this machine. Throws if this user may not change the root:
 * root may, and others where the system lets them have a user namespace.
 */
export function containerRoot(): ContainerRoot {
  const path = temporaryFolder('kgit-root-');
  const put = (file: string, place: string) => {
    mkdirSync(dirname(join(path, place)), { recursive: true });
    copyFileSync(file, join(path, place), constants.COPYFILE_FICLONE);
  };
  for (const file of filesOf(process.execPath)) put(file, file);
  // What begins with `!` is left out of a folder that goes in.
  for (const part of [...files.filter((file) => !file.startsWith('!')), 'package.json'])
    cpSync(join(PACKAGE, part), join(path, PACKAGE, part), { recursive: true, dereference: true });
  // The package may lie below one of them, as a clone in /tmp does.
  for (const folder of ['root', 'tmp', 'srv']) mkdirSync(join(path, folder), { recursive: true });
  const asRoot = process.getuid?.() === 0 ? [] : ['/usr/bin/unshare', '--user', '--map-root-user'];
  const under = [...asRoot, '/usr/sbin/chroot', path];
  const remove = () => rmSync(path, { recursive: true, force: true });
  const [command = '', ...rest] = [...under, process.execPath, '--version'];
  try {
    execFileSync(command, rest, { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (cause) {
    remove();
    throw new Error(
      `The tests of kgit in a container need a root of their own (${under.join(' ')}): run them as root, or allow user namespaces`,
      { cause },
    );
  }
  return { path, under, put, remove };
}
