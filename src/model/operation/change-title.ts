import type { SubjectEvent } from '../event/event.js';
import { findSecrets } from '../secret/find-secrets.js';
import { MASK, maskSecrets } from '../secret/mask-secrets.js';
import { type BothStates, keysOf, type NetChange, netChanges } from '../state/net-changes.js';
import { formatSubject } from '../subject/subject.js';
import { subjectNames } from './operation.js';

/** Longest title, in characters: forges show about 100 of a subject line. */
const MAX_TITLE = 120;
const MAX_PATH = 60;
const MAX_VALUE = 40;
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g;
/** Text that needs no quotes and that YAML does not take for a number, boolean or null. */
const PLAIN = /^(?!(?:true|false|null|~|[-+.]?\d[\d._eE+-]*|0[xo][\da-f]+)$)[\w@%+:,./-]+$/i;

/** Text on one line: control characters and marks of writing direction become blanks, secrets are masked. */
export function plainLine(text: string): string {
  return maskSecrets(text).replace(CONTROLS, ' ').replace(/ +/g, ' ').trim();
}

/** The first `length` characters, with an ellipsis where there are more. */
export function clipped(text: string, length: number): string {
  const characters = text.length > length ? [...text] : [];
  return characters.length > length ? `${characters.slice(0, length - 1).join('')}…` : text;
}

function shownChange({ path, after, secret, removed }: NetChange): string {
  const where = clipped(plainLine(path), MAX_PATH);
  if (secret && !removed) return `${where} = <secret>`;
  if (after === undefined) return `${where} unset`;
  if (findSecrets(after, keysOf(path)).length > 0) return `${where} = ${MASK}`;
  const text = typeof after === 'string' && PLAIN.test(after) ? after : JSON.stringify(after);
  return `${where} = ${clipped(plainLine(text), MAX_VALUE)}`;
}

/** Why the events happened: the newest reason, else the newest message. */
function whyOf(events: readonly SubjectEvent[]): string {
  const given = (key: 'reason' | 'message') =>
    events.map(({ event }) => plainLine(event[key] ?? '')).findLast((text) => text !== '');
  return given('reason') ?? given('message') ?? '';
}

/**
 * The title for events that change the state of one deployment, such as
 * `deployment.size = 12, +2 more (d1): upgrade window`: one line without control characters, secrets masked.
 * @param events oldest first
 * @param states as of `netChanges`
 * @returns null if they change nothing or concern several subjects
 */
export function changeTitle(
  events: readonly SubjectEvent[],
  states?: ReadonlyMap<string, BothStates>,
): string | null {
  const subject = events[0]?.subject;
  if (subject?.kind !== 'deployment' || subjectNames(events).size !== 1) return null;
  const [first, ...others] = netChanges(events, states).get(formatSubject(subject)) ?? [];
  if (!first) return null;
  const more = others.length > 0 ? `, +${others.length} more` : '';
  const why = whyOf(events);
  return clipped(`${shownChange(first)}${more} (${subject.id})${why && `: ${why}`}`, MAX_TITLE);
}
