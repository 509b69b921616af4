import { InvalidStateError } from '../../errors.js';
import { findSecrets } from '../../model/secret/find-secrets.js';
import { parseState } from '../../model/state/state-document.js';
import { stateFaults } from '../../model/state/state-faults.js';
import type { Value } from '../../model/value/value.js';
import type { Findings } from '../finding.js';
import { lineOf } from '../lines.js';

/** Parses a YAML mapping; null, with a finding, if the text is not one. */
export function checkMapping(text: string, path: string, findings: Findings): Record<string, Value> | null {
  try {
    return parseState(text, path);
  } catch (error) {
    if (!(error instanceof InvalidStateError)) throw error;
    const { line } = error.data;
    findings.add('yaml', path, error.message, { line: typeof line === 'number' ? line : null });
    return null;
  }
}

/**
 * Checks a state document: the fields that kgit relies on, and secrets. Returns it; null if it cannot be read.
 * @param meant paths whose values look secret and were allowed, according to their events
 */
export function checkState(
  text: string,
  path: string,
  meant: ReadonlySet<string>,
  findings: Findings,
): Record<string, Value> | null {
  const data = checkMapping(text, path, findings);
  if (!data) return null;
  for (const { keys, message } of stateFaults(data))
    findings.add('state-schema', path, message, { line: lineOf(text, keys) });
  for (const { path: where, what } of findSecrets(data)) {
    if (meant.has(where)) continue;
    findings.add('secret', path, `${where} looks like a ${what}`, { line: lineOf(text, where.split('.')) });
  }
  return data;
}
