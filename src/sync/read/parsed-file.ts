import type { Subject } from '../../model/subject/subject.js';
import type { Value, ValueMap } from '../../model/value/value.js';
import type { ImportedEvent } from '../parse/imported-event.js';
import type { DerivedValue } from '../parse/phase-evidence.js';
import type { StateClaims } from '../parse/state-claims.js';
import type { SecretGuard } from '../parse/withhold.js';
import type { ImportError } from './import-error.js';
import type { Family } from './legacy-family.js';
import type { SubjectSettings } from './legacy-subject.js';
import type { LegacyFile } from './read-legacy-files.js';

export interface ImportSettings extends SubjectSettings {
  readonly skipInvalid: boolean;
  readonly secrets: SecretGuard;
}

/** A withheld value, with its key in `WithheldValues`. */
export interface Secret {
  readonly subject: Subject;
  readonly key: string;
  /** The key for this file's value if another file has a different one for the same state path. */
  readonly ownKey?: string;
  readonly value: Value;
}

/** The part of a file that becomes state of its deployment. */
export interface ParsedState extends StateClaims {
  /** The file's values under its own keys, in order, without withheld ones. */
  readonly values: ValueMap;
  /** Places of withheld values in the file, by its own keys and formatted for messages. */
  readonly withheldKeys: readonly string[];
  /** The file's place within a checkout; null for the usual place. */
  readonly within: string | null;
  /** Values that the state has instead of the file's. */
  readonly derived: readonly DerivedValue[];
  /** Whether the file still has its identity, so that a missing key means that it was removed. */
  readonly isWhole: boolean;
}

/** What a legacy file would write, before it is compared with the repository. */
export interface ParsedFile {
  readonly path: string;
  readonly family: Family | 'unknown';
  readonly subject: Subject | null;
  /** The legacy name of the subject, if its slug differs. */
  readonly name: string | null;
  /** Id of the deployment whose operation includes the file; null if there is no deployment in its folder. */
  readonly deployment: string | null;
  readonly found: number;
  readonly events: readonly ImportedEvent[];
  readonly state: ParsedState | null;
  /** Places of the secrets, formatted for messages. */
  readonly withheld: readonly string[];
  readonly secrets: readonly Secret[];
  readonly warnings: readonly string[];
  readonly error: ImportError | null;
  readonly file: LegacyFile;
}

/** The row of a file before it is parsed. */
export function emptyRow(file: LegacyFile, family: Family | 'unknown'): ParsedFile {
  return {
    path: file.path,
    family,
    subject: null,
    name: null,
    deployment: null,
    found: 0,
    events: [],
    state: null,
    withheld: [],
    secrets: [],
    warnings: [],
    error: null,
    file,
  };
}
