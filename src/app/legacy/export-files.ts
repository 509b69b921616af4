import { lstat, mkdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { ConflictError, InvalidStateError, UsageError } from '../../errors.js';
import type { SkippedEvents } from '../../model/event/broken-events.js';
import type { Subject } from '../../model/subject/subject.js';
import { sameValue } from '../../model/value/value.js';
import { decodeText } from '../../model/yaml/decoded-text.js';
import { parseSpelledYaml } from '../../model/yaml/spelled-yaml.js';
import { formatYaml } from '../../model/yaml/yaml.js';
import type { FolderLock } from '../../store/local/folder-lock.js';
import { ImportedFiles, textHash } from '../../store/local/imported-files.js';
import { WithheldValues } from '../../store/local/withheld-values.js';
import type { StateView } from '../../store/port/state-store.js';
import { listSubjects, readEvents, readState } from '../../store/read/records.js';
import { readAll } from '../../store/read/stored-events.js';
import type { ExportedFile, ExportedSubject } from '../../sync/export/exported-subject.js';
import { planExport } from '../../sync/export/plan-export.js';
import { recordStands } from '../../sync/plan/import-stands.js';
import { STATE_FOLDER } from '../../sync/read/legacy-family.js';
import { readBytes, replaceText, versionOf } from '../../sync/script-api/script-file.js';
import { recordedSubject } from '../subjects.js';
import type { LegacyContext } from './merge-host.js';

/** Longest name of a file, in bytes, on every file system in use. */
const MAX_NAME = 255;

export interface ExportIntent {
  /** A deployment or cluster as the user names it; all that the repository knows where it is left out. */
  readonly subject?: string;
  /** Absolute path of the checkout of the scripts. */
  readonly to: string;
  /** Overwrites files that have changed since they were imported. */
  readonly force: boolean;
}

export interface ExportParts {
  /** Lock of the script API on a folder of state files. */
  readonly lock: FolderLock;
  /** Collects what is left out: events that cannot be read, files that cannot be written. */
  readonly skipped: SkippedEvents;
  /** Awaits that this clone notes a file that was written; it may be read-only. */
  readonly noting: (noted: Promise<void>) => Promise<void>;
}

/** A file of an export. */
export interface ExportedRow {
  readonly path: string;
  readonly family: ExportedFile['family'];
  readonly subject: string | null;
  /** Places of the values that this machine does not have. */
  readonly withheld: readonly string[];
  readonly action: 'written' | 'unchanged';
}

interface PlannedFile extends ExportedFile {
  /** Absolute path. */
  readonly target: string;
  readonly text: string;
  /** Whether the file on disk says it already. */
  readonly isThere: boolean;
}

/**
 * Writes the legacy files of one subject, or of all, below a checkout of the scripts. Writes nothing where one of them
 * would overwrite a file that has changed since it was imported.
 * Throws ConflictError, NotFoundError, UsageError, EnvironmentError.
 */
export async function exportFiles(
  context: LegacyContext & { readonly reading: { readonly view: StateView } },
  { subject: named, to, force }: ExportIntent,
  { lock, skipped, noting }: ExportParts,
): Promise<readonly ExportedRow[]> {
  const { view } = context.reading;
  const { localFolder } = context.opened;
  const subjects =
    named === undefined ? await listSubjects(view) : [await recordedSubject(named, { ...context, view })];
  const known = new WithheldValues(localFolder);
  const parts = await Promise.all(subjects.map((subject) => exported(subject, view, known, skipped)));
  const imported = new ImportedFiles(localFolder, recordStands(view));
  // Without the lock, a script that writes the same files just now would lose its writes.
  return lock.exclusively(resolve(to, STATE_FOLDER), async () => {
    const files = await planned(planExport(parts), to, { force, imported, skipped });
    for (const file of files) await write(file, imported, noting);
    return files.map(({ path, family, subject, withheld, isThere }) => ({
      path,
      family,
      subject: subject || null,
      withheld,
      action: isThere ? ('unchanged' as const) : ('written' as const),
    }));
  });
}

async function exported(
  subject: Subject,
  view: StateView,
  known: WithheldValues,
  skipped: SkippedEvents,
): Promise<ExportedSubject> {
  const events = readAll(await readEvents(view, subject, skipped), skipped);
  const state = subject.kind === 'deployment' ? await readState(view, subject.id) : null;
  return { subject, state, events, secrets: await known.all(subject) };
}

/** The files with their targets, once nothing is in the way of any. Throws ConflictError, UsageError. */
async function planned(
  files: readonly ExportedFile[],
  to: string,
  {
    force,
    imported,
    skipped,
  }: Pick<ExportIntent, 'force'> & Pick<ExportParts, 'skipped'> & { imported: ImportedFiles },
): Promise<PlannedFile[]> {
  const found: PlannedFile[] = [];
  const changed: string[] = [];
  for (const file of files) {
    const target = join(to, file.path);
    const twin = found.find((other) => other.target === target);
    if (twin)
      throw new UsageError(`${twin.subject} and ${file.subject} both have ${file.path}`, {
        suggestions: [`Export one of them: kgit export ${file.subject}`],
      });
    const problem = file.problem ?? nameProblem(target);
    if (problem !== null) {
      skipped.note(file.path, new InvalidStateError(problem));
      continue;
    }
    const here = (await versionOf(target)) === null ? null : await readBytes(target);
    const text = here === null ? null : decodeText(here);
    const isThere = typeof text === 'string' && says(text, file);
    const record = here === null || isThere ? null : await imported.last(target);
    if (here !== null && !isThere && record?.sha256 !== textHash(String(here))) changed.push(file.path);
    found.push({ ...file, target, text: isThere ? text : formatYaml(file.data), isThere });
  }
  if (changed.length > 0 && !force)
    throw new ConflictError(`changed since they were imported, or never imported: ${changed.join(', ')}`, {
      suggestions: ['Import them first: kgit import', 'Overwrite them with --force'],
      data: { files: changed },
    });
  return found;
}

/** Why no file can have this name; null where one can. */
function nameProblem(path: string): string | null {
  const bytes = Buffer.byteLength(basename(path));
  return bytes > MAX_NAME ? `a file name of ${bytes} bytes is too long` : null;
}

/** Whether a file holds the data that is to be written, in whatever layout. */
function says(text: string, file: ExportedFile): boolean {
  try {
    return sameValue(parseSpelledYaml(text, file.path), file.data);
  } catch {
    // Not YAML, so it holds something else.
    return false;
  }
}

async function write(
  file: PlannedFile,
  imported: ImportedFiles,
  noting: ExportParts['noting'],
): Promise<void> {
  const { subject, family, target: path, text, isThere } = file;
  if (!isThere) {
    await mkdir(dirname(path), { recursive: true });
    await replaceText(path, text);
  }
  const { mtimeMs } = await lstat(path);
  await noting(
    imported.note({ path, subject: subject || null, family, sha256: textHash(text), mtimeMs, text }),
  );
}
