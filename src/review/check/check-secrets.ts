import { InvalidStateError } from '../../errors.js';
import { lookUp, parseStatePath } from '../../model/state/state-path.js';
import type { Subject } from '../../model/subject/subject.js';
import { lacking, type Recipient, recipientFault } from '../../model/team-secret/recipients.js';
import { parseSealedSecret, type SealedSecret } from '../../model/team-secret/secret-document.js';
import { SOPS_FILE, secretFileName } from '../../model/team-secret/secret-name.js';
import { teamRecipients } from '../../model/team-secret/sops-config.js';
import { shellWord } from '../../model/value/shell-word.js';
import type { Value } from '../../model/value/value.js';
import { isStateKey } from '../../store/local/withheld-values.js';
import { isNameOfSecret } from '../../store/read/secret-files.js';
import type { Findings } from '../finding.js';
import { lineOf } from '../lines.js';

/** Longest path in a message, in characters. */
const MAX_SHOWN = 100;
/** Number of paths of a deployment that are told with their line: to find one, the whole document is parsed. */
const MAX_LINES = 50;

/** What is known of a revision when only some of its files are checked. */
export interface KnownSecrets {
  /** Those who can read the secrets; null if the team shares none, undefined if `.sops.yaml` cannot be read. */
  readonly recipients: readonly Recipient[] | null | undefined;
  /** By deployment: the paths in the state that are secret. */
  readonly paths: ReadonlyMap<string, readonly string[]>;
}

/**
 * Checks the team's secrets of a revision, file by file, without a key: `.sops.yaml` first, then each secret, and the state of a
 * deployment after its secrets, as the order of paths has it.
 */
export class SecretChecker {
  readonly #findings: Findings;
  readonly #isNew: (path: string) => boolean;
  /** Null if the team shares no secrets; undefined if `.sops.yaml` cannot be read, which is a finding of its own. */
  #recipients: readonly Recipient[] | null | undefined;
  /** By deployment: the paths in the state that are secret. */
  readonly #paths: Map<string, readonly string[]>;

  /**
   * @param isNew whether a file was written since the base, so that its recipients must be today's
   * @param known of files that are not checked; null if all are
   */
  constructor(findings: Findings, isNew: (path: string) => boolean, known: KnownSecrets | null = null) {
    this.#findings = findings;
    this.#isNew = isNew;
    this.#recipients = known === null ? null : known.recipients;
    this.#paths = new Map(known?.paths);
  }

  /** Checks `.sops.yaml`. */
  config(text: string): void {
    this.#recipients = this.#read('secret-recipients', SOPS_FILE, () => teamRecipients(text));
    for (const recipient of this.#recipients ?? []) {
      const fault = recipientFault(recipient);
      if (fault !== null)
        this.#findings.add('secret-recipients', SOPS_FILE, fault, {
          fix: `Nobody can write a secret as long as it is there: kgit secrets recipients remove ${shellWord(recipient.id)}`,
        });
    }
  }

  /** Checks the file of a secret. */
  secret(subject: Subject, path: string, text: string): void {
    const sealed = this.#read('secret-file', path, () => parseSealedSecret(text, path));
    if (sealed === undefined) return;
    const name = secretFileName(sealed.path);
    if (!path.endsWith(`/${name}`)) {
      this.#findings.add('secret-file', path, `its path is ${shown(sealed.path)}, whose file is ${name}`, {
        fix: 'Somebody may have moved it to pass it off as another secret: write the secret anew (kgit set --secret PATH=-)',
      });
      return;
    }
    if (!isNameOfSecret(sealed.path)) {
      this.#findings.add('secret-file', path, `${shown(sealed.path)} is not a path as kgit writes it`, {
        fix: 'kgit does not read this file: remove it, and write the secret anew (kgit set --secret PATH=-)',
      });
      return;
    }
    this.#checkRecipients(path, sealed);
    if (subject.kind !== 'deployment' || !isStateKey(sealed.path)) return;
    this.#paths.set(subject.id, [...(this.#paths.get(subject.id) ?? []), sealed.path]);
  }

  /** Checks a state for paths that are secret, too. */
  state(id: string, state: Record<string, Value>, path: string, text: string): void {
    let lines = 0;
    for (const secret of this.#paths.get(id) ?? []) {
      const keys = parseStatePath(secret);
      if (!lookUp(state, keys).found) continue;
      this.#findings.add('secret-readable', path, `${shown(secret)} is a secret, and has a readable value`, {
        line: lines++ < MAX_LINES ? lineOf(text, keys) : null,
        fix: `Everybody who can read the repository knows this value: take it away (kgit unset --deployment ${id} PATH), replace it at its source, and set the secret anew`,
      });
    }
    this.#paths.delete(id);
  }

  #checkRecipients(path: string, { recipients }: SealedSecret): void {
    if (this.#recipients === undefined) return;
    const today = this.#recipients ?? [];
    const [gone, fresh] = [lacking(recipients, today), lacking(today, recipients)];
    if (gone.length === 0 && fresh.length === 0) return;
    const told = [
      ...(gone.length > 0 ? [`${named(gone)} can read it, but ${SOPS_FILE} does not name them`] : []),
      ...(fresh.length > 0 ? [`${named(fresh)} cannot read it yet`] : []),
    ];
    this.#findings.add('secret-recipients', path, told.join('; '), {
      severity: this.#isNew(path) ? 'error' : 'warning',
      fix: 'kgit secrets rotate, by somebody who can read it',
    });
  }

  /** Reads a file; undefined, with a finding, if that fails. */
  #read<T>(rule: 'secret-file' | 'secret-recipients', path: string, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof InvalidStateError)) throw error;
      const { line } = error.data;
      this.#findings.add(rule, path, error.message.replace(`${path}: `, ''), {
        line: typeof line === 'number' ? line : null,
        fix: error.suggestions[0] ?? null,
      });
      return undefined;
    }
  }
}

function shown(path: string): string {
  return path.length > MAX_SHOWN ? `${path.slice(0, MAX_SHOWN)}…` : path;
}

function named(recipients: readonly Recipient[]): string {
  const ids = recipients.slice(0, 3).map(({ id }) => id);
  return recipients.length > ids.length
    ? `${ids.join(', ')} and ${recipients.length - ids.length} more`
    : ids.join(', ');
}
