import { formatSubject, type Subject } from '../../model/subject/subject.js';
import { sameValue, type Value } from '../../model/value/value.js';
import type { ParsedFile, Secret } from '../read/parsed-file.js';

/** What a file says of one secret. */
export interface SecretClaim {
  readonly file: ParsedFile;
  readonly secret: Secret;
  /** Undefined if there must be no value of this name. */
  readonly value: Value | undefined;
}

/** The secrets of one subject in legacy files. */
export interface ClaimedSecrets {
  readonly subject: Subject;
  /** By key in `WithheldValues`. */
  readonly claims: ReadonlyMap<string, SecretClaim>;
}

/** The secrets of sound files, by subject. If two files have different values for one state path, both are kept. */
export function claimedSecrets(parsed: readonly ParsedFile[]): readonly ClaimedSecrets[] {
  const subjects = new Map<string, { subject: Subject; claims: Map<string, SecretClaim> }>();
  for (const file of parsed) {
    if (file.error !== null) continue;
    for (const secret of file.secrets) {
      const { subject, key, ownKey, value } = secret;
      const name = formatSubject(subject);
      const { claims } = subjects.get(name) ?? { claims: new Map<string, SecretClaim>() };
      subjects.set(name, { subject, claims });
      const first = claims.get(key);
      const isOther = first !== undefined && !sameValue(first.value, value);
      if (!first) claims.set(key, { file, secret, value });
      if (ownKey !== undefined) claims.set(ownKey, { file, secret, value: isOther ? value : undefined });
    }
  }
  return [...subjects.values()];
}

/** The name under which a record of a file keeps one of its secrets. */
export function ownKeyOf({ key, ownKey }: Secret): string {
  return ownKey ?? key;
}
