import type { ShownConflict } from '../../model/state/merge-state.js';
import type { Screen } from '../../terminal/output.js';
import { oneLine } from '../../terminal/terminal-text.js';

const MAX_SIDE = 120;

/** Formats the value of one side on one line; `nothing` if there is none. */
function side(value: unknown): string {
  const text = value === undefined ? 'nothing' : oneLine(JSON.stringify(value));
  return text.length > MAX_SIDE ? `${text.slice(0, MAX_SIDE)}…` : text;
}

/** Describes a path that the two sides changed in different ways, for people. */
export function conflictLine(
  file: string,
  { path, base, ours, theirs }: ShownConflict,
  { style }: Screen,
): string {
  const was = style('dim', `was ${side(base)}`);
  return `${style('red', '✗')} ${oneLine(file)}: ${oneLine(path)}: ours ${side(ours)}, theirs ${side(theirs)}  ${was}`;
}
