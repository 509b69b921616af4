import { InvalidStateError, KgitError, SecretError } from '../../errors.js';
import type { SecretWrites } from '../../model/operation/operation.js';
import { findSecretsInText } from '../../model/secret/find-secrets.js';
import { keysOfSecret } from '../../model/secret/secret-keys.js';
import { parseStatePath } from '../../model/state/state-path.js';
import { formatSubject, type Subject } from '../../model/subject/subject.js';
import { secretFile } from '../../model/team-secret/secret-name.js';
import { sameValue, type Value } from '../../model/value/value.js';
import { isStateKey, type WithheldValues } from '../../store/local/withheld-values.js';
import type { Head, Revision, StateView } from '../../store/port/state-store.js';
import { secretFiles } from '../../store/read/secret-files.js';
import type { NamedSecrets, ScriptSecrets } from '../../sync/script-api/script-secrets.js';
import { sharedWith, type TeamValues } from '../secret/team-values.js';

/** Secrets with as many leading keys in common are decrypted together: the keys of all peers, for example. */
const FAMILY_DEPTH = 2;

export interface TeamSecretsParts {
  /** The head of the repository, as this machine knows it. */
  readonly head: () => Promise<Pick<Head, 'revision'>>;
  /** Reads what concerns a subject, waiting operations included. */
  readonly read: (subject: Subject) => Promise<StateView>;
  readonly local: WithheldValues;
  /** Called when the first secret is decrypted or written: most scripts have none. */
  readonly openTeam: () => Promise<TeamValues>;
}

/** What the repository has of the secrets of a subject at a revision, and what this process has kept for publishing since. */
interface Seen {
  readonly revision: Revision | null;
  readonly view: StateView;
  readonly isShared: boolean;
  /** The path of each secret's file, by name. */
  readonly files: Map<string, string>;
  /** Encrypted files that this process wrote, by name. */
  readonly texts: Map<string, string>;
}

/**
 * The secrets of the deployment scripts: encrypted in the repository if the team shares secrets, else withheld on this machine.
 * Values that were decrypted or written stay in the memory of the process, and on no disk. While a repository cannot be read,
 * reads and names go by what this machine has, because a script must go on; `keep` tells why.
 */
export class TeamSecrets implements ScriptSecrets {
  readonly #parts: TeamSecretsParts;
  readonly #seen = new Map<string, Seen>();
  #team: Promise<TeamValues> | null = null;

  constructor(parts: TeamSecretsParts) {
    this.#parts = parts;
  }

  async names(subject: Subject): Promise<ReadonlySet<string>> {
    const local = await this.#parts.local.all(subject);
    return new Set([...(await this.shared(subject)), ...local.keys()]);
  }

  async shared(subject: Subject): Promise<ReadonlySet<string>> {
    const seen = await this.#at(subject);
    return new Set(seen instanceof KgitError ? [] : seen.files.keys());
  }

  async value(subject: Subject, name: string, note: (message: string) => void): Promise<Value | undefined> {
    const seen = await this.#at(subject);
    const file = seen instanceof KgitError ? undefined : seen.files.get(name);
    const local = await this.#parts.local.get(subject, name);
    if (file === undefined || seen instanceof KgitError) return local;
    const team = await this.#openTeam();
    const text = await this.#textOf(seen, name);
    try {
      const value = text === null ? undefined : await team.decrypt(text, { path: name, file });
      if (value !== undefined) {
        this.#prefetch(seen, name, team);
        return value;
      }
    } catch (error) {
      // A file that was tampered with is told, never hidden behind an older value.
      if (!(error instanceof KgitError) || error instanceof InvalidStateError || local === undefined)
        throw error;
    }
    if (local !== undefined) {
      note(
        `${name}: the team's value cannot be decrypted here, so this machine's own is used, which may be another`,
      );
      return local;
    }
    throw new SecretError(
      `${name} is encrypted, and you have no key for it: name yours before the script starts (export SOPS_AGE_KEY_FILE=FILE), or have a teammate add you (kgit secrets recipients add AGE) and encrypt it again`,
      { data: { path: file } },
    );
  }

