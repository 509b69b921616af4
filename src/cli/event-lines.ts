import { eventTime, type KgitEvent, type SubjectEvent } from '../model/event.js';
import { formatSubject } from '../model/subject.js';
import type { Screen } from './output.js';
import type { Colour } from './style.js';
import { clip } from './table.js';
import { oneLine, terminalText } from './terminal-text.js';
import { formatTime } from './time.js';

const OUTCOME_MARKS: Readonly<Record<string, [string, Colour]>> = {
  started: ['…', 'yellow'],
  succeeded: ['✓', 'green'],
  failed: ['✗', 'red'],
};

/** What an event says in a few words: its message, else reason, changes, parameters. */
export function gist(event: KgitEvent): string {
  if (event.message) return event.message;
  const parts: string[] = [];
  if (event.reason) parts.push(event.reason);
  for (const { path, after } of (event.changes ?? []).slice(0, 3)) {
    parts.push(
      after === undefined ? `-${path}` : `${path}=${typeof after === 'object' ? '…' : String(after)}`,
    );
  }
  if ((event.changes?.length ?? 0) > 3) parts.push(`and ${(event.changes?.length ?? 0) - 3} more`);
  for (const [key, value] of Object.entries(event.parameters ?? {}))
    parts.push(`${key}=${typeof value === 'object' ? '…' : String(value)}`);
  return parts.join(', ');
}

/** One line of the log: when, what, to whom, by whom, in a few words. */
export function eventLine({ subject, event }: SubjectEvent, screen: Screen, withSubject: boolean): string {
  const { style, utc, width } = screen;
  const [mark, colour] = OUTCOME_MARKS[event.outcome ?? ''] ?? ['•', 'dim'];
  const when = formatTime(eventTime(event), utc);
  const who = event.user ? ` ${oneLine(event.user)}` : '';
  const where = withSubject ? ` ${formatSubject(subject)}` : '';
  const words = oneLine(gist(event));
  const used = when.length + event.action.length + where.length + who.length + 6;
  const shown = width === null ? words : clip(words, Math.max(width - used, 12));
  const tail = shown ? `  ${shown}` : '';
  return `${style('dim', when)} ${style(colour, mark)} ${style('bold', event.action)}${style('cyan', where)}${style('dim', who)}${tail}`;
}

const SHOWN_FIRST = new Set(['id', 'timestamp', 'action', 'user', 'message', 'changes']);

/** All that an event says, for -o wide: its line and, indented, every other field. */
export function eventDetails(item: SubjectEvent, screen: Screen, withSubject: boolean): string[] {
  const { style } = screen;
  const lines = [
    eventLine(item, { ...screen, width: null }, withSubject),
    `    ${style('dim', `id ${item.event.id}`)}`,
  ];
  const json = (value: unknown) => (value === undefined ? '–' : terminalText(JSON.stringify(value)));
  for (const { path, before, after } of item.event.changes ?? []) {
    lines.push(`    ${oneLine(path)}: ${json(before)} ${style('dim', '→')} ${json(after)}`);
  }
  for (const [key, value] of Object.entries(item.event)) {
    if (SHOWN_FIRST.has(key) || value === undefined) continue;
    const text = typeof value === 'string' ? terminalText(value) : json(value);
    const [first = '', ...rest] = text.trimEnd().split('\n');
    lines.push(`    ${style('dim', oneLine(key))} ${first}`, ...rest.map((line) => `      ${line}`));
  }
  return lines;
}
