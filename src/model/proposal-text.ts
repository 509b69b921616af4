import { changeTitle, plainLine } from './change-title.js';
import { counted } from './counted.js';
import { formatTimestamp, type SubjectEvent } from './event.js';
import { keysOf, netChanges } from './net-changes.js';
import { titleOf } from './operation.js';
import { findSecrets } from './secret/find-secrets.js';
import { MASK } from './secret/mask-secrets.js';
import { formatSubject } from './subject.js';

/** Forges take some 65,000 characters. */
const MAX_BODY = 60_000;
const MAX_ROWS = 100;
const MAX_CELL = 200;
const BEGIN = '<!-- kgit: from here on -->';
const END = '<!-- kgit: to here -->';

/** Text of others as code, so that no forge makes links, names to notify, or HTML of it. */
function code(text: string): string {
  const line = plainLine(text);
  const shown = line.length > MAX_CELL ? `${line.slice(0, MAX_CELL)}…` : line;
  if (shown === '') return '';
  const longest = Math.max(0, ...(shown.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = '`'.repeat(longest + 1);
  const pad = longest > 0 ? ' ' : '';
  return `${fence}${pad}${shown.replaceAll('|', '\\|')}${pad}${fence}`;
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
  return plainLine(text).slice(0, MAX_TITLE) || 'kgit: a change of state';
}

/** The title of a proposal that nobody gave one: what it changes, else what happened. */
export function presetTitle(events: readonly SubjectEvent[]): string {
  return proposalTitle(changeTitle(events) ?? titleOf(events));
}
