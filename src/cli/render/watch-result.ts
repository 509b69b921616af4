import { changeDocument } from '../../app/watch/change-document.js';
import { EXIT_CODES } from '../../errors.js';
import { formatTime } from '../../model/value/time.js';
import type { PublishedChange, SubjectRow } from '../../review/published-change.js';
import type { CommandResult, Screen } from '../../terminal/output.js';
import { oneLine } from '../../terminal/terminal-text.js';
import { eventLine } from './event-lines.js';
import { changeLine } from './write/change-line.js';

/** The action of changes for which the user named none. */
const CHANGED = 'state_changed';
/** Maximum number of lines for one revision. */
const MAX_LINES = 20;
/** Maximum number of files that a line names. */
const MAX_FILES = 5;

function rowLine(row: SubjectRow, time: number, { style, ...screen }: Screen): string {
  const { subject, timestamp, user, action, reason, message } = row;
  const when = formatTime(timestamp === null ? time : Date.parse(timestamp), screen.utc);
  const path = `${subject.slice(subject.indexOf('/') + 1)}: ${row.path}`;
  const change = changeLine({ ...row, path: oneLine(path) }, { style, ...screen }).trimStart();
  const word = action === CHANGED ? '' : (action ?? 'no event tells who');
  const said = [word, user, reason ?? message].filter(Boolean).join('  ');
  return `${style('dim', when)} ${change}  ${style('dim', oneLine(said))}`;
}

function filesLine({ files, time, author, title }: PublishedChange, { style, utc }: Screen): string {
  const named =
    files.length > MAX_FILES ? [...files.slice(0, MAX_FILES), `and ${files.length - MAX_FILES} more`] : files;
  const what = files.length === 0 ? 'no file' : named.join(', ');
  return `${style('dim', formatTime(time, utc))} ${style('dim', '•')} ${oneLine(what)}  ${style('dim', oneLine(`${author}: ${title}`))}`;
}

/** Formats what a revision published: a line for each change of a state, and for each event that changed none. */
function watchLines(change: PublishedChange, screen: Screen): string[] {
  const { revision, time, events, changes, files } = change;
  const told = new Set(changes.map(({ event }) => event));
  const others = events.filter(({ event }) => !told.has(event.id));
  const lines = [
    ...changes.map((row) => rowLine(row, time, screen)),
    ...others.map((item) => eventLine(item, { ...screen, width: null }, true)),
  ];
  if (files.length > 0 || lines.length === 0) lines.push(filesLine(change, screen));
  const more = lines.length - MAX_LINES;
  const shown = more > 1 ? [...lines.slice(0, MAX_LINES), `… and ${more} more changes`] : lines;
  return shown.map((line) => `${line}  ${screen.style('dim', revision.slice(0, 10))}`);
}

/** Builds the result that `kgit watch` prints for one revision. */
export function watchResult(change: PublishedChange): CommandResult {
  return {
    json: changeDocument(change),
    names: [change.revision],
    lines: (screen) => watchLines(change, screen),
  };
}

/** Builds the result of a watch that has ended: nothing is left to print. */
export function watchEnded(exitCode: number = EXIT_CODES.INTERRUPTED): CommandResult {
  return { json: {}, rows: [], lines: () => [], exitCode };
}
