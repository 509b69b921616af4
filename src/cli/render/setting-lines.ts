/** The settings and their origins, as text and JSON. */
import type { Origin, SettingRow } from '../../app/config/settings-report.js';
import type { CommandResult } from '../../terminal/output.js';
import { formatTable } from '../../terminal/table.js';

/** Formats an origin: `~/.config/kgit/config.yaml:3`, `KGIT_TIMEOUT`, `default`. */
function originText({ kind, place, line }: Origin): string {
  if (place === null) return kind;
  return kind === 'git' ? `git config ${place}` : line === null ? place : `${place}:${line}`;
}

const shownValue = (value: SettingRow['value']) =>
  value === null ? '' : typeof value === 'object' ? value.join(', ') : String(value);

/**
 * Builds the result of `kgit config`.
 * @param tokens the variables that hold a token
 */
export function settingsResult(rows: readonly SettingRow[], tokens: readonly string[]): CommandResult {
  return {
    json: { settings: rows, tokens },
    rows,
    names: rows.map(({ name }) => name),
    lines: ({ style, width }, wide) => [
      ...formatTable(
        ['SETTING', 'FROM', 'VALUE', ...(wide ? ['ABOUT'] : [])],
        rows.map(({ name, value, origin, about }) => [
          { text: name, colour: 'bold' as const },
          { text: originText(origin), ...(origin.kind === 'default' ? { colour: 'dim' as const } : {}) },
          shownValue(value),
          ...(wide ? [about] : []),
        ]),
        style,
        wide ? null : width,
      ),
      ...tokens.map((name) => `${name} holds a token, which is not shown`),
    ],
  };
}

/** Builds the result of `kgit config KEY`: the value alone. */
export function settingResult(row: SettingRow): CommandResult {
  const { name, value } = row;
  const lines = value === null ? [] : typeof value === 'object' ? value : [String(value)];
  return {
    json: { settings: [row], tokens: [] },
    rows: [row],
    names: [name],
    lines: () => lines,
    isExact: true,
  };
}
