import type { Change } from '../../../model/event/event.js';
import type { Screen } from '../../../terminal/output.js';

function side(value: unknown): string {
  return value === undefined ? '–' : JSON.stringify(value);
}

/** Formats a change for people. */
export function changeLine({ path, before, after, secret, removed }: Change, { style }: Screen): string {
  if (secret)
    return removed
      ? `  ${style('red', '-')} ${path} <secret>`
      : `  ${style('yellow', '~')} ${path} = <secret>`;
  if (after === undefined) return `  ${style('red', '-')} ${path} ${style('dim', `was ${side(before)}`)}`;
  const was = before === undefined ? '' : style('dim', `  was ${side(before)}`);
  return `  ${before === undefined ? style('green', '+') : style('yellow', '~')} ${path} = ${side(after)}${was}`;
}
