import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { StatePath } from '../../model/state/state-path.js';
import { isMap, isValue, sameValue, type Value, type ValueMap } from '../../model/value/value.js';
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
  /** Of a state file: what it said, by its own keys and without its secrets. */
  readonly values?: ValueMap;
  /** The encrypted files of the team that hold its secrets as it had them, by `fileValueKey`. */
  readonly sealed?: Readonly<Record<string, string>>;
  /** Its text, secrets included, as earlier versions noted it; gone with the next note. */
  readonly text?: string;
  /** An event of the operation that carried what was new in it; missing where nothing was. */
  readonly carrier?: { readonly subject: string; readonly id: string };
  /** What kgit itself has written into it since, and recorded. */
  readonly edits?: readonly FileEdit[];
}

/**
 * A value that was written into a file, by the file's own keys and without secrets; at no path the whole of it, missing where it was
 * taken out.
 */
export interface FileEdit {
  readonly path: StatePath;
  readonly value?: Value;
}

/** How many records of a file are kept whose operation may still be refused. */
const MAX_EARLIER = 8;

/** Below the local folder of a clone. */
const FOLDER = 'imports';

/** The hash by which a file is known again. */
export function textHash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/**
 * What this clone last took from each legacy file, without its secrets: one file per legacy file in the local folder of the
 * clone (`imports/`), readable by its user alone.
 */
export class ImportedFiles {
  readonly #folder: string;
  readonly #stands: (record: ImportedFileRecord) => Promise<boolean>;

  /**
   * @param folder the local folder of the clone
   * @param stands whether what a record tells of is in the repository, or waits for it
   */
  constructor(folder: string, stands: (record: ImportedFileRecord) => Promise<boolean>) {
    this.#folder = join(folder, FOLDER);
    this.#stands = stands;
  }

  /**
   * What was last taken from the file at this absolute path; null where nothing was. An import that was refused after
   * it had waited in the outbox took nothing. Throws EnvironmentError.
   */
  async last(path: string): Promise<ImportedFileRecord | null> {
    for (const record of (await this.#records(path)).reverse()) if (await this.#stands(record)) return record;
    return null;
  }

  async #records(path: string): Promise<ImportedFileRecord[]> {
    return (await this.#journal(path).read()).filter(isRecord).filter((record) => record.path === path);
  }

  /** The subjects of the operations that carried what was taken from the file at this absolute path. Throws EnvironmentError. */
  async carriers(path: string): Promise<readonly string[]> {
    return (await this.#records(path)).flatMap(({ carrier }) => carrier?.subject ?? []);
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
    const earlier = await this.#records(record.path);
    const newest = earlier.at(-1);
    const stands = newest !== undefined && (await this.#stands(newest));
    // With nothing new in it, it rests on what carried the last one.
    const carrier = record.carrier ?? (stands ? newest.carrier : undefined);
    const noted = carrier ? { ...record, carrier } : record;
    const { sha256, mtimeMs, subject } = record;
    const isSame =
      newest?.sha256 === sha256 &&
      newest.mtimeMs === mtimeMs &&
      newest.subject === subject &&
      newest.text === undefined &&
      sameValue(newest.sealed, record.sealed);
    if (isSame && stands && record.carrier === undefined && !newest.edits) return;
    const kept = carrier === undefined ? [] : earlier.slice(-MAX_EARLIER).map(withoutText);
    await this.#journal(record.path).replace(...kept, noted);
  }

  #journal(path: string): PrivateJournal {
    return new PrivateJournal(this.#folder, path);
  }
}

function withoutText({ text: _, ...record }: ImportedFileRecord): ImportedFileRecord {
  return record;
}

/**
 * Notes what kgit itself wrote into the file at this absolute path and has recorded: only what others write is new to the
 * next import. Throws EnvironmentError.
 * @param folder the local folder of the clone
 * @param clean takes the secrets out of an edit of a file of this family
 */
export async function noteWritten(
  folder: string,
  path: string,
  given: readonly FileEdit[],
  clean: (family: string, edit: FileEdit) => FileEdit,
): Promise<void> {
  const journal = new PrivateJournal(join(folder, FOLDER), path);
  const records = (await journal.read()).filter(isRecord);
  const [first] = records;
  if (!first || given.length === 0) return;
  const edits = given.map((edit) => clean(first.family, edit));
  const isOver = (earlier: FileEdit) =>
    edits.some((edit) => edit.path.every((key, i) => key === earlier.path[i]));
  const noted = records.map((record) => {
    const kept = (record.edits ?? []).filter((earlier) => !isOver(earlier));
    return { ...record, edits: [...kept, ...edits] };
  });
  await journal.replace(...noted);
}

function isRecord(line: unknown): line is ImportedFileRecord {
  if (!isMap(line)) return false;
  const { path, subject, family, sha256, mtimeMs, text, values, sealed, carrier, edits } = line;
  const isText = (each: unknown) => typeof each === 'string';
  const isEdit = (edit: unknown) => isMap(edit) && Array.isArray(edit['path']);
  return (
    [path, family, sha256].every(isText) &&
    (text === undefined || isText(text)) &&
    (values === undefined || (isMap(values) && isValue(values))) &&
    (sealed === undefined || (isMap(sealed) && Object.values(sealed).every(isText))) &&
    (subject === null || isText(subject)) &&
    Number.isFinite(mtimeMs) &&
    (carrier === undefined || (isMap(carrier) && isText(carrier['subject']) && isText(carrier['id']))) &&
    (edits === undefined || (Array.isArray(edits) && edits.every(isEdit)))
  );
}
