import type { TimeLineEntry } from '../../../app/observe/time-line.js';
import { formatTime } from '../../../model/value/time.js';
import { columnsOf } from '../../../terminal/columns.js';
import type { Screen } from '../../../terminal/output.js';
import { oneLine } from '../../../terminal/terminal-text.js';
import { wrapped } from '../../../terminal/wrap.js';

/** Maximum number of lines shown of a message. */
const MOST_LINES = 4;

/** Formats one line for each entry; a message that does not fit gets its own lines. */
export function timeLineLines(entries: readonly TimeLineEntry[], { style, width, utc }: Screen): string[] {
  return entries.flatMap(({ time, source, what, message, who, isBad, count }) => {
    const when = formatTime(Date.parse(time), utc);
    const mark = isBad ? style('red', '✗') : style('dim', source === 'kgit' ? '•' : '◦');
    const times = count > 1 ? ` ×${count}` : '';
    const head = oneLine(`${what}${times}`);
    const by = oneLine(who);
    const words = oneLine(message);
    const colour = source === 'kgit' ? 'bold' : 'cyan';
    const line = `${style('dim', when)} ${mark} ${style(colour, head)}${by === '' ? '' : ` ${style('dim', by)}`}`;
    if (words === '') return [line];
    const used = columnsOf(`${when} x ${head} ${by}  ${words}`);
    if (width === null || used <= width) return [`${line}  ${words}`];
    const lines = wrapped(words, width, '    ');
    const cut = lines.length > MOST_LINES ? ['    …'] : [];
    return [line, ...lines.slice(0, MOST_LINES), ...cut];
  });
}
