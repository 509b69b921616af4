import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { isMap } from '../model/value.js';
import { PrivateJournal } from './private-journal.js';

/** A legacy file as it was when it was last imported into this clone, or written by an export from it. */
export interface ImportedFileRecord {
  /** Absolute path of the file. */
  readonly path: string;
  /** `deployment/<id>` or `cluster/<management>/<namespace>/<name>` that it went to; null where it went nowhere. */
  readonly subject: string | null;
  readonly family: string;
  /** Of the file's text, in UTF-8. */
  readonly sha256: string;
  /** Modification time in ms since the epoch, as the file system has it. */
  readonly mtimeMs: number;
  /** Its text, secrets, order and comments included. */
  readonly text: string;
}

/** The hash by which a file is known again. */
export function textHash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/**
 * What this clone last took from each legacy file, with all that it said: one file per legacy file in the local
 * folder of the clone (`imports/`), readable by its user alone, for the text holds the secrets.
 */
export class ImportedFiles {
  readonly #folder: string;

  /** @param folder the local folder of the clone */
  constructor(folder: string) {
    this.#folder = join(folder, 'imports');
  }

  /** What was last taken from the file at this absolute path; null where nothing was. Throws EnvironmentError. */
  async last(path: string): Promise<ImportedFileRecord | null> {
    const lines = (await this.#journal(path).read()).filter(isRecord);
    return lines.findLast((line) => line.path === path) ?? null;
  }

  /** What was last taken from each file. Throws EnvironmentError. */
  async all(): Promise<readonly ImportedFileRecord[]> {
    const journals = await PrivateJournal.readAll(this.#folder);
    return journals.flatMap((lines) => lines.findLast(isRecord) ?? []);
  }

  /**
   * Notes what was taken from a file. A power loss may take the note away: then the next merge goes by what the
   * repository holds of the import. Throws EnvironmentError.
   */
  async note(record: ImportedFileRecord): Promise<void> {
    const last = await this.last(record.path);
    const isSame = last?.sha256 === record.sha256 && last.mtimeMs === record.mtimeMs;
    if (!isSame || last.subject !== record.subject) await this.#journal(record.path).replace(record);
  }

  #journal(path: string): PrivateJournal {
    return new PrivateJournal(this.#folder, path);
  }
}

function isRecord(line: unknown): line is ImportedFileRecord {
  return (
    isMap(line) &&
    typeof line['path'] === 'string' &&
    typeof line['text'] === 'string' &&
    typeof line['sha256'] === 'string'
  );
}
