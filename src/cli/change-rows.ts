import type { ChangeRow } from '../review/state-history.js';
import { changeLine } from './change-line.js';
import type { CommandResult, Screen } from './output.js';
import { formatTable } from './table.js';
import { formatTime } from './time.js';

function shown(value: unknown): string {
  return value === undefined ? '' : JSON.stringify(value);
}

const when = ({ timestamp }: ChangeRow, utc: boolean) =>
  timestamp === null ? '' : formatTime(Date.parse(timestamp), utc);

/** Changes one by one: what, then who, when, why. */
function changeBlocks(rows: readonly ChangeRow[], screen: Screen): string[] {
  const { style, utc } = screen;
  return rows.flatMap((row) => {
    const said = [
      when(row, utc),
      row.user,
      row.action,
      row.reason ?? row.message,
      row.run && `run ${row.run}`,
    ];
    const words = row.event === null ? 'no event tells who' : said.filter(Boolean).join('  ');
    return [changeLine(row, screen), `      ${style('dim', words)}`];
  });
}

/** A table of what is there and who brought it there. */
function annotatedTable(rows: readonly ChangeRow[], { style, width, utc }: Screen): string[] {
  const cells = rows.map((row) => [
    row.path,
    when(row, utc),
    row.user ?? '',
    row.action ?? '',
    shown(row.after),
  ]);
  return formatTable(['PATH', 'SINCE', 'BY', 'ACTION', 'VALUE'], cells, style, width);
}

/** The result of a command that tells changes of a deployment's state. */
export function changesResult(
  subject: string,
  rows: readonly ChangeRow[],
  { isTable, none }: { readonly isTable: boolean; readonly none: string },
): CommandResult {
  return {
    json: { subject, changes: rows },
    rows,
    names: [...new Set(rows.map(({ path }) => path))],
    lines: (screen) => {
      if (rows.length === 0) return [screen.style('dim', none)];
      return isTable ? annotatedTable(rows, screen) : changeBlocks(rows, screen);
    },
  };
}
