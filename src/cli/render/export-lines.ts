import type { ExportedRow } from '../../app/legacy/export-files.js';
import { counted } from '../../model/value/counted.js';
import { fittingTable } from '../../terminal/fitting-table.js';
import type { Screen } from '../../terminal/output.js';
import { terminalText } from '../../terminal/terminal-text.js';

/** Says that secrets of a subject are left out because the user has no key for them. */
export function lockedText(subject: string, count: number): string {
  const what = count === 1 ? '1 secret is' : `${count} secrets are`;
  return `${subject}: ${what} left out, encrypted for others: name your key in SOPS_AGE_KEY_FILE, or have the team add you: kgit secrets recipients add`;
}

/** Formats the files of an export as a table, with their number. */
export function exportLines(files: readonly ExportedRow[], screen: Screen): string[] {
  const rows = files.map(({ path, subject, action, withheld }) =>
    [path, subject ?? '-', action, String(withheld.length)].map(terminalText),
  );
  return [
    ...fittingTable(['FILE', 'FROM', 'ACTION', 'WITHHELD'], rows, screen),
    `${screen.style('green', '✓')} ${counted(files.length, 'file')}`,
  ];
}
