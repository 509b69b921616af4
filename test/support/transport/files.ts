import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The files below a folder whose bytes have this text. */
export function filesWith(folder: string, text: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => readFileSync(path).includes(text));
}

interface ProcessLine {
  readonly pid: number;
  readonly command: string;
}

/** The command lines of all processes whose environment has this variable. */
export function processesWith(variable: string): ProcessLine[] {
  const found: ProcessLine[] = [];
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      if (
        !readFileSync(join('/proc', name, 'environ'), 'utf8')
          .split('\0')
          .includes(variable)
      )
        continue;
      const command = readFileSync(join('/proc', name, 'cmdline'), 'utf8')
        .replaceAll('\0', ' ')
        .trim();
      // One that has ended and waits to be reaped has no command line any more.
      if (command) found.push({ pid: Number(name), command });
    } catch {
      // It ended between the look at the list and the look at it, or is somebody else's.
    }
  }
  return found;
}
