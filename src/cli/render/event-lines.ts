import { eventTime, type SubjectEvent } from '../../model/event/event.js';
import { gist } from '../../model/event/gist.js';
import { formatSubject } from '../../model/subject/subject.js';
import { formatTime } from '../../model/value/time.js';
import { columnsOf } from '../../terminal/columns.js';
import type { Screen } from '../../terminal/output.js';
import type { Colour } from '../../terminal/style.js';
import { clip } from '../../terminal/table.js';
import { oneLine, terminalText } from '../../terminal/terminal-text.js';
import { type Part, packed, wrapped } from '../../terminal/wrap.js';

const OUTCOME_MARKS: Readonly<Record<string, [string, Colour]>> = {
  started: ['…', 'yellow'],
  succeeded: ['✓', 'green'],
  failed: ['✗', 'red'],
};

/** Maximum number of lines of text below an event's first line; -o wide shows all. */
const MAX_LINES = 3;
const INDENT = '    ';

/** Returns the head of an event: when, what, to whom, by whom. */
function headOf(item: SubjectEvent, { style, utc }: Screen, withSubject: boolean): readonly Part[] {
  const { event } = item;
  const [mark, colour] = OUTCOME_MARKS[event.outcome ?? ''] ?? ['•', 'dim'];
  const when = formatTime(eventTime(event), utc);
  const who = event.user ? oneLine(event.user) : '';
  const where = withSubject ? formatSubject(item.subject) : '';
  return [
    { text: when, shown: style('dim', when) },
    { text: `${mark} ${event.action}`, shown: `${style(colour, mark)} ${style('bold', event.action)}` },
    { text: where, shown: style('cyan', where) },
    { text: who, shown: style('dim', who) },
  ].filter(({ text }) => text !== '');
}

/**
 * Formats an event for the log: when, what, to whom, by whom, in a few words. It takes one line if it fits or the
 * output is not a terminal; otherwise its text is wrapped below.
 */
export function eventLines(
  item: SubjectEvent,
  screen: Screen,
  withSubject: boolean,
  maxLines = MAX_LINES,
): string[] {
  const { width } = screen;
  const words = oneLine(gist(item.event));
  const head = headOf(item, screen, withSubject);
  const whole = head.map(({ shown }) => shown).join(' ') + (words ? `  ${words}` : '');
  if (width === null) return [whole];
  const columns = head.reduce(
    (sum, { text }) => sum + columnsOf(text) + 1,
    words ? 1 + columnsOf(words) : -1,
  );
  if (columns <= width) return [whole];
  const below = words === '' ? [] : wrapped(words, width, INDENT);
  const kept = below.slice(0, maxLines);
  const last = kept.at(-1);
  if (below.length > kept.length && last !== undefined) kept[kept.length - 1] = `${clip(last, width - 2)} …`;
  return [...packed(head, width, INDENT), ...kept];
}

/** Formats an event as one line, which a terminal gets cut to its width. */
export function eventLine(item: SubjectEvent, screen: Screen, withSubject: boolean): string {
  const words = oneLine(gist(item.event));
  const parts = [...headOf(item, screen, withSubject), ...(words ? [{ text: words, shown: words }] : [])];
  let left = screen.width ?? Number.POSITIVE_INFINITY;
  let line = '';
  for (const { text, shown } of parts) {
    if (line !== '') {
      line += ' ';
      left--;
    }
    if (left < 2) break;
    const columns = columnsOf(text);
    line += columns <= left ? shown : clip(text, left);
    left -= columns;
  }
  return line.trimEnd();
}

const SHOWN_FIRST = new Set(['id', 'timestamp', 'action', 'user', 'message', 'changes']);

/** Formats a whole event for -o wide: its line and, indented, every other field. */
export function eventDetails(item: SubjectEvent, screen: Screen, withSubject: boolean): string[] {
  const { style } = screen;
  const lines = [
    ...eventLines(item, screen, withSubject, Number.POSITIVE_INFINITY),
    `    ${style('dim', `id ${item.event.id}`)}`,
  ];
  const json = (value: unknown) => (value === undefined ? '–' : terminalText(JSON.stringify(value)));
  for (const { path, before, after, secret, removed } of item.event.changes ?? []) {
    if (secret) lines.push(`    ${oneLine(path)}: ${removed ? 'secret removed' : '<secret>'}`);
    else lines.push(`    ${oneLine(path)}: ${json(before)} ${style('dim', '→')} ${json(after)}`);
  }
  for (const [key, value] of Object.entries(item.event)) {
    if (SHOWN_FIRST.has(key) || value === undefined) continue;
    const text = typeof value === 'string' ? terminalText(value) : json(value);
    const [first = '', ...rest] = text.trimEnd().split('\n');
    lines.push(`    ${style('dim', oneLine(key))} ${first}`, ...rest.map((line) => `      ${line}`));
  }
  return lines;
}
