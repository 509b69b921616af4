import { InvalidStateError, SecretError } from '../../errors.js';
import { keysOfSecret } from '../../model/secret/secret-keys.js';
import { shownPath } from '../../model/secret/shown-path.js';
import { parseStatePath } from '../../model/state/state-path.js';
import { formatSubject, type Subject } from '../../model/subject/subject.js';
import { SECRET_MARK } from '../../model/team-secret/secret-mark.js';
import { secretFile } from '../../model/team-secret/secret-name.js';
import { sameValue, type Value } from '../../model/value/value.js';
import { isEventKey, isOrderKey, isStateKey } from '../../store/local/withheld-values.js';
import { isTaken } from '../../store/plan/secret-conditions.js';
import type { StateView } from '../../store/port/state-store.js';
import { removedSecrets } from '../../store/read/removed-secrets.js';
import { isInsideSecret, isSecretWithin, secretFiles, secretText } from '../../store/read/secret-files.js';
import type { SecretGuard } from '../parse/withhold.js';
import type { ParsedFile, Secret } from '../read/parsed-file.js';
import { type ClaimedSecrets, claimedSecrets, ownKeyOf, type SecretClaim } from './claimed-secrets.js';
import type { ConflictRule, ImportConflict } from './import-plan.js';
import type { ImportedState } from './imported-snapshot.js';
import type { LocalFile } from './last-imported.js';
import { ageOf } from './plan-state.js';
import type { SharedSecrets } from './shared-secrets.js';

/** The secrets of one subject that an operation writes. */
export interface SubjectSecrets {
  readonly subject: Subject;
  /** Id of the deployment whose operation writes them; null for clusters without one in their folder. */
  readonly deployment: string | null;
  /** By key in `WithheldValues`; undefined removes one. */
  readonly values: ReadonlyMap<string, Value | undefined>;
}

/** How many secrets of a file are written, there already, and in conflict. */
export interface SecretCounts {
  readonly set: number;
  readonly unchanged: number;
  readonly conflicts: number;
}

/** What an import does with the secrets of its files where the team shares secrets. */
export interface PlannedSecrets {
  readonly writes: readonly SubjectSecrets[];
  readonly conflicts: readonly ImportConflict[];
  readonly counts: ReadonlyMap<ParsedFile, SecretCounts>;
  readonly warnings: ReadonlyMap<ParsedFile, readonly string[]>;
  /** The secrets of each subject that stay on this machine, by `formatSubject`: their names are readable, and would tell a secret. */
  readonly kept: ReadonlyMap<string, ReadonlyMap<string, Value>>;
  /** The encrypted texts that hold the very values of the files, by `formatSubject` and key. */
  readonly equal: ReadonlyMap<string, string>;
  /** The copies on this machine, by `secretName`, of secrets that somebody removed and no file has. */
  readonly removed: ReadonlySet<string>;
}

/** What is known about the secrets of an import. */
export interface KnownSecrets {
  readonly view: StateView;
  readonly team: SharedSecrets;
  readonly guard: SecretGuard;
  readonly states: ReadonlyMap<string, unknown>;
  /** What anybody last imported, by deployment id. */
  readonly snapshots: ReadonlyMap<string, ImportedState>;
  /** What this clone last imported from each file, by place. */
  readonly local: ReadonlyMap<string, LocalFile>;
  /** The values of a subject that were withheld on this machine before the team shared secrets. */
  readonly withheld: (subject: Subject) => Promise<ReadonlyMap<string, Value>>;
}

/** The name of a secret among those of all subjects. */
export function secretName(subject: Subject, key: string): string {
  return `${formatSubject(subject)} ${key}`;
}

/** The other secrets of a state that lie inside of one, or around it: a secret is one as a whole. */
function nested(
  key: string,
  files: ReadonlyMap<string, string>,
  claims: ReadonlyMap<string, SecretClaim>,
): readonly string[] {
  if (!isStateKey(key)) return [];
  const path = parseStatePath(key);
  return [...files.keys()].filter(
    (name) => name !== key && !claims.has(name) && (isInsideSecret(path, name) || isSecretWithin(name, path)),
  );
}

/** What is to be done with one secret. Without a key, nobody can tell whether it differs. */
type Verdict = 'write' | 'keep' | 'differs' | 'equal';

class SecretsPlan implements PlannedSecrets {
  readonly writes: SubjectSecrets[] = [];
  readonly conflicts: ImportConflict[] = [];
  readonly counts = new Map<ParsedFile, SecretCounts>();
  readonly warnings = new Map<ParsedFile, string[]>();
  readonly kept = new Map<string, ReadonlyMap<string, Value>>();
  readonly equal = new Map<string, string>();
  readonly removed = new Set<string>();
  /** The values on this machine of secrets that somebody removed; undefined if it has none. */
  readonly #gone = new Map<string, Value | undefined>();
  readonly #known: KnownSecrets;
  readonly #rule: ConflictRule;

