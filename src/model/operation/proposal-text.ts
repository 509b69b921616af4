import { createHash } from 'node:crypto';
import { formatTimestamp, type SubjectEvent } from '../event/event.js';
import { findSecrets } from '../secret/find-secrets.js';
import { MASK } from '../secret/mask-secrets.js';
import { type BothStates, keysOf, netChanges } from '../state/net-changes.js';
import { formatSubject } from '../subject/subject.js';
import { counted } from '../value/counted.js';
import { changeTitle, clipped, plainLine } from './change-title.js';
import { titleOf } from './operation.js';

/** Forges accept about 65,000 characters. */
const MAX_BODY = 60_000;
const MAX_ROWS = 100;
const MAX_CELL = 200;
/** Holds a digest of a title that kgit chose, so that a later write can tell whether somebody changed it. */
const BEGIN = /<!-- kgit: from here on(?:, title ([0-9a-f]{12}))? -->/;
const END = '<!-- kgit: to here -->';

/** Text from others as code, so that forges make no links, mentions or HTML of it. */
function code(text: string): string {
  const line = plainLine(text);
  const shown = line.length > MAX_CELL ? `${line.slice(0, MAX_CELL)}…` : line;
  if (shown === '') return '';
  const longest = Math.max(0, ...(shown.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = '`'.repeat(longest + 1);
  const pad = longest > 0 ? ' ' : '';
  return `${fence}${pad}${shown.replaceAll('|', '\\|')}${pad}${fence}`;
}

/** A value for the page. Forges send mail, so a value written with --allow-secret appears only in the branch. */
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

/** The changes on a proposal's branch. */
export interface ProposedChange {
  /** Oldest first. */
  readonly events: readonly SubjectEvent[];
  /** By subject: the state on the state branch and on the proposal's branch. */
  readonly states: ReadonlyMap<string, BothStates>;
}

/** Title and body of a request to merge. */
export interface RequestText {
  /** One line. */
  readonly title: string;
  /** Markdown. */
  readonly body: string;
}

/**
 * The text of a request to merge: who proposes what, each path before and after, and the events with who and why.
 * @param given the user's title; without it the title says what changes
 */
export function requestText(change: ProposedChange, branch: string, given: string | undefined): RequestText {
  const { events, states } = change;
  const title = proposalTitle(given ?? changeTitle(events, states) ?? titleOf(events));
  const mark = given === undefined ? `, title ${digest(title)}` : '';
  return { title, body: `<!-- kgit: from here on${mark} -->\n${proposalText(change, branch)}\n${END}` };
}

function digest(title: string): string {
  return createHash('sha256').update(title).digest('hex').slice(0, 12);
}

/**
 * Updates the part of an open request that kgit wrote. Text that people added stays, and so does a title that somebody
 * changed.
 * @param given the user's new title
 */
export function amendedText(open: RequestText, wanted: RequestText, given: string | undefined): RequestText {
  const chosen = BEGIN.exec(open.body)?.[1];
  const isOurs = given !== undefined || (chosen !== undefined && chosen === digest(open.title));
  return { title: isOurs ? wanted.title : open.title, body: replacedText(open.body, wanted.body) };
}

function proposalText({ events, states }: ProposedChange, branch: string): string {
  const net = netChanges(events, states);
  const count = [...net.values()].reduce((sum, { length }) => sum + length, 0);
  const users = [...new Set(events.map(({ event }) => event.user ?? ''))].filter(Boolean).slice(0, 5);
  const by = users.length > 0 ? ` by ${users.map(code).join(', ')}` : '';
  const parts = [`${counted(count, 'change')} of state and ${counted(events.length, 'event')}${by}.`];
  for (const [subject, changes] of net) {
    if (changes.length === 0) continue;
    const rows = changes.map(({ path, before, after, secret, removed }) => [
      code(path),
      secret && removed ? '(secret)' : valueCell(before, path),
      secret && !removed ? '(secret)' : valueCell(after, path),
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
  return text.length > MAX_BODY ? `${text.slice(0, text.lastIndexOf('\n', MAX_BODY))}\n\n…` : text;
}

/** Replaces the part of a body that kgit wrote. */
function replacedText(body: string, text: string): string {
  const [start, end] = [body.search(BEGIN), body.indexOf(END)];
  if (start < 0 || end < start) return body.trim() === '' ? text : `${body}\n\n${text}`;
  return body.slice(0, start) + text + body.slice(end + END.length);
}

const MAX_TITLE = 200;

/** A title on one line, as all forges accept it. */
function proposalTitle(text: string): string {
  return clipped(plainLine(text), MAX_TITLE) || 'kgit: a change of state';
}
