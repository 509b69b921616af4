import { InvalidStateError } from '../../errors.js';
import type { Subject } from '../../model/subject/subject.js';
import type { Recipient } from '../../model/team-secret/recipients.js';
import { parseSealedSecret } from '../../model/team-secret/secret-document.js';
import type { Value } from '../../model/value/value.js';
import type { Sops } from '../../secrets/sops.js';
import type { StateView } from '../../store/port/state-store.js';
import { listSubjects } from '../../store/read/records.js';
import { listSecrets, secretText } from '../../store/read/secret-files.js';

/** Decrypts secrets side by side, as many at a time as sops may run. Throws as `Sops.decrypt`, and NotFoundError. */
export async function revealed(
  view: StateView,
  files: ReadonlyMap<string, string>,
  sops: Sops,
): Promise<ReadonlyMap<string, Value>> {
  const values = await Promise.all(
    [...files].map(
      async ([path, file]) => [path, await sops.decrypt(await secretText(view, file), path, file)] as const,
    ),
  );
  return new Map(values);
}

/** The file of a secret, and who can decrypt it. */
export interface StoredSecret {
  readonly subject: Subject;
  readonly path: string;
  readonly file: string;
  readonly text: string;
  readonly recipients: readonly Recipient[];
}

/** The secrets that can be read as such, and what is wrong with the others, one message each. */
export interface StoredSecrets {
  readonly secrets: readonly StoredSecret[];
  readonly broken: readonly string[];
}

/**
 * The secrets in a view with those who can decrypt each. Decrypts nothing.
 * @param subjects whose secrets; all if null
 */
export async function storedSecrets(
  view: StateView,
  subjects: readonly Subject[] | null = null,
): Promise<StoredSecrets> {
  const secrets: StoredSecret[] = [];
  const broken: string[] = [];
  for (const subject of subjects ?? (await listSubjects(view))) {
    const listed = await listSecrets(view, subject);
    broken.push(...listed.broken);
    for (const [path, file] of listed.files) {
      try {
        const text = await secretText(view, file);
        const sealed = parseSealedSecret(text, file);
        if (sealed.path !== path) throw otherPath(file);
        secrets.push({ subject, path, file, text, recipients: sealed.recipients });
      } catch (error) {
        if (!(error instanceof InvalidStateError)) throw error;
        broken.push(error.message);
      }
    }
  }
  return { secrets, broken };
}

function otherPath(file: string): InvalidStateError {
  return new InvalidStateError(`${file}: it is the secret of another path`, { data: { path: file } });
}
