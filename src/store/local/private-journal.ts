import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { EnvironmentError } from '../../errors.js';
import { hasCode } from '../../model/value/error-codes.js';
import { permissions } from '../../platform/file-modes.js';
import { cannotKeep, privateFolder, replaceWhole, syncFolder } from './durable-files.js';
import { fileMode, giveRights } from './shared-folders.js';

/** Largest journal that is read, in bytes. */
const MAX_BYTES = 256 * 1024 * 1024;
const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

/**
 * A file of JSON lines that only its user can read. Each line is appended in one write: concurrent processes lose nothing,
 * and a line that a power loss cut off is skipped.
 */
export class PrivateJournal {
  readonly #folder: string;
  readonly #path: string;

  /** @param name identifies the journal; its hash names the file, so any text will do */
  constructor(folder: string, name: string) {
    this.#folder = folder;
    this.#path = join(folder, `${createHash('sha256').update(name).digest('hex')}.jsonl`);
  }

  /** Adds a line durably. Throws EnvironmentError. */
  async append(line: unknown): Promise<void> {
    await privateFolder(this.#folder);
    const mode = fileMode(this.#path);
    try {
      const handle = await open(this.#path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, mode);
      try {
        // Fails silently for a file of another user of the group, and on media without permissions.
        if (permissions((await handle.stat()).mode) !== mode) await giveRights(this.#path, mode);
        // The line break keeps this line apart from one that was cut off.
        await handle.writeFile(`\n${JSON.stringify(line)}\n`);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await syncFolder(this.#folder);
    } catch (error) {
      throw cannotKeep(this.#path, error);
    }
  }

  /** Replaces all lines; readers see the old or the new ones, and a power loss may undo it. Throws EnvironmentError. */
  async replace(...lines: readonly unknown[]): Promise<void> {
    await privateFolder(this.#folder);
    await replaceWhole(this.#path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  }

  /** The lines, oldest first. Throws EnvironmentError. */
  read(): Promise<unknown[]> {
    return linesOf(this.#path);
  }

  /** The lines of each journal in a folder. Throws EnvironmentError. */
  static async readAll(folder: string): Promise<unknown[][]> {
    const names = await readdir(folder).catch((error: unknown) => {
      if (hasCode(error, 'ENOENT')) return [];
      throw unusable(folder, error);
    });
    const journals = names.filter((name) => name.endsWith('.jsonl')).sort();
    const all: unknown[][] = [];
    for (const name of journals) all.push(await linesOf(join(folder, name)));
    return all;
  }
}

async function linesOf(path: string): Promise<unknown[]> {
  return (await textOf(path)).split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as unknown];
    } catch {
      // Cut off by a power loss, so never acknowledged.
      return [];
    }
  });
}

async function textOf(path: string): Promise<string> {
  try {
    const handle = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      const stats = await handle.stat();
      if (!stats.isFile() || stats.size > MAX_BYTES) throw unusable(path);
      return await handle.readFile('utf8');
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return '';
    if (error instanceof EnvironmentError) throw error;
    throw unusable(path, error);
  }
}

function unusable(path: string, cause?: unknown): EnvironmentError {
  return new EnvironmentError(`${path} cannot be read, or is no file of kgit's`, {
    ...(cause === undefined ? {} : { cause }),
    suggestions: ['Look at it, and move it away; then import the files of the scripts again'],
    data: { path },
  });
}
