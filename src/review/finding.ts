/** The rules that `validate` and `verify` check; docs/review.md describes each. */
export const RULES = {
  marker: 'kgit.yaml is there, of a version that this kgit knows, and its settings are valid',
  'file-kind': 'a file is a plain file: no symbolic link, no submodule, not executable',
  'file-size': 'a file is no larger than is read',
  'file-place': "below kgit's folders lies only what belongs there, under names that follow the rules",
  yaml: 'a file is UTF-8 text, and one valid YAML document',
  'event-schema': 'an event has the fields that it must have, and each is what it has to be',
  'event-place': 'an event lies where its id and action say, a sealed month where its subject and month say',
  'event-id': 'an id names one event of a subject',
  'event-time': 'the time of an event agrees with its id and does not lie in the future',
  'event-changed': 'an event that is published stays as it is',
  'event-removed': 'an event that is published stays',
  'state-schema':
    'a state.yaml is a mapping, its sections are mappings, a phase has no status but those that kgit knows',
  'secret-file': 'an encrypted secret has nothing readable but its path, which its name agrees with',
  'secret-recipients': 'a secret is encrypted for those whom .sops.yaml names, which can be read',
  'secret-mac': 'the MAC of a secret fits, where a key is there to check it',
  'secret-readable': 'no path of a state is both readable and secret',
  'state-without-event': 'a change of state.yaml comes with its event, and the event with its change',
  precondition: 'what a proposal was made conditional on holds where it is merged',
  secret: 'no value looks secret',
  'history-rewritten': 'the history that was verified before is still there',
  'rules-changed': 'a proposal does not loosen what it is judged by',
  'history-incomplete': 'all of the history is here to be looked at',
  signature: 'a commit is signed by an allowed signer, where kgit.yaml asks for it',
} as const;
export type Rule = keyof typeof RULES;

/** A violation of a rule. */
export interface Finding {
  readonly rule: Rule;
  /** Warnings do not fail a check. */
  readonly severity: 'error' | 'warning';
  /** Null if it concerns no single file. */
  readonly path: string | null;
  /** From 1; null if it concerns the whole file. */
  readonly line: number | null;
  readonly message: string;
  /** How to fix it; null if the message says so. */
  readonly fix: string | null;
}

/** Nobody would read more, and a hostile repository could have a million. */
export const MAX_FINDINGS = 1_000;

/** Advises on a finding; null if there is no advice. */
export type Adviser = (finding: Finding) => string | null;

/** Collects findings: counts all of them and keeps the first ones. */
export class Findings {
  readonly list: Finding[] = [];
  total = 0;
  errors = 0;
  readonly #advise: Adviser;

  /** @param advise gives the fix for a finding that comes without one */
  constructor(advise: Adviser = () => null) {
    this.#advise = advise;
  }

  /** Adds an error, unless `more` says otherwise. */
  add(rule: Rule, path: string | null, message: string, more: Partial<Finding> = {}): void {
    this.total += 1;
    if (more.severity !== 'warning') this.errors += 1;
    if (this.list.length >= MAX_FINDINGS) return;
    const finding: Finding = { rule, severity: 'error', path, line: null, message, fix: null, ...more };
    this.list.push({ ...finding, fix: finding.fix ?? this.#advise(finding) });
  }
}