  async keep(subject: Subject, event: string, values: NamedSecrets): Promise<SecretWrites | null> {
    const seen = await this.#at(subject);
    if (seen instanceof KgitError) throw seen;
    if (!seen.isShared) {
      await this.withhold(subject, values);
      return null;
    }
    const withheld = new Map<string, Value | undefined>();
    const sealed = new Map<string, Value | undefined>();
    const local = await this.#parts.local.all(subject);
    for (const [name, value] of values) {
      if (value === undefined) {
        if (seen.files.has(name)) sealed.set(name, undefined);
        if (local.has(name)) withheld.set(name, undefined);
      } else if (isSecretName(name)) withheld.set(name, value);
      else if (!(await this.#isThere(seen, name, value))) sealed.set(name, value);
    }
    if (withheld.size > 0) await this.withhold(subject, withheld);
    if (sealed.size === 0) return null;
    return (await this.#openTeam()).seal(seen.view, subject, event, sealed);
  }

  /** Notes secrets whose operation is kept durably: the team has them, so this machine's own copies are obsolete. Throws EnvironmentError. */
  async stand(writes: readonly SecretWrites[]): Promise<void> {
    for (const { subject, files } of writes) {
      const seen = this.#seen.get(formatSubject(subject));
      for (const { path, text } of files) {
        if (text === null) seen?.files.delete(path);
        else seen?.files.set(path, secretFile(subject, path));
        if (text === null) seen?.texts.delete(path);
        else seen?.texts.set(path, text);
      }
      await this.#parts.local.forget(subject, new Set(files.map(({ path }) => path)));
    }
  }

  withhold(subject: Subject, values: NamedSecrets): Promise<void> {
    return this.#parts.local.put(subject, values);
  }

  #openTeam(): Promise<TeamValues> {
    this.#team ??= this.#parts.openTeam();
    return this.#team;
  }

  /** What is known at the head; the error if it cannot be read. */
  async #at(subject: Subject): Promise<Seen | KgitError> {
    const name = formatSubject(subject);
    try {
      const { revision } = await this.#parts.head();
      const known = this.#seen.get(name);
      if (known?.revision === revision) return known;
      const view = await this.#parts.read(subject);
      const isShared = (await sharedWith(view)) !== null;
      const files = new Map(await secretFiles(view, subject));
      const seen = { revision, view, isShared, files, texts: new Map<string, string>() };
      this.#seen.set(name, seen);
      return seen;
    } catch (error) {
      if (error instanceof KgitError) return error;
      throw error;
    }
  }

  async #textOf({ view, files, texts }: Seen, name: string): Promise<string | null> {
    const file = files.get(name);
    return texts.get(name) ?? (file === undefined ? null : view.read(file));
  }

  /** Whether a value is known to be that of a secret, without decrypting it. */
  async #isThere(seen: Seen, name: string, value: Value): Promise<boolean> {
    if (this.#team === null) return false;
    const text = await this.#textOf(seen, name);
    return text !== null && sameValue(await (await this.#team).recall(text, name), value);
  }

  /** Begins to decrypt the secrets of the same family, side by side: a script that asks for one asks for the others. */
  #prefetch(seen: Seen, name: string, team: TeamValues): void {
    if (!isStateKey(name)) return;
    const family = familyOf(name);
    for (const [path, file] of seen.files) {
      if (path === name || !isStateKey(path) || familyOf(path) !== family) continue;
      const read = async () => {
        const text = await this.#textOf(seen, path);
        if (text !== null) await team.decrypt(text, { path, file });
      };
      // The call that asks for it reports why it cannot be read.
      read().catch((error: unknown) => {
        if (!(error instanceof KgitError)) throw error;
      });
    }
  }
}

function familyOf(name: string): string {
  return JSON.stringify(parseStatePath(name).slice(0, FAMILY_DEPTH));
}

/** Whether a key in the name of a withheld value looks secret itself: the name of a shared secret is readable. */
function isSecretName(name: string): boolean {
  return keysOfSecret(name).some((key) => findSecretsInText(String(key)).length > 0);
}
