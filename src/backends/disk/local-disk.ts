import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EnvironmentError } from '../../errors.js';
import { type Check, passed } from '../../model/value/check.js';
import { hasCode } from '../../model/value/error-codes.js';

/** File systems over a network, by the number that Linux gives each kind: their locks and fsyncs are not to be relied on. */
const NETWORK = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB'],
  [0x01021997, '9p'],
  [0x65735546, 'FUSE'],
  [0x5346414f, 'AFS'],
  [0x00c36400, 'Ceph'],
  [0x47504653, 'GPFS'],
  [0x0bd00bd0, 'Lustre'],
  [0x7461636f, 'OCFS2'],
  [0x01161970, 'GFS2'],
  [0x19830326, 'BeeGFS'],
]);

/** Returns the kind of the network file system with this number; null for any other. */
export function networkKind(type: number): string | null {
  return NETWORK.get(type >>> 0) ?? null;
}

/**
 * Makes sure that a store at `path`, which need not exist yet, would be on a disk of this machine. Throws
 * EnvironmentError.
 * @param typeOf returns the kind of file system that holds a folder or file that exists
 */
export async function requireLocalDisk(
  path: string,
  typeOf: (path: string) => Promise<number> = async (at) => (await statfs(at)).type,
): Promise<void> {
  const kind = networkKind(await typeOfNearest(path, typeOf));
  if (kind === null) return;
  throw new EnvironmentError(
    `${path} is on a network file system (${kind}), where a store could be damaged`,
    {
      suggestions: [
        'Keep the store on a disk of this machine',
        'For several machines use git, Redis, etcd or Consul',
      ],
      data: { path, fileSystem: kind },
    },
  );
}

/** Checks where a store at `path` is, for `kgit doctor`. Throws as `requireLocalDisk` does. */
export async function checkLocalDisk(path: string): Promise<Check> {
  await requireLocalDisk(path);
  return passed('file-system', `${path} is on a disk of this machine`);
}

async function typeOfNearest(path: string, typeOf: (path: string) => Promise<number>): Promise<number> {
  try {
    return await typeOf(path);
  } catch (error) {
    const above = dirname(path);
    if (!hasCode(error, 'ENOENT', 'ENOTDIR') || above === path) throw error;
    return typeOfNearest(above, typeOf);
  }
}

/** The error for a store that this machine cannot read or write. */
export function unusable(path: string, cause: unknown): EnvironmentError {
  const isFull = hasCode(cause, 'ENOSPC', 'EDQUOT');
  const why = isFull ? 'the disk is full' : String((cause as Error).message);
  return new EnvironmentError(`the store ${path} cannot be used: ${why}`, {
    cause,
    suggestions: [isFull ? 'Free some space and run the command again' : `Check the permissions of ${path}`],
    data: { path },
  });
}
