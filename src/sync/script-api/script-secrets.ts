import type { SecretWrites } from '../../model/operation/operation.js';
import type { Subject } from '../../model/subject/subject.js';
import type { Value } from '../../model/value/value.js';

/** Secret values of a subject by name, as `WithheldValues` names them; undefined for values to forget. */
export type NamedSecrets = ReadonlyMap<string, Value | undefined>;

/**
 * Where the secrets of script calls are: encrypted in the repository, if the team shares secrets, else withheld on this
 * machine. Names are those of `WithheldValues`.
 */
export interface ScriptSecrets {
  /** The names of the secrets of a subject. Decrypts nothing. */
  names(subject: Subject): Promise<ReadonlySet<string>>;
  /** The names of those that the team has. */
  shared(subject: Subject): Promise<ReadonlySet<string>>;
  /**
   * The value of a secret; undefined if there is none. The first value of a subject decrypts the others beside it, and they stay in
   * memory. A copy of this machine is taken, with a note, if it cannot be decrypted. Throws SecretError if the user has no key for it
   * and this machine does not have it, InvalidStateError.
   */
  value(subject: Subject, name: string, note: (message: string) => void): Promise<Value | undefined>;
  /**
   * Keeps secrets: encrypts them for the operation of a call, or, if the team shares none, withholds them on this machine and returns
   * null. A value that is known to be there already is left out. Throws SecretError, InvalidStateError, EnvironmentError.
   * @param event id of the event that records them
   */
  keep(subject: Subject, event: string, values: NamedSecrets): Promise<SecretWrites | null>;
  /** Withholds values on this machine, durably. Throws EnvironmentError. */
  withhold(subject: Subject, values: NamedSecrets): Promise<void>;
}
