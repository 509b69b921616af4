import { type Document, isSeq, isMap as isYamlMap, parseDocument, YAMLMap } from 'yaml';
import { InvalidStateError } from '../../errors.js';
import { isMap } from '../value/value.js';
import { parseYaml, parseYamlDocument } from '../yaml/yaml.js';
import { formatRecipient, type Recipient, recipientsOfRule } from './recipients.js';
import { ENCRYPTED_REGEX } from './secret-document.js';
import { SOPS_FILE } from './secret-name.js';

/** The rule of kgit's secrets is known by it. Other rules of the team do not concern kgit. */
export const SECRETS_REGEX = '^(deployments|clusters)/.+/secrets/[^/]+\\.sops\\.yaml$';
const RULES = 'creation_rules';

/**
 * For whom the team's secrets are encrypted; null if the team shares none. Throws InvalidStateError if the file is broken, or its
 * rule says what kgit does not know.
 * @param text of `.sops.yaml`; null if there is none
 */
export function teamRecipients(text: string | null): readonly Recipient[] | null {
  if (text === null) return null;
  const data: unknown = parseYaml(text, SOPS_FILE);
  const rules = isMap(data) ? data[RULES] : undefined;
  if (!Array.isArray(rules)) return null;
  const rule = rules.find((one) => isMap(one) && one['path_regex'] === SECRETS_REGEX);
  if (!isMap(rule)) return null;
  if (rule['encrypted_regex'] !== ENCRYPTED_REGEX)
    throw new InvalidStateError(
      `${SOPS_FILE}: the rule of kgit's secrets needs encrypted_regex: ${ENCRYPTED_REGEX}`,
      {
        suggestions: ['Otherwise a path could be changed without anybody noticing'],
        data: { path: SOPS_FILE },
      },
    );
  return recipientsOfRule(rule, SOPS_FILE);
}

/** Who is added to the recipients of a team, and who is removed. */
export interface RecipientsChange {
  readonly add: readonly Recipient[];
  readonly remove: readonly Recipient[];
}

/**
 * Changes the recipients in the text of `.sops.yaml`; the team's comments and other rules stay. Adds the file, or its rule, before
 * all others, where there is none: sops takes the first rule that fits. Only age recipients are written; other kinds stay as they are.
 * Throws InvalidStateError.
 */
export function changedRecipients(text: string | null, { add, remove }: RecipientsChange): string {
  const current = teamRecipients(text);
  const removed = new Set(remove.map(formatRecipient));
  const ids = new Map(
    [...(current ?? []), ...add]
      .filter((recipient) => isOfAge(recipient) && !removed.has(formatRecipient(recipient)))
      .map((recipient) => [formatRecipient(recipient), recipient.id]),
  );
  const before = (current ?? []).filter(isOfAge).map(formatRecipient);
  if (text !== null && current !== null && before.join() === [...ids.keys()].sort().join()) return text;
  const document =
    text === null || text.trim() === '' ? parseDocument('{}\n') : parseYamlDocument(text, SOPS_FILE);
  const rule = current === null ? newRule(document) : ruleOf(document);
  const age = [...ids.values()].sort();
  if (age.length === 0) rule.delete('age');
  else rule.set('age', document.createNode(PLACE));
  return withRecipients(document.toString({ lineWidth: 0 }), age);
}

/** Whether a recipient stands among those of age. */
function isOfAge({ kind }: Recipient): boolean {
  return kind === 'age' || kind === 'age_plugin';
}

/** Stands for the recipients until the document is written. */
const PLACE = 'RECIPIENTS-OF-KGIT';

/** Writes the recipients as a folded text, one on each line, so that a change of one is a change of one line. */
function withRecipients(text: string, ids: readonly string[]): string {
  return text.replace(new RegExp(`^([ -]*)age: ${PLACE}$`, 'm'), (_, indent: string) => {
    const deeper = `\n${' '.repeat(indent.length + 2)}`;
    return `${indent}age: >-${deeper}${ids.join(`,${deeper}`)}`;
  });
}

function ruleOf(document: Document.Parsed): YAMLMap {
  const rules = document.get(RULES);
  const rule = isSeq(rules)
    ? rules.items.find((one) => isYamlMap(one) && one.get('path_regex') === SECRETS_REGEX)
    : undefined;
  if (rule instanceof YAMLMap) return rule;
  throw new InvalidStateError(`${SOPS_FILE}: its rules cannot be changed: write them without aliases`, {
    data: { path: SOPS_FILE },
  });
}

function newRule(document: Document.Parsed): YAMLMap {
  if (!isYamlMap(document.contents) || document.contents.flow) {
    document.contents = document.createNode({}) as unknown as typeof document.contents;
  }
  const rule = document.createNode({ path_regex: SECRETS_REGEX, encrypted_regex: ENCRYPTED_REGEX });
  rule.commentBefore = ' Who can read the secrets of the deployments: kgit secrets recipients list';
  const rules = document.get(RULES);
  if (isSeq(rules)) {
    // The comment before the first rule stays before it.
    const [first] = rules.items;
    if (isYamlMap(first) && rules.commentBefore) {
      first.commentBefore = rules.commentBefore;
      rules.commentBefore = null;
    }
    rules.items.unshift(rule);
  } else document.set(RULES, document.createNode([rule]));
  return rule as YAMLMap;
}
