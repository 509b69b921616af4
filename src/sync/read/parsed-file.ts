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

/** A value that was withheld, under the key by which `WithheldValues` keeps it. */
export interface Secret {
  readonly subject: Subject;
  readonly key: string;
  /** The key for what this file says, where another one says otherwise for the same state path. */
  readonly ownKey?: string;
  readonly value: Value;
}

/** What of a file becomes state of its deployment. */
export interface ParsedState extends StateClaims {
  /** What the file says under its own keys, in their order, without what was withheld. */
  readonly values: ValueMap;
  /** Where in the file values were withheld, by its own keys and as messages show them. */
  readonly withheldKeys: readonly string[];
  /** Where in a checkout the file lies; null in its usual place. */
  readonly within: string | null;
  /** What the state says in place of the file. */
  readonly derived: readonly DerivedValue[];
  /** Whether the file still names what it is about, so that a key that it lacks was taken away. */
  readonly isWhole: boolean;
}

/** A legacy file as what it would write, before anything is known of the repository. */
export interface ParsedFile {
  readonly path: string;
  readonly family: Family | 'unknown';
  readonly subject: Subject | null;
  /** The legacy name of the subject where the rule of names made a slug of it. */
  readonly name: string | null;
  /** Id of the deployment whose operation takes the file; null for those that no deployment lies beside. */
  readonly deployment: string | null;
  readonly found: number;
  readonly events: readonly ImportedEvent[];
  readonly state: ParsedState | null;
  /** Places of the secrets, as messages show them. */
  readonly withheld: readonly string[];
  readonly secrets: readonly Secret[];
  readonly warnings: readonly string[];
  readonly error: ImportError | null;
  readonly file: LegacyFile;
}

/** The row of a file that nothing is known of yet. */
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
