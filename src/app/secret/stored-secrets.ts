import { InvalidStateError } from '../../errors.js';
import type { Subject } from '../../model/subject/subject.js';
import { parseSealedSecret } from '../../model/team-secret/secret-document.js';
import { pathOfSecretFile, secretFile, secretsFolder } from '../../model/team-secret/secret-name.js';
import type { Value } from '../../model/value/value.js';
import type { Sops } from '../../secrets/sops.js';
import type { StateView } from '../../store/port/state-store.js';

/** The secrets that a subject has in a view, each with its file. Decrypts nothing. Throws InvalidStateError. */
export async function secretFiles(view: StateView, subject: Subject): Promise<ReadonlyMap<string, string>> {
  const folder = secretsFolder(subject);
  const found = new Map<string, string>();
  for (const { name } of (await view.list(folder)) ?? []) {
    const file = `${folder}/${name}`;
    const path = pathOfSecretFile(name) ?? parseSealedSecret(await textOf(view, file), file).path;
    found.set(path, file);
  }
  return found;
}

/** Whether a subject has a secret at a path. */
export async function hasSecret(view: StateView, subject: Subject, path: string): Promise<boolean> {
  return (await view.kindOf(secretFile(subject, path))) !== null;
}

/** Decrypts secrets side by side, as many at a time as sops may run. Throws as `Sops.decrypt`, and NotFoundError. */
export async function revealed(
  view: StateView,
  files: ReadonlyMap<string, string>,
  sops: Sops,
): Promise<ReadonlyMap<string, Value>> {
  const values = await Promise.all(
    [...files].map(
      async ([path, file]) => [path, await sops.decrypt(await textOf(view, file), path, file)] as const,
    ),
  );
  return new Map(values);
}

/** The text of the file of a secret. Throws InvalidStateError if it is no file. */
export async function textOf(view: StateView, file: string): Promise<string> {
  const text = await view.read(file);
  if (text !== null) return text;
  throw new InvalidStateError(`${file}: it is no file`, { data: { path: file } });
}
