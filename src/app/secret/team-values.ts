import { SecretError } from '../../errors.js';
import type { SecretWrites } from '../../model/operation/operation.js';
import type { Subject } from '../../model/subject/subject.js';
import { formatRecipient, type Recipient } from '../../model/team-secret/recipients.js';
import { parseSealedSecret } from '../../model/team-secret/secret-document.js';
import { SOPS_FILE } from '../../model/team-secret/secret-name.js';
import { teamRecipients } from '../../model/team-secret/sops-config.js';
import type { Value } from '../../model/value/value.js';
import type { Sops } from '../../secrets/sops.js';
import type { StateView } from '../../store/port/state-store.js';
import { secretText } from '../../store/read/secret-files.js';
import { encryptSecrets, type SecretValues } from './encrypt-secrets.js';

/** Largest number of values that a process remembers. */
const MAX_KNOWN = 10_000;

/** A file of a secret: what it is the secret of, and where it lies. */
export interface SecretPlace {
  readonly path: string;
  readonly file: string;
}

/** Secrets of a subject, as far as the user can read them. */
export interface ReadSecrets {
  /** By path. */
  readonly values: ReadonlyMap<string, Value>;
  /** Paths that the user has no key for. */
  readonly locked: readonly string[];
}

/** For whom a repository encrypts its secrets; null if it shares none, so that they stay on the machines that have them. */
export async function sharedWith(view: StateView): Promise<readonly Recipient[] | null> {
  const recipients = teamRecipients(await view.read(SOPS_FILE)) ?? [];
  return recipients.length === 0 ? null : recipients;
}

/**
 * Decrypts and encrypts the secrets of a team, as many at a time as sops may run. A file is decrypted once in a process, and
 * one that this process encrypted not at all.
 */
export class TeamValues {
  readonly #sops: Sops;
  /** By path and text of the encrypted file. */
  readonly #known = new Map<string, Promise<Value | undefined>>();
  /** Recipients of a file that the user had no key for. */
  readonly #keyless = new Set<string>();

  constructor(sops: Sops) {
    this.#sops = sops;
  }

  /**
   * Decrypts secrets side by side. Throws InvalidStateError, EnvironmentError, and SecretError for recipients of a kind that the
   * user does not allow.
   * @param files by path, as `secretFiles` lists them
   */
  async read(view: StateView, files: ReadonlyMap<string, string>): Promise<ReadSecrets> {
    const values = new Map<string, Value>();
    const locked: string[] = [];
    const one = async ([path, file]: readonly [string, string]) => {
      const value = await this.decrypt(await secretText(view, file), { path, file });
      if (value === undefined) locked.push(path);
      else values.set(path, value);
    };
    // Without a key for the first, none of the others is tried that has the same recipients.
    const [first, ...others] = files;
    if (first) await one(first);
    await Promise.all(others.map(one));
    return { values, locked };
  }

  /** The value in the text of an encrypted file; undefined if the user has no key for it. Throws as `read`. */
  async decrypt(text: string, place: SecretPlace): Promise<Value | undefined> {
    const key = knownAs(place.path, text);
    const known = this.#known.get(key) ?? this.#decrypted(text, place);
    this.#remember(key, known);
    try {
      return await known;
    } catch (error) {
      this.#known.delete(key);
      throw error;
    }
  }

  /** The value in the text of an encrypted file, if this process has decrypted or written it; else undefined. Runs nothing. */
  async recall(text: string, path: string): Promise<Value | undefined> {
    return this.#known.get(knownAs(path, text));
  }

  /**
   * Encrypts values for those who can read the team's secrets in a view; needs no key. Throws as `encryptSecrets`.
   * @param event id of the event that records them
   */
  async seal(view: StateView, subject: Subject, event: string, values: SecretValues): Promise<SecretWrites> {
    const writes = await encryptSecrets({ subject, values }, event, view, this.#sops);
    for (const { path, text } of writes.files)
      if (text !== null) this.#remember(knownAs(path, text), Promise.resolve(values.get(path)));
    return writes;
  }

  async #decrypted(text: string, { path, file }: SecretPlace): Promise<Value | undefined> {
    const recipients = parseSealedSecret(text, file).recipients.map(formatRecipient).join();
    if (this.#keyless.has(recipients)) return undefined;
    try {
      return await this.#sops.decrypt(text, path, file);
    } catch (error) {
      if (!(error instanceof SecretError) || error.causeWord !== 'no-key') throw error;
      this.#keyless.add(recipients);
      return undefined;
    }
  }

  #remember(key: string, value: Promise<Value | undefined>): void {
    const [oldest] = this.#known.keys();
    if (this.#known.size >= MAX_KNOWN && oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(key, value);
  }
}

function knownAs(path: string, text: string): string {
  return `${path}\n${text}`;
}
