import { InvalidStateError } from '../../errors.js';
import type { KgitEvent } from '../../model/event/event.js';
import { eventTimeFault } from '../../model/event/event-time.js';
import { eventFaults } from '../../model/event/stored-event.js';
import { findSecrets, findSecretsInText, type SecretFinding } from '../../model/secret/find-secrets.js';
import { parseStatePath } from '../../model/state/state-path.js';
import { eventPath } from '../../model/subject/layout.js';
import { formatSubject, type Subject } from '../../model/subject/subject.js';
import type { Value } from '../../model/value/value.js';
import { parseYaml } from '../../model/yaml/yaml.js';
import type { Findings, Rule } from '../finding.js';
import { lineOf } from '../lines.js';

/** The text of an event and where it is. */
export interface EventText {
  readonly subject: Subject;
  /** The file that contains it. */
  readonly path: string;
  readonly text: string;
  /** Whether the file contains only this event and is not a sealed month. */
  readonly isOwn: boolean;
}

/** The paths at which, according to the event, a value that looks secret was allowed. */
export function overriddenPaths({ secret_override: override }: KgitEvent): readonly string[] {
  return (override as { paths: readonly string[] } | undefined)?.paths ?? [];
}

function secretsOf(event: KgitEvent): SecretFinding[] {
  const { id, timestamp, changes, secret_override, ...fields } = event;
  const changed = (changes ?? []).flatMap(({ path, before, after }) => {
    const keys = parseStatePath(path);
    return [before, after].flatMap((side) => (side === undefined ? [] : findSecrets(side, keys)));
  });
  const meant = new Set(overriddenPaths(event));
  const reason = (secret_override as { reason: string } | undefined)?.reason ?? '';
  const found = [...findSecrets(fields), ...changed].filter(({ path }) => !meant.has(path));
  return [...found, ...findSecretsInText(reason)];
}

/**
 * Checks one event: schema, place, time, secrets. A fast path reads what kgit writes; the parser reads the rest.
 * @param now ms since the epoch
 * @returns the event; null if it violates its schema
 */
export function checkEvent(item: EventText, now: number, findings: Findings): KgitEvent | null {
  const { subject, path, text, isOwn } = item;
  const add = (rule: Rule, message: string, keys: readonly (string | number)[] = []) => {
    findings.add(rule, path, message, { line: lineOf(text, keys) });
  };
  let value: Value;
  try {
    value = parseYaml(text, path);
  } catch (error) {
    if (!(error instanceof InvalidStateError)) throw error;
    const line = typeof error.data['line'] === 'number' ? error.data['line'] : null;
    findings.add('yaml', path, error.message, { line });
    return null;
  }
  const faults = eventFaults(value);
  for (const { keys, message } of faults)
    add('event-schema', [keys.join('.'), message].filter(Boolean).join(': '), keys);
  if (faults.length > 0) return null;
  const event = value as unknown as KgitEvent;
  if (subject.kind !== 'deployment' && event.changes !== undefined)
    add('event-schema', `changes: ${formatSubject(subject)} has no state`, ['changes']);
  const wanted = eventPath(subject, event);
  if (isOwn && wanted !== path) add('event-place', `the event in it belongs in ${wanted}`, ['id']);
  const fault = eventTimeFault(event, now);
  if (fault !== null) add('event-time', `${event.timestamp}: ${fault}`, ['timestamp']);
  for (const { path: where, what } of secretsOf(event)) {
    const [key = ''] = where.split('.');
    add('secret', `${where || 'a text'} looks like a ${what}`, [key]);
  }
  return event;
}
