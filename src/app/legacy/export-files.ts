import { lstat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { ConflictError, InvalidStateError, UsageError } from '../../errors.js';
import type { SkippedEvents } from '../../model/event/broken-events.js';
import { formatSubject, type Subject } from '../../model/subject/subject.js';
import { sameValue } from '../../model/value/value.js';
import { decodeText } from '../../model/yaml/decoded-text.js';
import { parseSpelledYaml } from '../../model/yaml/spelled-yaml.js';
import { formatYaml } from '../../model/yaml/yaml.js';
import { PRIVATE_FILE } from '../../platform/file-modes.js';
import type { Environment } from '../../setup/this-host.js';
import type { FolderLock } from '../../store/local/folder-lock.js';
import { type ImportedFileRecord, ImportedFiles, textHash } from '../../store/local/imported-files.js';
import { WithheldValues } from '../../store/local/withheld-values.js';
import type { StateView } from '../../store/port/state-store.js';
import { listSubjects, readEvents, readState } from '../../store/read/records.js';
import { removedSecrets } from '../../store/read/removed-secrets.js';
import { readAll } from '../../store/read/stored-events.js';
import type { ExportedFile, ExportedSubject } from '../../sync/export/exported-subject.js';
import { planExport } from '../../sync/export/plan-export.js';
import { splitState } from '../../sync/parse/parse-state.js';
import type { SecretGuard } from '../../sync/parse/withhold.js';
import { recordStands } from '../../sync/plan/import-stands.js';
import { secretName } from '../../sync/plan/plan-secrets.js';
import { guardOfTeam } from '../../sync/plan/team-guard.js';
import { isFamily, isStateFamily, STATE_FOLDER } from '../../sync/read/legacy-family.js';
import { readBytes, replaceText, versionOf } from '../../sync/script-api/script-file.js';
import { recordedSubject } from '../open/subjects.js';
import { type DecryptedSecrets, readerOf } from '../secret/shared-secrets.js';
import { type LegacyContext, SECRET_GUARD } from './merge-host.js';

/** Longest file name in bytes, on all common file systems. */
const MAX_NAME = 255;

export interface ExportIntent {
  /** A deployment or cluster as the user names it; if absent, everything in the repository. */
  readonly subject?: string;
  /** Absolute path of the scripts' checkout. */
  readonly to: string;
  /** Whether to overwrite files that have changed since they were imported. */
  readonly force: boolean;
}

/** Secrets of the team that the user has no key for, by path. */
export interface LockedSecrets {
  /** Those that are in no file. */
  readonly leftOut: readonly string[];
  /** Those of which this machine has a copy, which may be older than the team's. */
  readonly copied: readonly string[];
}

export interface ExportParts {
  /** Lock of the script API on a folder of state files. */
  readonly lock: FolderLock;
  /** Where sops, and the user's key for the secrets of the team, are found. */
  readonly environment: Environment;
  /** Called for a subject with secrets of the team that the user has no key for. */
  readonly onLocked: (subject: string, locked: LockedSecrets) => void;
  /** Collects what is skipped: events that cannot be read, files that cannot be written. */
  readonly skipped: SkippedEvents;
  /** Awaits the record of a written file in this clone, which may be read-only. */
  readonly noting: (noted: Promise<void>) => Promise<void>;
}

/** One exported file. */
export interface ExportedRow {
  readonly path: string;
  readonly family: ExportedFile['family'];
  readonly subject: string | null;
  /** Places of the values that are neither on this machine nor decrypted. */
  readonly withheld: readonly string[];
  readonly action: 'written' | 'unchanged';
}

interface PlannedFile extends ExportedFile {
  /** Absolute path. */
  readonly target: string;
  readonly text: string;
  /** Whether the file on disk already has this content. */
  readonly isThere: boolean;
}

/**
 * Writes the legacy files of one subject, or of all, into a checkout of the scripts. Writes nothing if any of them
 * would overwrite a file that has changed since it was imported. Secrets come from the team's encrypted files, else from those that
 * were withheld on this machine. Throws ConflictError, NotFoundError, UsageError, SecretError, EnvironmentError.
 */
export async function exportFiles(
  context: LegacyContext & { readonly reading: { readonly view: StateView } },
  { subject: named, to, force }: ExportIntent,
  { lock, skipped, environment, onLocked, noting }: ExportParts,
): Promise<readonly ExportedRow[]> {
  const { view } = context.reading;
  const { localFolder } = context.opened;
  const subjects =
    named === undefined ? await listSubjects(view) : [await recordedSubject(named, { ...context, view })];
  const known = new WithheldValues(localFolder);
  const secrets = readerOf(context.settings, environment, view);
  const parts = await Promise.all(
    subjects.map((subject) => exported(subject, view, { known, secrets }, skipped)),
  );
  const sealed = new Map<string, string>();
  const guards = new Map<string, SecretGuard>();
  const secretive = new Set(
    parts.filter((part) => part.secrets.size > 0).map(({ subject }) => formatSubject(subject)),
  );
  for (const { subject, locked, texts, secrets: values } of parts) {
    const leftOut = locked.filter((path) => !values.has(path));
    const copied = locked.filter((path) => values.has(path));
    if (locked.length > 0) onLocked(formatSubject(subject), { leftOut, copied });
    for (const [key, text] of texts) sealed.set(secretName(subject, key), text);
    guards.set(formatSubject(subject), guardOfTeam(SECRET_GUARD, [...texts.keys(), ...locked]));
  }
  const imported = new ImportedFiles(localFolder, recordStands(view));
  // Without the lock, a script that writes the same files at the same time would lose its writes.
  return lock.exclusively(resolve(to, STATE_FOLDER), async () => {
    const files = await planned(planExport(parts), to, { force, imported, skipped });
    for (const file of files) {
      const isPrivate = file.subject === '' ? secretive.size > 0 : secretive.has(file.subject);
      if (!file.isThere) await replaceText(file.target, file.text, isPrivate ? PRIVATE_FILE : undefined);
      await record(file, { sealed, guards }, imported, noting);
    }
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
  { known, secrets }: { readonly known: WithheldValues; readonly secrets: ReturnType<typeof readerOf> },
  skipped: SkippedEvents,
): Promise<ExportedSubject & Pick<DecryptedSecrets, 'texts'>> {
  const events = readAll(await readEvents(view, subject, skipped), skipped);
  const state = subject.kind === 'deployment' ? await readState(view, subject.id) : null;
  const { values, locked, texts } = await secrets(subject);
  const own = new Map(await known.all(subject));
  if (own.size > 0) for (const name of await removedSecrets(view, subject)) own.delete(name);
  return {
    subject,
    state,
    events,
    secrets: new Map([...own, ...values]),
    locked,
    texts,
  };
}

/** The files with their targets, if none is blocked. Throws ConflictError, UsageError. */
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

/** Why a file cannot have this name; null if it can. */
function nameProblem(path: string): string | null {
  const bytes = Buffer.byteLength(basename(path));
  return bytes > MAX_NAME ? `a file name of ${bytes} bytes is too long` : null;
}

/** Whether a file contains the data to be written, in any layout. */
function says(text: string, file: ExportedFile): boolean {
  try {
    return sameValue(parseSpelledYaml(text, file.path), file.data);
  } catch {
    // Not YAML, so its content differs.
    return false;
  }
}

/** What the records of written files need to know of the team's secrets. */
interface KnownSecrets {
  /** The encrypted texts, by subject and name. */
  readonly sealed: ReadonlyMap<string, string>;
  /** The guard that knows the secrets of a subject, by `formatSubject`. */
  readonly guards: ReadonlyMap<string, SecretGuard>;
}

/** Records a file that was written, for the next import. */
async function record(
  file: PlannedFile,
  secrets: KnownSecrets,
  imported: ImportedFiles,
  noting: ExportParts['noting'],
): Promise<void> {
  const { subject, family, target: path, text } = file;
  const { mtimeMs } = await lstat(path);
  const known = recordedState(file, secrets);
  await noting(
    imported.note({ path, subject: subject || null, family, sha256: textHash(text), mtimeMs, ...known }),
  );
}

/** What the next import has to know of a state file that is written. */
function recordedState(
  { subject, family, data }: PlannedFile,
  { sealed: texts, guards }: KnownSecrets,
): Pick<ImportedFileRecord, 'values' | 'sealed'> {
  if (!isFamily(family) || !isStateFamily(family)) return {};
  const { events: _events, ...keys } = data;
  const { values, secrets } = splitState(family, keys, guards.get(subject) ?? SECRET_GUARD);
  const sealed = secrets.flatMap(({ key, ownKey }) => {
    const text = texts.get(`${subject} ${ownKey}`) ?? texts.get(`${subject} ${key}`);
    return text === undefined ? [] : [[ownKey, text]];
  });
  return { values, ...(sealed.length === 0 ? {} : { sealed: Object.fromEntries(sealed) }) };
}
