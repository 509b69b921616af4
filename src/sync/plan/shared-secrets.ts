import type { SecretWrites } from '../../model/operation/operation.js';
import type { Subject } from '../../model/subject/subject.js';
import type { Value } from '../../model/value/value.js';

/** What a secret is the secret of, and the file that holds it encrypted. */
export interface SharedPlace {
  /** As in `WithheldValues`. */
  readonly path: string;
  readonly file: string;
}

/** Encrypts and decrypts the secrets that a team shares, in one view of its repository. */
export interface SharedSecrets {
  /** The values in encrypted files, by key, without those that the user has no key for. */
  read(files: ReadonlyMap<string, string>): Promise<ReadonlyMap<string, Value>>;
  /** The value in the text of an encrypted file; undefined if the user has no key for it. */
  decrypt(text: string, place: SharedPlace): Promise<Value | undefined>;
  /** Encrypts values for the team; undefined removes one. */
  seal(
    subject: Subject,
    event: string,
    values: ReadonlyMap<string, Value | undefined>,
  ): Promise<SecretWrites>;
}
