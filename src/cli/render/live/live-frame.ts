import type { JoinedCluster } from '../../../k0rdent/observe/status-report.js';
import type { SeenTransition } from '../../../k0rdent/watch/watch.js';
import type { KgitEvent } from '../../../model/event/event.js';
import { formatTime } from '../../../model/value/time.js';
import { columnsOf } from '../../../terminal/columns.js';
import type { Screen } from '../../../terminal/output.js';
import type { Size } from '../../../terminal/screen-frame.js';
import { guarded } from '../../../terminal/style.js';
import { clip } from '../../../terminal/table.js';
import { oneLine } from '../../../terminal/terminal-text.js';
import { clusterRows, type TableOptions } from '../status/cluster-table.js';
import { countsLines } from '../status/state-words.js';

/** What a live table shows. */
export interface LivePicture extends TableOptions {
  /** In display order. */
  readonly clusters: readonly JoinedCluster<KgitEvent>[];
  /** Total number of clusters, including those left out. */
  readonly total: number;
  /** Newest last. */
  readonly transitions: readonly SeenTransition[];
  /** Problems, one line each. */
  readonly troubles: readonly string[];
}

/** Maximum number of lines for transitions, and for problems. */
const MOST_TRANSITIONS = 5;
const MOST_TROUBLES = 3;

/** Formats a frame that fits the terminal: if there is too little room, the least bad is left out. */
export function liveFrame(picture: LivePicture, screen: Screen, { width, height }: Size): string[] {
  const { style, utc } = screen;
  const { clusters, total, transitions, troubles, now } = picture;
  const fitting = { ...screen, width };
  const title = style('dim', clip(`${formatTime(now, utc)}  watching; Ctrl-C ends`, width));
  const counts = countsLines(clusters, fitting, total);
  const few = Math.max(Math.floor((height - counts.length - 4) / 3), 0);
  const changes = transitions
    .slice(-MOST_TRANSITIONS)
    .slice(few === 0 ? MOST_TRANSITIONS : -few)
    .map((one) => style('dim', clip(transitionText(one, utc, width), width)));
  const notes = troubles
    .slice(-MOST_TROUBLES)
    .map((text) => style('yellow', clip(`! ${oneLine(text)}`, width)));
  const below = [...(changes.length > 0 ? ['', ...changes] : []), ...notes, '', ...counts];
  const { heading, rows } = clusterRows(clusters, fitting, picture);
  const head = [title, ...(screen.noHeaders ? [] : heading)];
  const table = fittingRows(rows, height - head.length - below.length);
  return [...head, ...table, ...below].slice(0, height).map((line) => guarded(line, style));
}

/** Returns the rows that fit, and the number of those that do not. */
function fittingRows(rows: readonly (readonly string[])[], room: number): string[] {
  const all = rows.flat();
  if (all.length <= room) return all;
  const shown: string[] = [];
  let count = 0;
  for (const row of rows) {
    if (shown.length + row.length > room - 1) break;
    shown.push(...row);
    count++;
  }
  return room < 1 ? [] : [...shown, `… and ${rows.length - count} more`];
}

/**
 * Formats a transition on a line that may be cut at its end. A narrow terminal omits the namespace, so that the states
 * are visible.
 */
function transitionText(
  { namespace, name, from, to, at, cause }: SeenTransition,
  utc: boolean,
  width: number,
): string {
  const clock = formatTime(Date.parse(at), utc).slice(11, 19);
  const told = (place: string) => oneLine(`${clock}  ${place}  ${from ?? 'not there'} -> ${to ?? 'gone'}`);
  const whole = told(`${namespace}/${name}`);
  const short = columnsOf(whole) <= width ? whole : told(name);
  return cause === null ? short : `${short}  ${oneLine(cause)}`;
}
