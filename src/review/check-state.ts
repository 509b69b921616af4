import { InvalidStateError } from '../errors.js';
import { PENDING, PHASE_VERBS } from '../model/phase.js';
import { findSecrets } from '../model/secret/find-secrets.js';
import { parseState } from '../model/state-document.js';
import { isMap, type Value } from '../model/value.js';
import type { Findings } from './finding.js';
import { lineOf } from './lines.js';

const SECTIONS = ['deployment', 'kof', 'azure', 'aws'];
const STATUSES = new Set<unknown>([...Object.values(PHASE_VERBS).map(({ status }) => status), PENDING]);

/** Parses a YAML mapping; null, and a finding, where the text is none. */
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
 * Checks a state document: what kgit relies on, and secrets.
 * @param meant paths whose values look secret and were meant, as their events say
 */
export function checkState(text: string, path: string, meant: ReadonlySet<string>, findings: Findings): void {
  const data = checkMapping(text, path, findings);
  if (!data) return;
  const add = (message: string, keys: readonly string[]) =>
    findings.add('state-schema', path, message, { line: lineOf(text, keys) });
  for (const section of SECTIONS) {
    const value = data[section];
    if (value !== undefined && value !== null && !isMap(value)) add(`${section} is not a mapping`, [section]);
  }
  const deployment = data['deployment'];
  const phases = isMap(deployment) ? deployment['phases'] : undefined;
  if (phases !== undefined && phases !== null && !isMap(phases))
    add('deployment.phases is not a mapping', ['deployment', 'phases']);
  for (const [name, phase] of Object.entries(isMap(phases) ? phases : {})) {
    if (isMap(phase) && STATUSES.has(phase['status'])) continue;
    const known = [...STATUSES].join(', ');
    add(`the phase ${name} has no status that kgit knows: ${known}`, ['deployment', 'phases', name]);
  }
  for (const { path: where, what } of findSecrets(data)) {
    if (meant.has(where)) continue;
    findings.add('secret', path, `${where} looks like a ${what}`, { line: lineOf(text, where.split('.')) });
  }
}
