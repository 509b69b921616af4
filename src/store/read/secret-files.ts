import { InvalidStateError } from '../../errors.js';
import { beginsWith, isFormattedPath, parseStatePath, type StatePath } from '../../model/state/state-path.js';
import type { Subject } from '../../model/subject/subject.js';
import { parseSealedSecret } from '../../model/team-secret/secret-document.js';
import {
  pathOfSecretFile,
  SECRET_SUFFIX,
  secretFileName,
  secretsFolder,
} from '../../model/team-secret/secret-name.js';
import { isStateKey } from '../local/withheld-values.js';
import type { StateView } from '../port/state-store.js';

/** The files in the folder of a subject's secrets. */
interface ListedSecrets {
  /** By path. */
  readonly files: ReadonlyMap<string, string>;
  /** What is wrong with the others, one message each. */
  readonly broken: readonly string[];
}

/**
 * The files of the secrets that a subject has in a view, by path. Decrypts nothing. Files that are no secret's by their names
 * are left out, so that one of them does not stop all reading and writing: `kgit validate` reports them.
 */
export async function secretFiles(view: StateView, subject: Subject): Promise<ReadonlyMap<string, string>> {
  return (await listSecrets(view, subject)).files;
}

/** As `secretFiles`, with what is wrong with the files that are left out. */
export async function listSecrets(view: StateView, subject: Subject): Promise<ListedSecrets> {
  const folder = secretsFolder(subject);
  const files = new Map<string, string>();
  const broken: string[] = [];
  for (const { name } of (await view.list(folder)) ?? []) {
    if (!name.endsWith(SECRET_SUFFIX)) continue;
    const file = `${folder}/${name}`;
    try {
      const path = pathOfSecretFile(name) ?? (await pathOfCutName(view, file, name));
      if (!isNameOfSecret(path)) throw misnamed(file);
      files.set(path, file);
    } catch (error) {
      if (!(error instanceof InvalidStateError)) throw error;
      broken.push(error.message);
    }
  }
  return { files, broken };
}

/** The path of a secret whose file name is cut, from what is in the file. Throws InvalidStateError if both disagree. */
async function pathOfCutName(view: StateView, file: string, name: string): Promise<string> {
  const { path } = parseSealedSecret(await secretText(view, file), file);
  if (secretFileName(path) === name) return path;
  throw misnamed(file);
}

function misnamed(file: string): InvalidStateError {
  return new InvalidStateError(`${file}: its name is not that of a path`, { data: { path: file } });
}

/** Whether a secret may have this name: a path of the state as `formatStatePath` writes it, or the name of a value beside the state. */
export function isNameOfSecret(name: string): boolean {
  return !isStateKey(name) || isFormattedPath(name);
}

/** The encrypted document of a secret. Throws InvalidStateError if there is none. */
export async function secretText(view: StateView, file: string): Promise<string> {
  const text = await view.read(file);
  if (text !== null) return text;
  throw new InvalidStateError(`${file}: it is no file`, { data: { path: file } });
}

/** The encrypted documents of the secrets that a subject has in a view, by path. Throws InvalidStateError. */
export async function secretTexts(view: StateView, subject: Subject): Promise<ReadonlyMap<string, string>> {
  const files = [...(await secretFiles(view, subject))];
  const texts = await Promise.all(files.map(([, file]) => secretText(view, file)));
  return new Map(files.map(([path], i) => [path, texts[i] as string]));
}

/** Whether the secret of this name is at a path of the state or below it. */
export function isSecretWithin(name: string, path: StatePath): boolean {
  return isStateKey(name) && beginsWith(parseStatePath(name), path);
}

/** Whether a path of the state lies inside the value of the secret of this name. */
export function isInsideSecret(path: StatePath, name: string): boolean {
  if (!isStateKey(name)) return false;
  const own = parseStatePath(name);
  return own.length < path.length && beginsWith(path, own);
}
