import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../git-fixtures.js';

/** A file system without hard links and file modes, whose names ignore case, as on memory cards and many Macs. */
export interface Exfat {
  readonly at: string;
  unmount(): void;
}

/** Why exFAT cannot be mounted here; null if it can. */
export function whyNoExfat(): string | null {
  if (process.getuid?.() !== 0) return 'as root';
  if (spawnSync('losetup', ['--find'], { stdio: 'ignore' }).status !== 0) return 'with loop devices';
  if (!existsSync('/dev/fuse')) return 'with /dev/fuse';
  for (const program of ['mkfs.exfat', 'mount.exfat-fuse'])
    if (spawnSync(program, ['-V'], { stdio: 'ignore' }).error !== undefined) return `with ${program}`;
  return null;
}

/** Makes and mounts an exFAT of its own, in a file. */
export function mountExfat(): Exfat {
  const folder = temporaryFolder();
  const [image, at] = [join(folder, 'image'), join(folder, 'disk')];
  mkdirSync(at);
  // Sparse; kgit asks for some free space.
  execFileSync('truncate', ['--size', '1G', image]);
  execFileSync('mkfs.exfat', [image], { stdio: 'pipe' });
  const device = execFileSync('losetup', ['--find', '--show', image], { encoding: 'utf8' }).trim();
  const detach = () => execFileSync('losetup', ['--detach', device]);
  try {
    execFileSync('mount.exfat-fuse', [device, at], { stdio: 'pipe' });
  } catch (error) {
    detach();
    throw error;
  }
  return {
    at,
    unmount: () => {
      execFileSync('umount', [at]);
      detach();
    },
  };
}
