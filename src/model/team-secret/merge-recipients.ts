import { sameValue, type Value } from '../value/value.js';
import { parseYamlDocument } from '../yaml/yaml.js';
import { lacking } from './recipients.js';
import { SOPS_FILE } from './secret-name.js';
import { changedRecipients, teamRecipients } from './sops-config.js';

/** The texts of `.sops.yaml` in a three-way merge; empty where a side has none. */
export interface SopsSides {
  readonly base: string;
  readonly ours: string;
  readonly theirs: string;
}

/**
 * Merges two changes of `.sops.yaml` that both only added recipients: ours, and those that theirs added. Null if one side removed a
 * recipient, or theirs changed anything else: people decide who may read. Throws InvalidStateError if a side is broken.
 */
export function mergeRecipients({ base, ours, theirs }: SopsSides): string | null {
  const [was, mine, yours] = [recipientsOf(base), recipientsOf(ours), recipientsOf(theirs)];
  if (lacking(was, mine).length > 0 || lacking(was, yours).length > 0) return null;
  const change = { add: lacking(yours, was), remove: [] };
  if (change.add.some(({ kind }) => kind !== 'age')) return null;
  const isAll = sameValue(dataOf(changedRecipients(textOf(base), change)), dataOf(theirs));
  return isAll ? changedRecipients(textOf(ours), change) : null;
}

const textOf = (side: string) => (side.trim() === '' ? null : side);
const recipientsOf = (side: string) => teamRecipients(textOf(side)) ?? [];

function dataOf(text: string): Value {
  return parseYamlDocument(text, SOPS_FILE).toJS() as Value;
}