  constructor(known: KnownSecrets, rule: ConflictRule) {
    this.#known = known;
    this.#rule = rule;
  }

  async add({ subject, claims: all }: ClaimedSecrets): Promise<void> {
    const { view, team, withheld } = this.#known;
    const files = await secretFiles(view, subject);
    const own = await withheld(subject);
    const claims = new Map([...all].filter(([key]) => !this.#tellsSecret(key)));
    const values = new Map<string | null, Map<string, Value | undefined>>();
    const write = (deployment: string | null, key: string, value: Value | undefined) => {
      const of = values.get(deployment) ?? new Map<string, Value | undefined>();
      for (const other of nested(key, files, claims)) of.set(other, undefined);
      values.set(deployment, of.set(key, value));
    };
    const compared = [...claims].filter(([key, claim]) => this.#isCompared(key, claim, files));
    const isAbsent = [...claims.keys(), ...own.keys()].some((key) => !files.has(key));
    const removed = isAbsent ? await removedSecrets(view, subject) : new Set<string>();
    for (const key of removed) this.#gone.set(secretName(subject, key), own.get(key));
    const there = await team.read(new Map(compared.map(([key]) => [key, files.get(key) as string])));
    for (const [key, claim] of claims) {
      const { file, value } = claim;
      const isNested = value !== undefined && nested(key, files, claims).length > 0;
      const verdict = isNested ? 'differs' : await this.#judge(key, claim, files.get(key), there.get(key));
      if (verdict === 'equal')
        this.equal.set(secretName(subject, key), await secretText(view, files.get(key) as string));
      const isWritten = verdict === 'write' || (verdict === 'differs' && this.#rule === 'file');
      if (verdict === 'differs') this.#conflict(claim, isNested || files.has(key));
      if (isWritten) write(file.deployment, key, value);
      if (value !== undefined && !isOrderKey(key)) this.#count(file, verdict, isWritten);
    }
    const [first] = all.values();
    const kept = new Map<string, Value>();
    for (const [key, { value }] of all)
      if (value !== undefined && this.#tellsSecret(key)) kept.set(key, value);
    for (const [key, value] of own) {
      if (all.has(key)) continue;
      if (removed.has(key)) {
        this.removed.add(secretName(subject, key));
        continue;
      }
      if (this.#tellsSecret(key)) kept.set(key, value);
      else if (!files.has(key) && !this.#isReadable(subject, key) && nested(key, files, claims).length === 0)
        write(first?.file.deployment ?? null, key, value);
    }
    if (kept.size > 0) this.kept.set(formatSubject(subject), kept);
    for (const [deployment, of] of values) this.writes.push({ subject, deployment, values: of });
  }

  /** Whether a key in the name of a secret looks secret itself: names of shared secrets are readable. */
  #tellsSecret(key: string): boolean {
    const { guard } = this.#known;
    return keysOfSecret(key).some((part) => guard.find(String(part), []).length > 0);
  }

  /** Whether the value that is there has to be known: that costs a run of sops. */
  #isCompared(key: string, { file, value }: SecretClaim, files: ReadonlyMap<string, string>): boolean {
    return value !== undefined && files.has(key) && !isEventKey(key) && !this.#local(file)?.isUnchanged;
  }

  async #judge(
    key: string,
    claim: SecretClaim,
    there: string | undefined,
    now: Value | undefined,
  ): Promise<Verdict> {
    const { file, secret, value } = claim;
    const local = this.#local(file);
    if (value === undefined) return there !== undefined && !local?.isUnchanged ? 'write' : 'keep';
    if (this.#isReadable(secret.subject, key)) {
      this.#warn(file, shownPath(parseStatePath(key)));
      return 'keep';
    }
    const base = local?.sealed[ownKeyOf(secret)];
    if (there === undefined) return this.#absent(key, claim, base);
    // An event is what it is: one that is there is not compared again.
    if (isEventKey(key) || local?.isUnchanged) return 'keep';
    if (now !== undefined && sameValue(now, value)) return 'equal';
    if (now === undefined && base === undefined) return this.#unseen(file, local);
    if (isOrderKey(key)) return 'write';
    if (base === undefined) return 'differs';
    if ((await secretText(this.#known.view, there)) === base) return 'write';
    return this.#changedThere(key, claim, base, now);
  }

  /** Somebody changed the secret since it was imported from this file, which has changed too. */
  async #changedThere(
    key: string,
    claim: SecretClaim,
    base: string,
    now: Value | undefined,
  ): Promise<Verdict> {
    const { file, secret, value } = claim;
    if (now === undefined && this.#isWrittenHere(file, secret)) return 'keep';
    const before = await this.#before(key, claim, base);
    if (before === undefined) return 'differs';
    if (sameValue(before, value)) return 'keep';
    return now !== undefined && sameValue(before, now) ? 'write' : 'differs';
  }

  /** Whether kgit itself has written the value into the file since, and recorded it. */
  #isWrittenHere(file: ParsedFile, secret: Secret): boolean {
    const path = keysOfSecret(ownKeyOf(secret));
    const edits = this.#local(file)?.edits ?? [];
    return edits.some((edit) => edit.path.every((part, i) => String(part) === String(path[i])));
  }

  async #absent(key: string, claim: SecretClaim, base: string | undefined): Promise<Verdict> {
    if (base === undefined) return this.#neverShared(key, claim);
    // Somebody removed it since.
    if (this.#local(claim.file)?.isUnchanged) return 'keep';
    const before = await this.#before(key, claim, base);
    return before !== undefined && sameValue(before, claim.value) ? 'keep' : 'differs';
  }

  /** If somebody removed a secret since this machine withheld it, an equal value in the file is no new one. */
  #neverShared(key: string, { file, secret, value }: SecretClaim): Verdict {
    const name = secretName(secret.subject, key);
    if (isOrderKey(key) || isEventKey(key) || !this.#gone.has(name)) return 'write';
    const before = this.#gone.get(name);
    const isOld = before !== undefined && sameValue(before, value);
    return isOld || this.#local(file)?.isUnchanged ? 'keep' : 'differs';
  }

  /** The value that was imported last; undefined if the user has no key for it, or the record of it is damaged. */
  async #before(key: string, { secret }: SecretClaim, base: string): Promise<Value | undefined> {
    try {
      return await this.#known.team.decrypt(base, { path: key, file: secretFile(secret.subject, key) });
    } catch (error) {
      if (error instanceof InvalidStateError || error instanceof SecretError) return undefined;
      throw error;
    }
  }

  /** Without a key, the rest of the file tells whether it is newer than what anybody imported. */
  #unseen({ deployment, state, family }: ParsedFile, local: LocalFile | undefined): Verdict {
    if (local !== undefined || state === null) return 'write';
    const { files = [] } = (deployment === null ? undefined : this.#known.snapshots.get(deployment)) ?? {};
    const shared = files.findLast((file) => file.family === family)?.values;
    if (!shared || sameValue(shared, state.values)) return shared ? 'keep' : 'write';
    return ageOf(state.values) >= ageOf(shared) ? 'write' : 'keep';
  }

  #local({ file }: ParsedFile): LocalFile | undefined {
    return file.place === null ? undefined : this.#known.local.get(file.place);
  }

  /** Whether the state has a readable value there, which `kgit unset` would have to remove first. */
  #isReadable(subject: Subject, key: string): boolean {
    if (subject.kind !== 'deployment' || !isStateKey(key)) return false;
    const state = this.#known.states.get(subject.id);
    return state !== undefined && isTaken(state, parseStatePath(key));
  }

  #conflict({ file, secret }: SecretClaim, isThere: boolean): void {
    this.conflicts.push({
      deployment: file.deployment ?? '',
      path: shownPath(parseStatePath(secret.key)),
      ...(isThere ? { repository: SECRET_MARK } : {}),
      file: SECRET_MARK,
      from: file.path,
    });
  }

  #count(file: ParsedFile, verdict: Verdict, isWritten: boolean): void {
    const { set, unchanged, conflicts } = this.counts.get(file) ?? { set: 0, unchanged: 0, conflicts: 0 };
    const isOther = verdict === 'differs';
    this.counts.set(file, {
      set: set + Number(isWritten),
      unchanged: unchanged + Number(!isWritten && !isOther),
      conflicts: conflicts + Number(isOther),
    });
  }

  #warn(file: ParsedFile, place: string): void {
    const text = `${place} is readable in the repository, so it is not shared as a secret: kgit unset it, and import again`;
    this.warnings.set(file, [...(this.warnings.get(file) ?? []), text]);
  }
}

/**
 * Plans what is written of the secrets of files where the team shares secrets. A secret that is there is decrypted where the file has
 * changed since this clone imported it, and written if it differs; if both have changed, that is a conflict. Without a key, it is
 * written again only if the file has changed and nobody else wrote it since.
 */
export async function planSecrets(
  parsed: readonly ParsedFile[],
  known: KnownSecrets,
  rule: ConflictRule,
): Promise<PlannedSecrets> {
  const plan = new SecretsPlan(known, rule);
  for (const claimed of claimedSecrets(parsed)) await plan.add(claimed);
  return plan;
}
