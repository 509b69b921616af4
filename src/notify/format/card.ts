import { counted } from '../../model/value/counted.js';
import type { Delivery, Level, Message } from '../message/notice.js';

/** What a chat shows, before it is written in the chat's own format. Texts are one line each. */
export interface Card {
  readonly level: Level;
  readonly title: string;
  readonly facts: readonly (readonly [label: string, text: string])[];
  /** The messages of a digest, a line each. */
  readonly lines: readonly string[];
  readonly link: string | null;
  readonly footer: string;
  /** RFC 3339. */
  readonly time: string;
}

/** Messages that a digest lists; it counts the others. */
const MAX_LISTED = 20;
const MAX_LINE = 120;
const SEVERITY: readonly Level[] = ['bad', 'warning', 'neutral', 'good'];

/** RFC 3339 in UTC, so that products which check it accept the message; the time of a record may be anything. */
function timeOf({ notice }: Message): string {
  const ms = Date.parse(notice.time);
  return new Date(Number.isNaN(ms) ? 0 : ms).toISOString();
}

function worst(messages: readonly Message[]): Level {
  return SEVERITY.find((level) => messages.some(({ notice }) => notice.level === level)) ?? 'neutral';
}

function digestCard(messages: readonly Message[], pageUrl: string | null): Card {
  // What needs a person comes first.
  const listed = [...messages].sort(
    (a, b) => SEVERITY.indexOf(a.notice.level) - SEVERITY.indexOf(b.notice.level),
  );
  const lines = listed.slice(0, MAX_LISTED).map(({ notice: { title, facts } }) => {
    const cause = facts.find(([label]) => label === 'Cause')?.[1];
    const line = cause === undefined ? title : `${title} (${cause})`;
    return `• ${line.length > MAX_LINE ? `${line.slice(0, MAX_LINE - 1)}…` : line}`;
  });
  const more = messages.length - lines.length;
  const [first] = messages;
  const [last] = messages.slice(-1);
  const count = (level: Level) => messages.filter(({ notice }) => notice.level === level).length;
  return {
    level: worst(messages),
    title: `${counted(messages.length, 'message')}: ${count('bad')} bad, ${count('warning')} warnings`,
    facts: [],
    lines: more > 0 ? [...lines, `and ${more} more`] : lines,
    link: pageUrl === null ? null : `${pageUrl}/timeline`,
    footer: `kgit · ${first ? timeOf(first) : ''} to ${last ? timeOf(last) : ''}`,
    time: last ? timeOf(last) : new Date(0).toISOString(),
  };
}

/** The card of a delivery. */
export function cardOf(delivery: Delivery, pageUrl: string | null): Card {
  if (delivery.kind === 'digest') return digestCard(delivery.messages, pageUrl);
  const { message } = delivery;
  const { level, title, facts, path } = message.notice;
  const time = timeOf(message);
  return {
    level,
    title,
    facts,
    lines: [],
    link: pageUrl === null ? null : pageUrl + path,
    footer: `kgit · ${message.rule} · ${time}`,
    time,
  };
}
