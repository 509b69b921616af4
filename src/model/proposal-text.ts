import { UsageError } from '../errors.js';
import { counted } from './counted.js';
import { formatTimestamp, type SubjectEvent } from './event.js';
import { findSecrets } from './secret/find-secrets.js';
import { MASK, maskSecrets } from './secret/mask-secrets.js';
import { parseStatePath } from './state-path.js';
import { formatSubject } from './subject.js';
import { sameValue } from './value.js';

/** Forges take some 65,000 characters. */
const MAX_BODY = 60_000;
const MAX_ROWS = 100;
const MAX_CELL = 200;
const BEGIN = '<!-- kgit: from here on -->';
const END = '<!-- kgit: to here -->';
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g;

/** Text of others as code, so that no forge makes links, names to notify, or HTML of it. */
function code(text: string): string {
  const line = maskSecrets(text).replace(CONTROLS, ' ').trim();
  const shown = line.length > MAX_CELL ? `${line.slice(0, MAX_CELL)}…` : line;
  if (shown === '') return '';
  const longest = Math.max(0, ...(shown.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = '`'.repeat(longest + 1);
  const pad = longest > 0 ? ' ' : '';
  return `${fence}${pad}${shown.replaceAll('|', '\\|')}${pad}${fence}`;
}

/** The keys of a path of an event, which may be of another's making. */
function keysOf(path: string): readonly string[] {
  try {
    return parseStatePath(path).map(String);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return path.split('.');
  }
}

/** A value; forges mail what they are told, so one that was written with --allow-secret is shown in the branch alone. */
function valueCell(value: unknown, path: string): string {
  if (value === undefined) return '–';
  if (findSecrets(value, keysOf(path)).length > 0) return code(MASK);
  return code(typeof value === 'string' && value !== '' ? value : JSON.stringify(value));
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const more = rows.length > MAX_ROWS ? [`\n… and ${rows.length - MAX_ROWS} more.`] : [];
  return [line(head), line(head.map(() => '---')), ...rows.slice(0, MAX_ROWS).map(line), ...more].join('\n');
}

/** A path with what was there at first and what is there at the end; undefined where nothing was or is. */
interface NetChange {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** Each path that the events change, from what was there at first to what is there at the end. */
export function netChanges(events: readonly SubjectEvent[]): Map<string, NetChange[]> {
  const bySubject = new Map<string, Map<string, NetChange>>();
  for (const { subject, event } of events) {
    for (const change of event.changes ?? []) {
      const paths = bySubject.get(formatSubject(subject)) ?? new Map<string, NetChange>();
      bySubject.set(formatSubject(subject), paths);
      const { path, before, after } = change;
      const first = paths.get(path);
      paths.set(path, { path, before: first ? first.before : before, after });
    }
  }
  return new Map(
    [...bySubject].map(([subject, paths]) => [
      subject,
      [...paths.values()].filter(({ before, after }) => !sameValue(before, after)),
    ]),
  );
}

/**
 * What a proposal says, as Markdown: who proposes what, each path before and after, and the events, with who and why.
 * @param events those that the proposal adds, oldest first
 */
export function proposalText(events: readonly SubjectEvent[], branch: string): string {
  const net = netChanges(events);
  const count = [...net.values()].reduce((sum, { length }) => sum + length, 0);
  const users = [...new Set(events.map(({ event }) => event.user ?? ''))].filter(Boolean).slice(0, 5);
  const by = users.length > 0 ? ` by ${users.map(code).join(', ')}` : '';
  const parts = [`${counted(count, 'change')} of state and ${counted(events.length, 'event')}${by}.`];
  for (const [subject, changes] of net) {
    if (changes.length === 0) continue;
    const rows = changes.map(({ path, before, after }) => [
      code(path),
      valueCell(before, path),
      valueCell(after, path),
    ]);
    parts.push(`### ${code(subject)}\n\n${table(['path', 'before', 'after'], rows)}`);
  }
  const rows = events.map(({ subject, event }) => [
    formatTimestamp(Date.parse(event.timestamp)),
    code(event.user ?? ''),
    `${code(event.action)} ${code(formatSubject(subject))}`,
    [event.message, event.reason].flatMap((text) => (text ? code(text) : [])).join(' '),
  ]);
  if (rows.length > 0) parts.push(`### Events\n\n${table(['when', 'who', 'what', 'why'], rows)}`);
  parts.push(
    `Squash, rebase and merge commit are all fine. Where the forge shows a conflict: \`kgit resolve ${branch}\``,
  );
  const text = parts.join('\n\n');
  const cut = text.length > MAX_BODY ? `${text.slice(0, text.lastIndexOf('\n', MAX_BODY))}\n\n…` : text;
  return `${BEGIN}\n${cut}\n${END}`;
}

/** A proposal's body with what kgit wrote there replaced; what people wrote around it stays. */
export function replacedText(body: string, text: string): string {
  const [start, end] = [body.indexOf(BEGIN), body.indexOf(END)];
  if (start < 0 || end < start) return body.trim() === '' ? text : `${body}\n\n${text}`;
  return body.slice(0, start) + text + body.slice(end + END.length);
}

const MAX_TITLE = 200;

/** A title on one line, as every forge takes it. */
export function proposalTitle(text: string): string {
  return (
    maskSecrets(text).replace(CONTROLS, ' ').replace(/ +/g, ' ').trim().slice(0, MAX_TITLE) ||
    'kgit: a change of state'
  );
}
