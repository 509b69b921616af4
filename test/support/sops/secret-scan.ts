/** Looks for secrets in the clear. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../git-fixtures.js';

/** How a text may be written in a file. */
function forms(secret: string): Buffer[] {
  const bytes = Buffer.from(secret);
  const texts = [JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), bytes.toString('hex')];
  // Without the last digits, which depend on what follows.
  return [bytes, ...[...texts, bytes.toString('base64').slice(0, -4)].map((text) => Buffer.from(text))];
}

/** What is found of each secret in bytes, by its place in the list. */
export function secretsIn(bytes: Buffer, secrets: readonly string[]): number[] {
  return secrets.flatMap((secret, i) => (forms(secret).some((form) => bytes.includes(form)) ? i : []));
}

/**
 * Where secrets are in the clear: in files below these folders, their names, and every object of the git repositories there, reachable
 * or not. Each as `<place>: <index of the secret>`.
 * @param isExempt files that may have them
 */
export function clearIn(
  folders: readonly string[],
  secrets: readonly string[],
  isExempt: (path: string) => boolean,
): string[] {
  const found: string[] = [];
  const look = (place: string, bytes: Buffer) => {
    for (const i of secretsIn(bytes, secrets)) found.push(`${place}: ${i}`);
  };
  const walk = (folder: string) => {
    if (existsSync(join(folder, 'objects')) && existsSync(join(folder, 'HEAD')))
      look(`${folder}: objects`, everyObject(folder));
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      look(`the name ${path}`, Buffer.from(entry.name));
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile() && !isExempt(path)) look(path, readFileSync(path));
    }
  };
  for (const folder of folders) walk(folder);
  return found;
}

function everyObject(repository: string): Buffer {
  return execFileSync('git', ['--git-dir', repository, 'cat-file', '--batch-all-objects', '--batch'], {
    maxBuffer: 1 << 30,
  });
}

/** Watches which programs are started: what runs `under` it, and whatever that starts. */
export function watchedPrograms() {
  const log = join(temporaryFolder('kgit-strace-'), 'log');
  const trace = ['-f', '-A', '-qq', '-v', '-s', '1000000', '--seccomp-bpf', '-e', 'trace=execve'];
  return {
    under: ['strace', ...trace, '-o', log],
    /** Arguments and environment of each. */
    started: () => readFileSync(log),
  };
}
