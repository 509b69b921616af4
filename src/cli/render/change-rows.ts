import type { SubjectChanges } from '../../app/read/state-changes.js';
import { formatTime } from '../../model/value/time.js';
import type { ChangeRow } from '../../review/state-history.js';
import { fittingTable } from '../../terminal/fitting-table.js';
import type { CommandResult, Screen } from '../../terminal/output.js';
import { oneLine } from '../../terminal/terminal-text.js';
import { changesJson } from './json/state-json.js';
import { changeLine } from './write/change-line.js';

function shownValue({ secret, after }: ChangeRow): string {
  if (secret) return '<secret>';
  return after === undefined ? '' : JSON.stringify(after);
}

const when = ({ timestamp }: ChangeRow, utc: boolean) =>
  timestamp === null ? '' : formatTime(Date.parse(timestamp), utc);

/** Formats changes one by one: what, then who, when, why. */
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

/** Formats a table of current values and who set them. */
function annotatedTable(rows: readonly ChangeRow[], screen: Screen): string[] {
  const { style, utc } = screen;
  const cells = rows.map((row) => [
    row.path,
    when(row, utc),
    row.user ?? '',
    row.action ?? '',
    shownValue(row),
  ]);
  const heading = ['PATH', 'SINCE', 'BY', 'ACTION', 'VALUE'];
  return fittingTable(heading, cells, screen, (i) => {
    const row = rows[i];
    if (row === undefined) return [];
    const said = [when(row, utc), row.user, row.action].filter(Boolean).join('  ');
    return [`${oneLine(row.path)} = ${shownValue(row)}`, `    ${style('dim', oneLine(said))}`];
  });
}

interface Showing {
  /** Whether to show a table of current values instead of the changes one by one. */
  readonly isTable?: boolean;
  /** Whether the text names the deployment above its changes. */
  readonly heads?: boolean;
  /** The text if there is no change. */
  readonly none: string;
}

/**
 * Builds the result of a command that lists state changes. Its subject is null unless it is about exactly one
 * deployment.
 */
export function changesResult(all: readonly SubjectChanges[], showing: Showing): CommandResult {
  const { isTable = false, heads = false, none } = showing;
  const json = changesJson(all);
  const rows = json.changes;
  return {
    json,
    rows,
    names: [...new Set(rows.map(({ path }) => path))],
    lines: (screen) => {
      if (rows.length === 0) return [screen.style('dim', none)];
      return all.flatMap(({ subject, rows: own }) => [
        ...(heads ? [screen.style('bold', subject)] : []),
        ...(isTable ? annotatedTable(own, screen) : changeBlocks(own, screen)),
      ]);
    },
  };
}
